"""A review of many runs on one screen: its sentence, its pictures, and the tables that hold anything."""

from ipywidgets import VBox
from markupsafe import Markup

from drkit.forms import explore
from drkit.forms.live import Live
from drkit.forms.markup import JOIN
from drkit.report import Review

TABLES = {
    "overdue": "Groups without a rehearsal for too long",
    "findings": "Open findings",
    "rehearsals": "Every rehearsal, the newest first",
    "steps": "How long steps take",
    "failures": "Failures by code",
}


def review_box(review: Review) -> VBox:
    """The runs of one side, practice or real."""
    pictures = [each for each in (review.recovery_picture, review.durations_picture) if each]
    drawn = JOIN.join(
        Markup('<div class="drkit-picture drkit-chart">{}</div>').format(each) for each in pictures
    )
    parts: list[object] = [Live(Markup('<p class="drkit-sentence">{}</p>{}').format(review.sentence, drawn))]
    for name, title in TABLES.items():
        if not (table := getattr(review, name)).empty:
            parts += [Live(Markup("<h4>{}</h4>").format(title)), explore(table)]
    return VBox(parts)
