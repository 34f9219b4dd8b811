"""`Live`: a piece of HTML that can be rewritten often without disturbing its reader; `Reloadable`: a box that
shows what is also on a page that is loaded again; and the style sheet.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

import anywidget
import traitlets
from ipywidgets import HTML, DOMWidget, VBox, Widget
from markupsafe import Markup

from drkit.forms.markup import JOIN, Text, style_sheet

_HERE = Path(__file__).parent


_ALONE = Markup(
    '<p class="drkit-alone">This page has no part of drkit. Press <b>Run All</b> after it is loaded again: a '
    "run that goes on is shown again. Only Jupyter\u2019s own sign says when the kernel has ended, and its "
    "keys can delete cells. <code>pip install drkit</code> where JupyterLab or Notebook is installed, or "
    "<code>drkit lab</code>, opens runbooks with their forms and without these gaps.</p>"
)
"""What a page without the labextension lacks; where it is, its own style sheet hides this."""

_IN_VSCODE = Markup(
    '<p class="drkit-alone">VS Code may end the kernel when its window is closed or loaded again. A run is '
    "not watched then: press <b>Run All</b>, and <b>Go on with it</b>; a practice range is gone with its "
    "kernel. Only VS Code\u2019s own sign says when the kernel has ended, and its keys can delete cells. "
    "<code>drkit lab</code> opens runbooks without these gaps.</p>"
)


def in_vscode() -> bool:
    """Whether VS Code started this kernel; it draws only what is in sight, and may end it with its window.

    Source: its Jupyter extension, which sets this name in the kernels that it starts.
    """
    shell: Any = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return "__vsc_ipynb_file__" in getattr(shell, "user_ns", {})


class Live(anywidget.AnyWidget):
    """Escaped HTML; a rewrite changes only what differs. `spoken` is read out: "polite" or "assertive".

    `on_press` is told on some thread which of the buttons in it was pressed, by its data-press; "" where one
    has put its data-copy on the clipboard.
    """

    _esm = _HERE / "live.js"
    value = traitlets.Unicode("").tag(sync=True)
    spoken = traitlets.Unicode("").tag(sync=True)
    announced = traitlets.Bool(default_value=False).tag(sync=True)  # a page that shows it sends its name
    leads = traitlets.Bool(default_value=False).tag(sync=True)  # a page without drkit's part goes there

    def __init__(
        self, value: Text = "", spoken: str = "", on_press: Callable[[str], object] | None = None
    ) -> None:
        super().__init__(value=str(JOIN + value), spoken=spoken)
        if on_press:
            self.on_msg(lambda _, content, __: on_press(str(content.get("press", ""))))

    def show(self, value: Text) -> None:
        """Show this from now on; a plain text is escaped."""
        self.value = str(JOIN + value)


class Reloadable(VBox):
    """A box that a page can load again at any moment: what changed while the page was loading never came to
    it, so the page is sent everything once more when it shows the box.

    The first page of a kernel is spared that: it was there before the box. The one that `leads` a runbook
    says what a page without the labextension lacks, and in a Jupyter is in sight there after Run All.
    """

    first_page: ClassVar[str] = ""

    def __init__(self, children: Sequence[DOMWidget], *, leads: bool = False) -> None:
        there = in_vscode()
        sign = Live((_IN_VSCODE if there else _ALONE) if leads else "")
        sign.announced, sign.leads, sign.layout.display = True, leads, None if leads else "none"
        sign.on_msg(lambda _, content, __: self._shown_by(str(content.get("page"))))
        dress = [style()] if there else []  # the first form, which has it, may not be drawn
        super().__init__([*dress, sign, *children] if leads else [*dress, *children, sign])

    def _shown_by(self, page: str) -> None:
        Reloadable.first_page = Reloadable.first_page or page
        if page != Reloadable.first_page:
            for each in _within(self):
                each.send_state()


def _within(widget: Widget) -> Iterator[Widget]:
    if isinstance(widget, anywidget.AnyWidget) and not isinstance(widget, Live):
        return  # a table: it never changes, and is drawn but once
    yield widget
    for name in widget.keys:
        value = getattr(widget, name)
        for each in value if isinstance(value, tuple) else (value,):
            if isinstance(each, Widget):
                yield from _within(each)


def style() -> HTML:
    """The one style sheet; it is put before the first form of a notebook."""
    return HTML(style_sheet())
