"""`Live`: a piece of HTML that can be rewritten often without disturbing its reader, and the style sheet."""

from pathlib import Path

import anywidget
import traitlets
from ipywidgets import HTML

from drkit.forms.markup import JOIN, Text

_HERE = Path(__file__).parent


class Live(anywidget.AnyWidget):
    """Escaped HTML; a rewrite changes only what differs. `spoken` is read out: "polite" or "assertive"."""

    _esm = _HERE / "live.js"
    value = traitlets.Unicode("").tag(sync=True)
    spoken = traitlets.Unicode("").tag(sync=True)

    def __init__(self, value: Text = "", spoken: str = "") -> None:
        super().__init__(value=str(JOIN + value), spoken=spoken)

    def show(self, value: Text) -> None:
        """Show this from now on; a plain text is escaped."""
        self.value = str(JOIN + value)


def style() -> HTML:
    """The one style sheet; it is put before the first form of a notebook."""
    return HTML(f"<style>{(_HERE / 'style.css').read_text()}</style>")
