import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from drkit.headless import is_headless, is_notebook, report_outcome
from drkit.headless.outcome import Outcome, after_death, after_error, after_interruption, read_outcome

ASKED = {"content": {"allow_stdin": True}}
SHELL = SimpleNamespace(kernel=SimpleNamespace(get_parent=lambda: ASKED))


@pytest.fixture
def word(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DRKIT_OUTCOME", str(tmp_path / "word.json"))
    return tmp_path / "word.json"


def test_nothing_is_reported_outside_of_a_headless_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DRKIT_OUTCOME", raising=False)
    monkeypatch.chdir(tmp_path)
    report_outcome(0, "done")
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setenv("DRKIT_HEADLESS", "1")
    assert is_headless()


def test_the_last_word_counts(word: Path) -> None:
    assert read_outcome(word) is None
    report_outcome(3, "Changes are being sent.")
    report_outcome(1, "One pair failed.", [{"pair": "a", "state": "failed"}])
    assert read_outcome(word) == Outcome(1, "One pair failed.", ({"pair": "a", "state": "failed"},))
    assert [path.name for path in word.parent.iterdir()] == ["word.json"]


@pytest.mark.parametrize("text", ["", "[]", '{"exit": 0}', '{"exit": 0, "sentence": "", "table": [1]}'])
def test_a_word_that_cannot_be_read_is_an_unknown_outcome(word: Path, text: str) -> None:
    word.write_text(text)
    said = read_outcome(word)
    assert said is not None
    assert said.exit == 3


@pytest.mark.parametrize(
    ("said", "name", "code"),
    [
        (None, "InputError", 2),
        (None, "LeaseHeldError", 2),
        (None, "ServiceError", 1),
        (None, "OutcomeUnknownError", 3),
        (None, "ZeroDivisionError", 1),
        (None, "Iterable", 1),
        (Outcome(0, "done"), "InputError", 1),
        (Outcome(1, "failed"), "InputError", 1),
        (Outcome(2, "refused"), "ZeroDivisionError", 2),
        (Outcome(3, "sending"), "InputError", 3),
        (Outcome(0, "done"), "OutcomeUnknownError", 3),
    ],
)
def test_an_error_never_hides_what_was_sent(said: Outcome | None, name: str, code: int) -> None:
    outcome = after_error(said, name, "what went wrong")
    assert outcome.exit == code
    assert "what went wrong" in outcome.sentence


def test_a_dead_kernel_is_unknown_only_when_sending_had_begun() -> None:
    assert after_death(None).exit == 2
    assert after_death(Outcome(3, "Changes are being sent.")).exit == 3
    assert after_death(Outcome(0, "done")).exit == 1


def test_an_interruption_is_always_3() -> None:
    assert after_interruption(None) == Outcome(3, "Interrupted; nothing had been sent.")
    assert after_interruption(Outcome(0, "Done.")) == Outcome(3, "Interrupted. Done.")
    assert after_interruption(Outcome(3, "Interrupted: 1 in flight.")).sentence == "Interrupted: 1 in flight."


def test_a_process_without_a_kernel_is_no_notebook_and_neither_is_one_without_a_person(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert not is_notebook()
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: SHELL))
    assert is_notebook()
    monkeypatch.setenv("DRKIT_HEADLESS", "1")
    assert not is_notebook()
