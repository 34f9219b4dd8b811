"""How a plan is carried out: sent once, written down, watched to its end, gone on with after anything.

Here: `run` (what operators hold), `engine` (the one thread of a run) with `sending`, `watching`, `reads` and
`observations`, `context` (what they share), `entries` (what the journal keeps of a run), `board`, `records`
and `states` (what is known of it by these entries), `interruption` (Ctrl-C and the like), `late_binding`,
`limits`, `remedies`; `following` (a run by the journal alone), `timing` (how long things took: one clock for
service and people), `recovery` and `forecasting` (how long, against which target), `readings` (when a group
was last synchronised), `snapshot` and `annotations` (what is kept for the report). Not here: what shall be
done (`drkit.plan`), widgets, pandas.

Threads and locks. A run has one engine thread (`drkit-run-...`): it alone decides what is sent, what is
looked at and what has settled. Two pools of workers make the requests: `drkit-send` sends a change and
writes down itself what came of it, `drkit-look` reads; what they bring waits in a queue for the engine's
next turn. The operator's instructions (`Run.approve` and the like) run in the caller's thread, whichever
that is.

Locks, in the order in which they are taken; no thread takes an earlier one while it holds a later one:

1. `Run._instructing`: one instruction at a time.
2. `RunContext.lock`: who decides, the engine in its turn or an instruction between two turns. Senders never
   take it, and no request to the service is made under it.
3. `Database._writing`: one writer to the journal at a time; free again when the entry is on the disk.
4. `Board.changed`: what is shown. `Run.wait` waits on it.

The order of writes: *intended* before a change is sent, *sent*, *lost* or *settled* right after its answer,
and the board only after the journal. Every write checks the fence of the run's lease. When a hold is lost,
the write raises `LeaseLostError`, nothing was written, and the engine breaks off: it sends nothing more,
waits for the answers to what it sent, shows what could not be written down, and leaves the run to whoever
took it over.
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
from drkit.execution.entries import (
    Adopted,
    AtTheEnd,
    CopyOf,
    FindingClosed,
    FindingNoted,
    FollowedBy,
    Intended,
    JobJson,
    Lost,
    Noted,
    Phased,
    Planned,
    Predicted,
    Remark,
    RunEnded,
    Sent,
    SignedOff,
    SpeedChanged,
    SyncedPairs,
    beginning,
    read,
)
from drkit.execution.following import close, follow, readable, recorded, unfinished
from drkit.execution.forecasting import (
    ExpectedOutage,
    Forecast,
    Past,
    Source,
    StepForecast,
    durations,
    expected_outages,
    forecast,
    past,
)
from drkit.execution.holding import holders, holders_by_group, planned
from drkit.execution.interruption import interrupted_by, interruptions
from drkit.execution.predicting import learned, unlike_rehearsal
from drkit.execution.readings import synced_at
from drkit.execution.recovery import RecoveryClock, recovery_clocks
from drkit.execution.run import Run, scope_of, stop_all
from drkit.execution.snapshot import GroupSnapshot, ServerSnapshot, Snapshot
from drkit.execution.states import Action, RunPhase, RunState, StepPhase, StepState
from drkit.execution.timing import RunClock, Stretch, TimePart

__all__ = [
    "Action",
    "Adopted",
    "AtTheEnd",
    "Board",
    "CopyOf",
    "ExpectedOutage",
    "File",
    "Finding",
    "FindingClosed",
    "FindingNoted",
    "FollowedBy",
    "Forecast",
    "GroupSnapshot",
    "Intended",
    "JobJson",
    "Lost",
    "Note",
    "Noted",
    "Past",
    "Phased",
    "Planned",
    "Predicted",
    "RecoveryClock",
    "Remark",
    "Run",
    "RunClock",
    "RunEnded",
    "RunOptions",
    "RunPhase",
    "RunState",
    "Sent",
    "ServerSnapshot",
    "SignOff",
    "SignedOff",
    "Snapshot",
    "Source",
    "SpeedChanged",
    "StepForecast",
    "StepPhase",
    "StepState",
    "Stretch",
    "SyncedPairs",
    "TimePart",
    "beginning",
    "close",
    "durations",
    "expected_outages",
    "files",
    "findings",
    "follow",
    "forecast",
    "holders",
    "holders_by_group",
    "interrupted_by",
    "interruptions",
    "learned",
    "note_entry",
    "notes",
    "past",
    "planned",
    "read",
    "readable",
    "recorded",
    "recovery_clocks",
    "scope_of",
    "sign_offs",
    "stop_all",
    "synced_at",
    "unfinished",
    "unlike_rehearsal",
]
