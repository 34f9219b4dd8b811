"""Rehearsals: DR drill, planned failover and back, failover and re-protection, one form for all of them.

`task` does it; `choosing`, `aiming`, `confirming`, `running`, `ending` are its cards, `form` leads through
them, `unattended` needs no screen. Not here: judging, planning and sending, which `drkit.rules` and
`drkit.plan` do; the verdict, which `drkit.report` reaches.
"""

from drkit.forms.rehearsal.form import RehearsalForm
from drkit.forms.rehearsal.request import RehearsalRequest
from drkit.forms.rehearsal.task import RehearsalTask
from drkit.forms.rehearsal.unattended import UnattendedRehearsal
from drkit.headless import is_headless

_shown: list[RehearsalForm] = []  # one per kernel: a cell that is run again finds the form that is there


def rehearse(wish: RehearsalRequest) -> RehearsalForm | UnattendedRehearsal:
    """A rehearsal, with what is wished for filled in.

    Its methods choose, objectives, confirm, run and result give what the cells show: cards, or, in
    `drkit run`, tables. Called again it gives the same rehearsal: a run that is under way is shown again.
    """
    if is_headless():
        return UnattendedRehearsal(RehearsalTask(wish))
    if _shown:
        _shown[0].begin(wish)
    else:
        _shown.append(RehearsalForm(RehearsalTask(wish)))
    return _shown[0]


__all__ = ["RehearsalForm", "RehearsalRequest", "RehearsalTask", "UnattendedRehearsal", "rehearse"]
