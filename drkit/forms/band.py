"""The band on top of a runbook: practice or which cloud, which group, who holds it, which run."""

from collections.abc import Mapping

from markupsafe import Markup

from drkit.forms.markup import JOIN, Text
from drkit.model import Backend

_KINDS = {
    "read-only": ("read-only", "real, read-only: no change leaves this machine"),
    "drill-only": ("drill-only", "real, drill only: drills are made and deleted, nothing else is changed"),
    "real": ("real", "real: changes here are real"),
}
"""What a profile lets leave: the band's colour and its words. The colour never says it alone."""


def band(backend: Backend, pieces: Mapping[str, Text], access: str = "real", world: str = "") -> Markup:
    """The band for a backend, with what its profile lets leave, on the practice range with its world; pieces
    without a value are left out."""
    shown = JOIN.join(
        Markup("<span><small>{}</small> {}</span>").format(name, value)
        for name, value in pieces.items()
        if value
    )
    calm = "nothing here touches a real cloud"
    practice = ("practice", f"{world}: {calm}" if world else calm)
    kind, words = practice if backend.practice else _KINDS[access]
    return Markup('<div class="drkit-band drkit-band-{}"><b>{}</b><em>{}</em>{}</div>').format(
        kind, backend.label, words, shown
    )
