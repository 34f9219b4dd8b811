"""A table as wide as the terminal."""

import pytest

from drkit.headless import on_a_terminal, print_fitting, print_line
from drkit.headless.terminal import style_of

ROWS = [
    {
        "name": f"thing-{number}",
        "state": "ok",
        "empty": "",
        "text": "x" * 30,
        "size": "5",
        "thing_id": "a" * 36,
    }
    for number in range(3)
]


def test_shows_the_columns_that_fit_and_says_which_do_not(capsys: pytest.CaptureFixture[str]) -> None:
    left_out = print_fitting(ROWS, ["state"], width=40)
    lines = capsys.readouterr().out.splitlines()
    assert left_out == "empty, text"
    assert lines[0].split() == ["name", "state", "size", "thing_id"]
    assert lines[1].split() == ["thing-0", "ok", "5", "a" * 8]
    assert max(map(len, lines)) <= 40


def test_cuts_the_first_two_where_even_they_do_not_fit(capsys: pytest.CaptureFixture[str]) -> None:
    assert "size" in print_fitting([{"name": "n" * 50, "what": "w" * 50, "size": "5"}], [], width=30)
    assert all(len(line) <= 30 for line in capsys.readouterr().out.splitlines())


def test_takes_no_names_for_markup_or_for_what_steers_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    print_fitting([{"name": "[red]x[/]\x1b[2J", "state": "odd"}], ["state"], width=60)
    print_line("[bold]a\x1b: ", "failing", " [b]")
    out = capsys.readouterr().out
    assert "[red]x[/]\N{REPLACEMENT CHARACTER}[2J" in out
    assert "[bold]a\N{REPLACEMENT CHARACTER}: failing [b]" in out


def test_states_have_a_colour_beside_their_word() -> None:
    words = ("error-starting", "failing", "starting", "protected", "available", "unknown", "brand-new")
    colours = ["bold red", "bold red", "yellow", "green", "yellow", "magenta", ""]
    assert [style_of(word) for word in words] == colours


def test_a_pipe_is_no_terminal() -> None:
    assert not on_a_terminal()
