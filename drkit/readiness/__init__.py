"""Is a group ready to be failed over, is that still proven, and what changed: pure functions of readings.

Here: `differences` between two readings, `proofs` that a rehearsal gave and what made them expire, the checks
of each group, and their one word. Not here: the network, the journal, pandas; what is known besides a reading
is handed in as `Known`. Unknown is never ok.
"""

from drkit.readiness.changes import NOUNS, Difference, applied, differences, spelled
from drkit.readiness.checks import USUAL, Check, CheckState, Thresholds
from drkit.readiness.known import Held, Known, Rehearsal
from drkit.readiness.metrics import metrics
from drkit.readiness.proofs import ThingProof, proofs
from drkit.readiness.standings import Readiness, Standing, exit_code, standings

__all__ = [
    "NOUNS",
    "USUAL",
    "Check",
    "CheckState",
    "Difference",
    "Held",
    "Known",
    "Readiness",
    "Rehearsal",
    "Standing",
    "ThingProof",
    "Thresholds",
    "applied",
    "differences",
    "exit_code",
    "metrics",
    "proofs",
    "spelled",
    "standings",
]
