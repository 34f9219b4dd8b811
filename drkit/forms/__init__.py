"""Widgets: they show and ask; others decide and do. No rules, no requests.

Here: the generic parts (cards and the runbook they make up, picking, device names, confirming, watching a
run), one package per runbook, and one for the practice range. A form's callbacks only hand over to its
`Engine`; texts become HTML through `markup` alone. Not here: deciding whether something may be done, and
doing it.
"""

from drkit.forms.attach import AttachRequest, attach_pairs
from drkit.forms.exploring import explore, picture_of_zones
from drkit.forms.practice import practice_range
from drkit.forms.rehearsal import RehearsalRequest, rehearse
from drkit.forms.reviewing import show_review
from drkit.forms.starting import overview

__all__ = [
    "AttachRequest",
    "RehearsalRequest",
    "attach_pairs",
    "explore",
    "overview",
    "picture_of_zones",
    "practice_range",
    "rehearse",
    "show_review",
]
