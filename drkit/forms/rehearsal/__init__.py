"""Rehearsals on the screen: DR drill, planned failover and back, failover, re-protection; one form for all.

`choosing`, `objectives`, `confirming`, `running` (with `signing`) and `ending` are its cards, `form` leads
through them, `words` makes the HTML. Not here: judging, planning and sending, which the cards ask of
`drkit.runbooks.RehearsalSession`; the verdict, which `drkit.report` reaches.
"""

from drkit.forms.rehearsal.form import RehearsalForm

__all__ = ["RehearsalForm"]
