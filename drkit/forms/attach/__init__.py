"""The attach runbook: `task` does it, `cards` and `form` lead through it, `unattended` needs no screen.

Here: what is particular to attaching pairs. Not here: judging and sending, which `drkit.rules` and
`drkit.plan` do.
"""

from drkit.forms.attach.form import AttachForm
from drkit.forms.attach.request import AttachRequest
from drkit.forms.attach.task import AttachTask
from drkit.forms.attach.unattended import UnattendedAttach
from drkit.headless import is_headless

_shown: list[AttachForm] = []  # one per kernel: a cell that is run again finds the form that is there


def attach_pairs(wish: AttachRequest) -> AttachForm | UnattendedAttach:
    """The attach runbook, with what is wished for filled in.

    Its methods choose, pick, plan, confirm, run and result give what the cells show: cards, or, in
    `drkit run`, tables. Called again it gives the same runbook: a run that is under way is shown again.
    """
    if is_headless():
        return UnattendedAttach(AttachTask(wish))
    if _shown:
        _shown[0].begin(wish)
    else:
        _shown.append(AttachForm(AttachTask(wish)))
    return _shown[0]


__all__ = ["AttachForm", "AttachRequest", "AttachTask", "UnattendedAttach", "attach_pairs"]
