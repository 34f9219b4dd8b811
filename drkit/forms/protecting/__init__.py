"""Protecting servers on the screen: `cards` and `form` lead through it, `words` makes the HTML.

Here: what is particular to protecting servers. Not here: judging, planning and sending, which the cards ask
of `drkit.runbooks.ProtectSession`.
"""

from drkit.forms.protecting.form import ProtectForm

__all__ = ["ProtectForm"]
