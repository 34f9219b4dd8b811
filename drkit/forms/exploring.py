"""Tables to explore with: sorted and filtered in the page."""

from typing import Any

from ipywidgets import VBox
from itables.widget import ITable
from markupsafe import Markup
from pandas import DataFrame, Timestamp, isna

from drkit.forms.live import style
from drkit.forms.markup import JOIN, identity, status_chip
from drkit.forms.picking import WORDS
from drkit.model import InstanceStatus, JobStatus, PairStatus, ServerStatus, Unknown

SHOWN = 8  # columns at first; the others can be brought in
LONG = 32  # letters of a text that may be broken anywhere, so that its table does not grow past the page

_LAYOUT: dict[str, Any] = {
    "topStart": "search",
    "topEnd": "buttons",
    "bottomStart": "info",
    "bottomEnd": "paging",
}


def explorer(frame: DataFrame, columns: int = SHOWN) -> VBox:
    """A table that is sorted and filtered in the page; the first columns are shown, others can be added."""
    shown = DataFrame({_head(name): [_cell(str(name), each) for each in frame[name]] for name in frame})
    hidden = list(range(columns, len(shown.columns)))
    table = ITable(
        shown,
        allow_html=True,
        maxBytes=0,
        showIndex=False,
        layout=_LAYOUT,
        buttons=[{"extend": "colvis", "text": "Columns"}],
        columnDefs=[{"targets": hidden, "visible": False}] if hidden else [],
        language=WORDS,
        pageLength=10,
        classes="display compact drkit-explore",
        style="width:100%",
        autoWidth=False,
        text_in_header_can_be_selected=False,
    )
    box = VBox([style(), table])
    box.add_class("drkit-picking")
    return box


def _head(name: object) -> str:
    return str(name).replace("_gb", " (GB)").replace("_", " ")


def _cell(name: str, value: Any) -> Any:  # noqa: ANN401  # whatever a DataFrame holds
    """A value as the page shows it: numbers stay numbers, everything else is escaped."""
    if value is None or isna(value) or value is False:
        return ""
    if value is not True and (isinstance(value, int | float) or hasattr(value, "__index__")):
        return value
    if isinstance(value, Timestamp) and value.tzinfo is None:  # a day
        return f"{value:%Y-%m-%d}"
    if isinstance(value, Timestamp):
        return f"{value.to_pydatetime().astimezone():%Y-%m-%d %H:%M:%S}"
    text = "yes" if value is True else str(value)
    if name.endswith(("status", "state")) and name != "replication_status":
        return str(status_chip(_status(text)))
    return str(identity(text) if name.endswith("_id") else _breakable(text))


def _breakable(text: str) -> Markup:
    return Markup('<span class="drkit-long">{}</span>').format(text) if len(text) > LONG else JOIN + text


def _status(text: str) -> str:
    for kind in (PairStatus, InstanceStatus, ServerStatus, JobStatus):
        if text in set(kind):
            return kind(text)
    return Unknown(text)
