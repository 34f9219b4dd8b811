import threading
from pathlib import Path

import pytest

from drkit.errors import InputError
from drkit.forms.worker import FormWorker


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def engine() -> FormWorker:
    return FormWorker("test")


def test_work_is_done_in_its_order_on_one_thread_that_is_not_the_callers(
    engine: FormWorker, told: list[str]
) -> None:
    seen: list[tuple[int, str]] = []
    for number in range(5):
        engine.do(lambda n=number: seen.append((n, threading.current_thread().name)), told.append)  # type: ignore[misc]
    engine.settle()
    assert [number for number, _ in seen] == [0, 1, 2, 3, 4]
    assert {name for _, name in seen} == {"test_0"}
    assert told == []


def test_a_refusal_becomes_its_sentence(engine: FormWorker, told: list[str]) -> None:
    def work() -> None:
        raise InputError("Choose a group.")

    engine.do(work, told.append)
    engine.settle()
    assert told == ["Choose a group."]


def test_anything_else_becomes_a_sentence_with_a_place_to_look(
    engine: FormWorker, told: list[str], swallowed: list[str], tmp_path: Path
) -> None:
    def work() -> None:
        raise KeyError("server")

    engine.do(work, told.append)
    engine.settle()
    (sentence,) = told
    assert "KeyError: 'server'" in sentence
    assert "Traceback" not in sentence
    (log,) = tmp_path.rglob("forms.log")
    assert str(log) in sentence
    assert "Traceback" in log.read_text()
    assert len(swallowed) == 1
    swallowed.clear()


def test_the_next_work_is_done_after_one_that_failed(
    engine: FormWorker, told: list[str], swallowed: list[str]
) -> None:
    seen: list[str] = []
    engine.do(lambda: 1 / 0, told.append)
    engine.do(lambda: 1 / 0, told.append)
    engine.do(lambda: seen.append("done"), told.append)
    engine.settle()
    assert seen == ["done"]
    swallowed.clear()


def test_of_what_was_typed_only_the_last_is_judged(engine: FormWorker, told: list[str]) -> None:
    go, seen = threading.Event(), []
    engine.do(lambda: go.wait(60), told.append)
    for text in ("/", "/d", "/de", "/dev/vdb"):
        engine.do(lambda typed=text: seen.append(typed), told.append, instead_of="typing")  # type: ignore[misc]
    engine.do(lambda: seen.append("other"), told.append, instead_of="another field")
    go.set()
    engine.settle()
    assert seen == ["/dev/vdb", "other"]
