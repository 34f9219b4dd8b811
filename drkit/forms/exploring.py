"""Tables to explore with: sorted and filtered in the page, which is sent their code once for all of them."""

import json
from collections.abc import Mapping
from typing import Any, ClassVar

import anywidget
from ipywidgets import VBox
from itables.widget import ITable
from markupsafe import Markup
from pandas import DataFrame, Timestamp, isna
from pandas.api.types import is_bool

from drkit.forms.live import style
from drkit.forms.markup import JOIN, JUDGED, chip, identity, readiness_chip, status_chip
from drkit.model import InstanceStatus, JobStatus, PairStatus, ServerStatus, Unknown
from drkit.showing import Look

LONG = 32  # letters of a text that may be broken anywhere, so that its table does not grow past the page

PAGE = 10  # rows

_LAYOUT: dict[str, Any] = {
    "topStart": "search",
    "topEnd": "buttons",
    "bottomStart": "info",
    "bottomEnd": "paging",
}
_UNFILTERED = _LAYOUT | {"topStart": "info", "bottomStart": None}
_THERE = {"available", "in-use"}


NO_LOOKS: Mapping[str, Look] = {}
WORDS = {
    "search": "Filter",
    "searchPlaceholder": "any word, any column",
    "info": "_START_ to _END_ of _TOTAL_",
    "infoFiltered": "(of _MAX_ in all)",
    "infoEmpty": "nothing fits the filter",
    "zeroRecords": "Nothing fits the filter.",
    "lengthMenu": "_MENU_ per page",
}

# The page's own place for the code: 0.6 MB that each table would else bring along.
_KEPT = """globalThis.drkitTables ??= (() => {
  const it = {};
  it.promise = new Promise((done, fail) => Object.assign(it, { resolve: done, reject: fail }));
  return it;
})();"""
_BRINGS = """%s
const code = new Blob([%s], { type: "text/javascript" });
import(URL.createObjectURL(code)).then(drkitTables.resolve, drkitTables.reject);
export default { initialize() {} };
"""
_TAKES = """%s
export default { async render(context) { return (await drkitTables.promise).default.render(context); } };
"""


class TableCode(anywidget.AnyWidget):
    """The code and the looks of all tables, for a page; tables come with a line that asks for it.

    itables draws again whenever its data is sent again, as it is to a page that has just connected; it is
    drawn once here.
    """

    _esm = _BRINGS % (_KEPT, json.dumps(str(ITable._esm).replace("change:_dt_args", "change:_never")))  # noqa: SLF001
    _css = ITable._css  # noqa: SLF001
    kernels: ClassVar[list["TableCode"]] = []

    @classmethod
    def once(cls) -> "TableCode":
        """The one of this kernel, which a page that is loaded again asks for by itself."""
        if not cls.kernels:
            cls.kernels.append(cls())
        return cls.kernels[0]


class Table(ITable):
    """An itables table that reaches the page with its data; its own would be opened empty, and filled by a
    second message.
    """

    # It is the class attributes that anywidget reads, and it takes a text as well as a path.
    _esm = _TAKES % _KEPT  # type: ignore[assignment]
    _css = ""  # type: ignore[assignment]
    _filled = False

    def __init__(self, frame: DataFrame, **options: Any) -> None:  # noqa: ANN401 - what itables takes
        TableCode.once()
        super().__init__(frame, **options)
        self._filled = True
        self.open()

    def open(self) -> None:
        """Tell the page of it, once it is filled."""
        if self._filled:
            super().open()


def explorer(frame: DataFrame, columns: int) -> VBox:
    """A table that is sorted and filtered in the page; so many columns are shown, others can be added."""
    box = VBox([style(), grid(frame, columns, layout=_LAYOUT)])
    box.add_class("drkit-picking")
    return box


def grid(
    frame: DataFrame,
    columns: int,
    *,
    key: str = "",
    looks: Mapping[str, Look] = NO_LOOKS,
    layout: Mapping[str, Any] = _UNFILTERED,
) -> Table:
    """A table alone, where what it shows is filtered elsewhere.

    `looks` say what a row's status means, by the row's value in the column `key`; else its word says it.
    """
    shown = DataFrame({_head(name): _cells(frame, str(name), key, looks) for name in frame})
    hidden = list(range(columns, len(shown.columns)))
    return Table(
        shown,
        allow_html=True,
        maxBytes=0,
        showIndex=False,
        layout=dict(layout) if len(frame) > PAGE else {**layout, "bottomEnd": None},
        buttons=[{"extend": "colvis", "text": "Columns"}],
        columnDefs=[{"targets": hidden, "visible": False}] if hidden else [],
        language=WORDS | {"emptyTable": "There is nothing.", "infoEmpty": ""},
        pageLength=PAGE,
        classes="display compact drkit-explore",
        style="width:100%",
        autoWidth=False,
        text_in_header_can_be_selected=False,
    )


def _cells(frame: DataFrame, name: str, key: str, looks: Mapping[str, Look]) -> list[Any]:
    if name == "status" and key in frame:
        return [
            str(status_chip(str(status), looks.get(str(owner))) if owner in looks else _cell(name, status))
            for status, owner in zip(frame[name], frame[key], strict=True)
        ]
    if name == "status" and ("drill" in frame or "disk" in frame):  # of these it is neither good nor bad
        return [str(chip(one, "resting")) if str(one) in _THERE else _cell(name, one) for one in frame[name]]
    return [_cell(name, value) for value in frame[name]]


def _head(name: object) -> str:
    return str(name).replace("_gb", " (GB)").replace("_", " ")


def _cell(name: str, value: Any) -> Any:  # noqa: ANN401  # whatever a DataFrame holds
    """A value as the page shows it: numbers stay numbers, everything else is escaped."""
    if value is None or isna(value):
        return ""
    if is_bool(value):  # numpy has one of its own
        return "yes" if value else "no"
    if isinstance(value, int | float) or hasattr(value, "__index__"):
        return value
    if isinstance(value, Timestamp):
        return _time(value)
    return str(_text(name, str(value)))


def _time(value: Timestamp) -> str:
    if value.tzinfo is None:
        return f"{value:%Y-%m-%d}"  # a day
    return f"{value.to_pydatetime().astimezone():%Y-%m-%d %H:%M:%S}"


def _text(name: str, text: str) -> Markup:
    if name in {"state", "readiness"} and text in JUDGED:
        return readiness_chip(text)
    if name.endswith(("status", "state")) and name != "replication_status":
        return status_chip(_status(text))
    return identity(text) if name == "id" or name.endswith("_id") else _breakable(text)


def _breakable(text: str) -> Markup:
    return Markup('<span class="drkit-long">{}</span>').format(text) if len(text) > LONG else JOIN + text


def _status(text: str) -> str:
    for kind in (PairStatus, InstanceStatus, ServerStatus, JobStatus):
        if text in set(kind):
            return kind(text)
    return Unknown(text)
