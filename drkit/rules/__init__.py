"""May it be done, and if not, why and what to do first: pure functions of an `Inventory`.

Here: one plain function per rule, by what it speaks of; `judge`, which asks all rules of an operation;
`way_from`, the way to a state where they agree. Not here: I/O, the api, pandas. A rule is drkit's own reading
of the reference: nothing is copied from the sandbox, which is the other reading.
"""

from drkit.rules.attaching import to_look_into
from drkit.rules.candidates import Candidate, Protectable, candidates
from drkit.rules.drilling import faulty
from drkit.rules.fitness import GROUP_STATUSES
from drkit.rules.judging import IN_THE_WHOLE_PROJECT, RULES, ReadAlso, judge, judge_in, read_also, rules_for
from drkit.rules.objections import NotAsked, Objection, Verdict
from drkit.rules.projection import Projection
from drkit.rules.rule import Rule, Way
from drkit.rules.ways import WayStep, steps_from, way_from

__all__ = [
    "GROUP_STATUSES",
    "IN_THE_WHOLE_PROJECT",
    "RULES",
    "Candidate",
    "NotAsked",
    "Objection",
    "Projection",
    "Protectable",
    "ReadAlso",
    "Rule",
    "Verdict",
    "Way",
    "WayStep",
    "candidates",
    "faulty",
    "judge",
    "judge_in",
    "read_also",
    "rules_for",
    "steps_from",
    "to_look_into",
    "way_from",
]
