"""The attach runbook on the screen: `cards` and `form` lead through it, `words` makes the HTML.

Here: what is particular to attaching pairs. Not here: judging, planning and sending, which the cards ask of
`drkit.runbooks.AttachSession`.
"""

from drkit.forms.attach.form import AttachForm

__all__ = ["AttachForm"]
