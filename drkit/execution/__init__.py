"""How a plan is carried out: sent once, written down, watched to its end, gone on with after anything.

Here: `run` (what operators hold), `engine` (the one thread of a run) with `sending`, `watching` and
`observations`, `context` (what they share), `board`, `records` and `states` (what is known of a run, by its
journal entries), `late_binding`, `limits`, `remedies`; `following` (a run by the journal alone),
`recovery` and `forecasting` (how long, against which target), `snapshot` and `annotations` (what is kept for
the report). Not here: what shall be done (`drkit.plan`), widgets, pandas.
"""

from drkit.execution.annotations import (
    File,
    Finding,
    Note,
    SignOff,
    files,
    findings,
    note_entry,
    notes,
    sign_offs,
)
from drkit.execution.board import Board
from drkit.execution.context import RunOptions
from drkit.execution.following import close, follow, readable, recorded, unfinished
from drkit.execution.forecasting import (
    Forecast,
    Past,
    Source,
    StepForecast,
    durations,
    forecast,
    kind_of,
    past,
)
from drkit.execution.recovery import RecoveryClock, recovery_clocks
from drkit.execution.run import Run, stop_all
from drkit.execution.states import Action, RunPhase, RunState, StepPhase, StepState

__all__ = [
    "Action",
    "Board",
    "File",
    "Finding",
    "Forecast",
    "Note",
    "Past",
    "RecoveryClock",
    "Run",
    "RunOptions",
    "RunPhase",
    "RunState",
    "SignOff",
    "Source",
    "StepForecast",
    "StepPhase",
    "StepState",
    "close",
    "durations",
    "files",
    "findings",
    "follow",
    "forecast",
    "kind_of",
    "note_entry",
    "notes",
    "past",
    "readable",
    "recorded",
    "recovery_clocks",
    "sign_offs",
    "stop_all",
    "unfinished",
]
