"""Sessions: what a notebook asks for is judged, planned and carried out, with a screen or without.

Here: `requests` (the parameters of a notebook), `session` (what every session shares), `attach`, `rehearsal`,
`changing`, `protecting` and `removing` (the sessions), `unattended` (their steps without a screen), `answers`
(to manual steps, given beforehand), `rows` (plans and runs as plain rows), `filters`, `exploring`, `matrix`
(looking around), `opening` (a runbook that is filled in), `practice` (the practice range), `secrets` (what a
person typed). Not here: widgets and HTML, which are `drkit.forms`.
"""

from drkit.api import PracticeRange, PracticeWorld
from drkit.journal import RunRow
from drkit.rules import Candidate, Objection, Protectable
from drkit.runbooks.answers import Answers, how_to_go_on
from drkit.runbooks.attach import AttachSession, Chance
from drkit.runbooks.changing import (
    FAILED_TASK,
    KINDS,
    NEW_GROUP,
    OF_GROUP,
    WITHOUT_A_THING,
    ChangeSession,
    UnattendedChange,
    VerbChance,
    against_words,
    read_words,
)
from drkit.runbooks.exploring import MOST_INSTANCES, MOST_PAIRS, TABLES, Choices, ExploreSession
from drkit.runbooks.filters import Filters
from drkit.runbooks.matrix import NO_CELLS, Matrix, MatrixCell
from drkit.runbooks.notebooks import notebook_of
from drkit.runbooks.opening import runbook_of
from drkit.runbooks.practice import (
    Reached,
    copy_title,
    copyable,
    present_world,
    run_under_way,
    story_text,
    world_name,
)
from drkit.runbooks.protecting import MadeGroup, ProtectSession, UnattendedProtect
from drkit.runbooks.rehearsal import RehearsalSession
from drkit.runbooks.removing import RemovalSession, UnattendedRemoval
from drkit.runbooks.requests import (
    AttachRequest,
    ChangeRequest,
    ProtectRequest,
    RehearsalRequest,
    RemovalRequest,
)
from drkit.runbooks.rows import (
    KNOWN_BY,
    expected_words,
    gives_up,
    how,
    irreversible,
    objectives_rows,
    outage_words,
    whole_words,
)
from drkit.runbooks.secrets import remember_secret
from drkit.runbooks.session import AnySession, RunbookSession
from drkit.runbooks.unattended import PlainOverview, UnattendedAttach, UnattendedRehearsal, exit_code

__all__ = [
    "FAILED_TASK",
    "KINDS",
    "KNOWN_BY",
    "MOST_INSTANCES",
    "MOST_PAIRS",
    "NEW_GROUP",
    "NO_CELLS",
    "OF_GROUP",
    "TABLES",
    "WITHOUT_A_THING",
    "Answers",
    "AnySession",
    "AttachRequest",
    "AttachSession",
    "Candidate",
    "Chance",
    "ChangeRequest",
    "ChangeSession",
    "Choices",
    "ExploreSession",
    "Filters",
    "MadeGroup",
    "Matrix",
    "MatrixCell",
    "Objection",
    "PlainOverview",
    "PracticeRange",
    "PracticeWorld",
    "ProtectRequest",
    "ProtectSession",
    "Protectable",
    "Reached",
    "RehearsalRequest",
    "RehearsalSession",
    "RemovalRequest",
    "RemovalSession",
    "RunRow",
    "RunbookSession",
    "UnattendedAttach",
    "UnattendedChange",
    "UnattendedProtect",
    "UnattendedRehearsal",
    "UnattendedRemoval",
    "VerbChance",
    "against_words",
    "copy_title",
    "copyable",
    "exit_code",
    "expected_words",
    "gives_up",
    "how",
    "how_to_go_on",
    "irreversible",
    "notebook_of",
    "objectives_rows",
    "outage_words",
    "present_world",
    "read_words",
    "remember_secret",
    "run_under_way",
    "runbook_of",
    "story_text",
    "whole_words",
    "world_name",
]
