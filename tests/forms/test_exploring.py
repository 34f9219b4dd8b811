from datetime import UTC, datetime
from typing import Any

import pandas as pd
import pytest
from ipywidgets import VBox
from itables.widget import ITable

from drkit.forms import explore

NASTY = "<img src=x onerror=alert(1)>"


def shown(frame: pd.DataFrame, **how: int) -> ITable:
    box = explore(frame, **how)
    assert isinstance(box, VBox)
    table = box.children[-1]
    assert isinstance(table, ITable)
    return table


def data(frame: pd.DataFrame) -> Any:  # noqa: ANN401  # a DataFrame, in itables' loose words
    return shown(frame).df


def test_texts_are_escaped_states_are_chips_and_ids_are_shortened() -> None:
    table = data(pd.DataFrame({"pair": [NASTY], "status": ["fault"], "pair_id": ["0d0d-92db"]}))
    assert list(table.columns) == ["pair", "status", "pair id"]
    pair, status, identity = table.iloc[0]
    assert pair == "&lt;img src=x onerror=alert(1)&gt;"
    assert "drkit-is-failed" in status
    assert 'title="0d0d-92db"' in identity
    assert NASTY not in data(pd.DataFrame({"pair": [NASTY * 3]})).iloc[0, 0]


def test_the_state_of_a_neighbour_is_a_chip_too() -> None:
    frame = pd.DataFrame({"status": ["protected"], "instance_status": ["error-reversing"]})
    assert "drkit-is-failed" in data(frame).iloc[0, 1]


@pytest.mark.parametrize(
    ("status", "look"),
    [
        ("attaching", "moving"),
        ("SHUTOFF", "resting"),
        ("FAIL", "failed"),
        ("resizing", "moving"),
        ("?", "unknown"),
    ],
)
def test_a_status_is_known_whatever_it_is_of(status: str, look: str) -> None:
    assert f"drkit-is-{look}" in data(pd.DataFrame({"status": [status]})).iloc[0, 0]


def test_numbers_stay_numbers_and_what_is_missing_is_empty() -> None:
    sizes = pd.DataFrame({"size_gb": pd.array([10, None], dtype="Int64"), "share": [0.5, float("nan")]})
    table = data(sizes)
    assert list(table.columns) == ["size (GB)", "share"]
    assert table.iloc[0].tolist() == [10, 0.5]
    assert table.iloc[1].tolist() == ["", ""]


def test_truth_values_are_words_and_times_sort_as_they_are_written() -> None:
    when = datetime(2026, 11, 23, 3, 4, 5, tzinfo=UTC)
    table = data(
        pd.DataFrame(
            {"shared": [True, False], "created_at": pd.Series([when, None], dtype="datetime64[us, UTC]")}
        )
    )
    assert table["shared"].tolist() == ["yes", "no"]
    assert table["created at"].tolist() == [f"{when.astimezone():%Y-%m-%d %H:%M:%S}", ""]


def test_the_first_columns_are_shown_and_the_others_can_be_added() -> None:
    table = shown(pd.DataFrame({f"c{number}": [1] for number in range(5)}), columns=3)
    assert table._dt_args.get("columnDefs") == [{"targets": [3, 4], "visible": False}]


def test_ten_thousand_rows_are_all_there() -> None:
    table = shown(pd.DataFrame({"pair": [f"p{number}" for number in range(10_000)]}))
    assert "downsampling_warning" not in table._dt_args
    assert table._dt_args.get("data_json", "").count("p") == 10_000


def test_without_a_screen_a_table_is_as_it_came(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRKIT_HEADLESS", "1")
    frame = pd.DataFrame({"pair": ["a"]})
    assert explore(frame) is frame
