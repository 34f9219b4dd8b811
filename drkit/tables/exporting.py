"""Tables as files for other programs: CSV, XLSX and Parquet.

Names come from a server, and a spreadsheet runs a cell that begins as a formula does: no text of a CSV does,
and an XLSX says of each text that it is one (OWASP, "CSV Injection"). Excel knows no time zones: times are
written as UTC without one, and the column's name says so.
"""

from collections.abc import Callable, Mapping
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from drkit import owned
from drkit.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

LONGEST_CELL = 32_767
"""Characters that a cell of Excel holds."""

_FORMULA = tuple("=+-@\uff1d\uff0b\uff0d\uff20")  # and their full-width forms, which some languages type
_AS_TEXT = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


def to_csv(table: "pd.DataFrame") -> str:
    """A table as CSV that a spreadsheet can open: a text that begins as a formula does gets an apostrophe."""
    return _flat(table, _unlike_a_formula).to_csv(index=False)


def export(path: str | Path, tables: Mapping[str, "pd.DataFrame"]) -> Path:
    """Write tables, by name, to a file that its owner alone can read; what is there is replaced.

    The ending says the kind: `.xlsx` (a sheet for each table), `.csv` or `.parquet` (one table). In the
    first two, times are UTC without a zone under a name that ends in `_utc`; Parquet keeps them as they are,
    and needs pyarrow. Raises InputError for another ending, for more than one table where one fits, and where
    the file cannot be written.
    """
    file = Path(path).expanduser()
    kinds: Mapping[str, Callable[[Mapping[str, pd.DataFrame]], bytes]]
    kinds = {".csv": _csv, ".parquet": _parquet, ".xlsx": _xlsx}
    make = kinds.get(file.suffix.lower())
    if make is None:
        raise InputError(f"{file.name!r} must end in {', '.join(kinds)}; nothing was written.")
    if len(tables) != 1 and make is not _xlsx:
        raise InputError(
            f"A {file.suffix} file holds one table, not {len(tables)}; use .xlsx. Nothing was written."
        )
    content = make(tables)
    try:
        owned.write(file, content)
    except OSError as error:
        raise InputError(f"{file} cannot be written: {error.strerror}") from None
    return file


def _csv(tables: Mapping[str, "pd.DataFrame"]) -> bytes:
    return "".join(map(to_csv, tables.values())).encode("utf-8-sig")  # the mark tells Excel that it is UTF-8


def _xlsx(tables: Mapping[str, "pd.DataFrame"]) -> bytes:
    import pandas as pd  # noqa: PLC0415  # as in columns

    content = BytesIO()
    with pd.ExcelWriter(
        content,
        engine="xlsxwriter",
        datetime_format="yyyy-mm-dd hh:mm:ss",
        engine_kwargs={"options": _AS_TEXT},
    ) as book:
        for name, table in tables.items():
            _flat(table, _in_a_cell).to_excel(book, sheet_name=name[:31], index=False, freeze_panes=(1, 0))
    return content.getvalue()


def _parquet(tables: Mapping[str, "pd.DataFrame"]) -> bytes:
    content = BytesIO()
    (table,) = tables.values()
    try:
        table.to_parquet(content, engine="pyarrow", index=False)
    except ImportError:
        raise InputError(
            "Parquet needs pyarrow: pip install 'drkit[parquet]'. Nothing was written."
        ) from None
    return content.getvalue()


def _flat(table: "pd.DataFrame", safe: Callable[[str], str]) -> "pd.DataFrame":
    flat, moments = table.copy(), [str(name) for name in table.select_dtypes("datetimetz")]
    for name in table.select_dtypes(["str", "category", "object"]):
        flat[name] = table[name].astype("str").map(safe, na_action="ignore")
    for name in moments:
        flat[name] = table[name].dt.tz_convert("UTC").dt.tz_localize(None)
    return flat.rename(columns={name: f"{name}_utc" for name in moments})


def _in_a_cell(text: str) -> str:
    return "".join(char if char.isprintable() else " " for char in text)[:LONGEST_CELL]


def _unlike_a_formula(text: str) -> str:
    cell = _in_a_cell(text)
    return f"'{cell}" if cell.lstrip().startswith(_FORMULA) else cell
