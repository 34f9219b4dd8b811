"""The band on top of a runbook: practice or which cloud, which group, who holds it, which run."""

from collections.abc import Mapping

from markupsafe import Markup

from drkit.forms.markup import JOIN, Text
from drkit.model import Backend


def band(backend: Backend, pieces: Mapping[str, Text]) -> Markup:
    """The band for a backend; pieces without a value are left out."""
    shown = JOIN.join(
        Markup("<span><small>{}</small> {}</span>").format(name, value)
        for name, value in pieces.items()
        if value
    )
    kind, said = (
        ("practice", "nothing here touches a real cloud")
        if backend.practice
        else ("real", "changes here are real")
    )
    return Markup('<div class="drkit-band drkit-band-{}"><b>{}</b><em>{}</em>{}</div>').format(
        kind, backend.label, said, shown
    )
