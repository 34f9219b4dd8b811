import csv
import io
import sys
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drkit.errors import InputError, UnknownNameError
from drkit.reading import TABLES
from drkit.sandbox import Sandbox
from drkit.site import practise
from drkit.tables import export, to_csv

AT = datetime(2026, 3, 2, 10, 0, 5, tzinfo=UTC)


def named(*names: str) -> pd.DataFrame:
    return pd.DataFrame({"name": pd.array(names, dtype="str")})


def cells(file: Path, sheet: str = "") -> list[list[Any]]:
    book: Any = openpyxl.load_workbook(file)
    return [[cell.value for cell in row] for row in (book[sheet] if sheet else book.active)]


class TestCsv:
    @pytest.mark.parametrize(
        "name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1+1", "\r=1+1", " \n=1+1", "\uff1d1"]
    )
    def test_holds_no_text_that_a_spreadsheet_runs(self, name: str) -> None:
        (row,) = csv.DictReader(io.StringIO(to_csv(named(name))))
        assert row["name"].startswith("'")
        assert row["name"].endswith(name.lstrip())

    @given(st.text())
    def test_holds_no_text_that_steers_or_runs_anything(self, name: str) -> None:
        (row,) = list(csv.reader(io.StringIO(to_csv(named(name))), strict=True))[1:] or [[""]]
        assert "".join(row).isprintable()
        assert not "".join(row).lstrip().startswith(("=", "+", "-", "@"))

    def test_leaves_numbers_and_what_is_missing_as_they_are(self) -> None:
        table = pd.DataFrame(
            {"used": pd.array([-3, None], dtype="Int64"), "state": pd.Categorical(["-", None])}
        )
        assert to_csv(table) == "used,state\n-3,'-\n,\n"

    def test_says_in_the_columns_name_that_times_are_utc(self) -> None:
        table = pd.DataFrame({"created_at": pd.array([AT, None], dtype="datetime64[us, UTC]")})
        assert to_csv(table) == 'created_at_utc\n2026-03-02 10:00:05\n""\n'

    def test_tells_times_of_other_zones_in_utc(self) -> None:
        zone = timezone(timedelta(hours=8))
        table = pd.DataFrame({"at": [AT.astimezone(zone)]})
        assert to_csv(table) == "at_utc\n2026-03-02 10:00:05\n"


class TestAnExport:
    def test_of_a_site_has_a_sheet_for_each_table(self, tmp_path: Path) -> None:
        with practise(Sandbox("demo")) as site:
            file = site.export(tmp_path / "dr.xlsx")
            pairs = site.pairs()
        assert tuple(openpyxl.load_workbook(file).sheetnames) == TABLES
        heads, *rows = cells(file, "pairs")
        assert [row[0] for row in rows] == list(pairs["pair"])
        assert {name for name in heads if name.endswith("_utc")} == {
            f"{name}_utc" for name in pairs.select_dtypes("datetimetz")
        }

    def test_of_a_group_holds_what_belongs_to_it(self, tmp_path: Path) -> None:
        with practise(Sandbox("demo")) as site:
            file = site.export(tmp_path / "pairs.csv", "pairs", group="shop-backend")
            assert len(pd.read_csv(file)) == len(site.pairs(group="shop-backend")) < len(site.pairs())

    def test_as_xlsx_writes_a_formula_as_a_text_and_cuts_what_no_cell_holds(self, tmp_path: Path) -> None:
        names = ("=1+1", "http://x.test", "00123", "\x1b[31m\x00a", "x" * 40_000)
        file = export(tmp_path / "names.xlsx", {"names": named(*names)})
        written = [row[0] for row in cells(file)][1:]
        assert written == ["=1+1", "http://x.test", "00123", " [31m a", "x" * 32_767]
        sheet: Any = openpyxl.load_workbook(file).active
        assert {sheet.cell(row, 1).data_type for row in range(2, 7)} == {"s"}

    def test_as_xlsx_writes_times_as_times(self, tmp_path: Path) -> None:
        table = pd.DataFrame({"at": pd.array([AT], dtype="datetime64[us, UTC]")})
        assert cells(export(tmp_path / "at.xlsx", {"at": table})) == [
            ["at_utc"],
            [AT.replace(tzinfo=None)],
        ]

    def test_as_parquet_keeps_times_and_types(self, tmp_path: Path) -> None:
        with practise(Sandbox("demo")) as site:
            pairs = site.pairs()
            read = pd.read_parquet(site.export(tmp_path / "pairs.parquet", "pairs"))
        pd.testing.assert_frame_equal(read, pairs)

    def test_as_parquet_without_pyarrow_says_what_to_install(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(sys.modules, "pyarrow", None)
        with pytest.raises(InputError, match=r"drkit\[parquet\]"):
            export(tmp_path / "x.parquet", {"x": named("a")})
        assert not (tmp_path / "x.parquet").exists()

    def test_is_readable_by_its_owner_alone_whatever_was_there(self, tmp_path: Path) -> None:
        file = tmp_path / "names.csv"
        file.write_text("old")
        file.chmod(0o644)
        export(file, {"names": named("a")})
        assert file.stat().st_mode & 0o777 == 0o600
        assert file.read_text(encoding="utf-8-sig") == "name\na\n"

    @pytest.mark.parametrize("name", ["names.ods", "names", "names.xls"])
    def test_of_another_kind_is_refused(self, tmp_path: Path, name: str) -> None:
        with pytest.raises(InputError, match=r"must end in \.csv, \.parquet, \.xlsx"):
            export(tmp_path / name, {"names": named("a")})
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize("name", ["two.csv", "two.parquet"])
    def test_of_two_tables_needs_two_sheets(self, tmp_path: Path, name: str) -> None:
        with pytest.raises(InputError, match="holds one table, not 2"):
            export(tmp_path / name, {"a": named("a"), "b": named("b")})

    def test_into_a_folder_that_is_not_there_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="No such file or directory"):
            export(tmp_path / "no" / "names.csv", {"names": named("a")})

    def test_of_a_table_that_there_is_not_is_refused(self, tmp_path: Path) -> None:
        with practise(Sandbox("demo")) as site, pytest.raises(UnknownNameError, match="pairs"):
            site.export(tmp_path / "x.csv", "pears")
