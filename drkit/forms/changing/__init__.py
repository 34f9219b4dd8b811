"""A single change on the screen: `cards` and `form` lead through it.

Here: what is particular to one change. Not here: judging, planning and sending, which the cards ask of
`drkit.runbooks.ChangeSession`.
"""

from drkit.forms.changing.form import ChangeForm

__all__ = ["ChangeForm"]
