"""What runs write: every key is known to the type of its entry."""

# ruff: noqa: ANN401  # JSON values, and types as values

import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import UnionType
from typing import Any, NotRequired, Required, get_args, get_origin, get_type_hints, is_typeddict

import pytest

from drkit.errors import JournalDamagedError, OutcomeUnknownError
from drkit.execution.entries import SHAPES, Phased, Planned, beginning, phased, read
from drkit.execution.states import StepPhase
from drkit.journal import Entry, EntryKind
from drkit.model import Change
from drkit.plan.objectives import RunbookKind
from tests.execution.rehearsal_drive import Range
from tests.execution.stage import Stage, intercepted
from tests.report.stories import Story, usual_plan


def strange(value: Any, shape: Any, place: str) -> Iterator[str]:
    """Where a JSON value does not fit its type: a key nobody knows, one that is missing, another type."""
    if get_origin(shape) in {NotRequired, Required}:
        (shape,) = get_args(shape)
    if is_typeddict(shape):
        hints = get_type_hints(shape)
        yield from (f"{place}.{key} is not known" for key in value.keys() - hints.keys())
        yield from (f"{place}.{key} is missing" for key in shape.__required_keys__ - value.keys())
        for key in value.keys() & hints.keys():
            yield from strange(value[key], hints[key], f"{place}.{key}")
    elif get_origin(shape) is list:
        for each in value:
            yield from strange(each, get_args(shape)[0], place)
    elif get_origin(shape) is Mapping:
        if not isinstance(value, Mapping):
            yield f"{place} is no mapping"
    elif not isinstance(value, shape if isinstance(shape, type | UnionType) else object):
        yield f"{place} is {value!r}"


def faults(entries: list[Entry]) -> list[str]:
    """What in these entries the types do not know."""
    found = []
    for entry in entries:
        shapes = [shape for shape, fits in SHAPES.items() if fits(entry)]
        name = f"{entry.seq} {entry.kind}"
        if len(shapes) != 1:
            found.append(f"{name} has {len(shapes)} shapes: {dict(entry.data)}")
        found += [each for shape in shapes for each in strange(entry.data, shape, name)]
    return found


def keys_of(value: Any) -> set[str]:
    if isinstance(value, Mapping):
        return set(value).union(*map(keys_of, value.values()))
    return set().union(*map(keys_of, value)) if isinstance(value, list | tuple) else set()


class TestEveryKeyIsKnown:
    @pytest.mark.parametrize("kind", [RunbookKind.PLANNED_FAILOVER, RunbookKind.DRILL])
    def test_of_a_whole_rehearsal(self, tmp_path: Path, kind: RunbookKind) -> None:
        field = Range(tmp_path)
        run = field.start(field.plan(kind, ["shop-db"], drill_name="spring"))
        field.to_the_end(run)
        run.note("", "Went well.", "Duty engineer", ("log.txt", "text/plain", b"all good"))
        entries = field.site.journal.entries(run.id)
        assert faults(entries) == []
        assert {"plan", "change", "answer", "job", "signed_by", "noted", "snapshot", "file"} <= set().union(
            *(keys_of(entry.data) for entry in entries)
        )

    def test_of_a_run_whose_answers_were_lost_that_was_stopped_and_gone_on_with(self, stage: Stage) -> None:
        begun, stopping = threading.Event(), threading.Event()

        def lose(change: Change) -> str:
            service.submit(change)
            begun.set()
            assert stopping.wait(60)
            raise OutcomeUnknownError("The answer did not come.")

        plan, service = stage.attach(), stage.client
        stage.client = intercepted(service, submit=lose)
        run = stage.start(plan)
        assert begun.wait(60)
        run.stop()
        stopping.set()
        run.wait(60)
        stage.client = service
        ended = stage.resume(run.id)
        stage.ended(ended)
        entries = stage.entries(run.id)
        assert faults(entries) == []
        assert {"error", "in_flight", "not_sent", "resumed_by"} <= {
            key for entry in entries for key in entry.data
        }


class TestATypeIsNoticedToBeWrong:
    """The check above would not be worth much if it held of anything."""

    @pytest.mark.parametrize(
        ("data", "expected"),
        [
            ({"phase": "done", "sentence": "Done.", "colour": "red"}, "1 settled.colour is not known"),
            ({"phase": "done"}, "1 settled.sentence is missing"),
            ({"phase": "done", "sentence": 3}, "1 settled.sentence is 3"),
        ],
    )
    def test_by_a_key_or_a_type(self, data: dict[str, Any], expected: str) -> None:
        [_, settled] = Story(usual_plan()).tell(EntryKind.SETTLED, "1", data).entries
        assert faults([settled]) == [expected]


def test_a_phase_is_written_with_what_belongs_to_it_and_nothing_else() -> None:
    assert phased(StepPhase.DONE, "Done.") == {"phase": "done", "sentence": "Done."}
    assert phased(StepPhase.FAILED, "Failed.", code="") == {
        "phase": "failed",
        "sentence": "Failed.",
        "code": "",
    }


def test_an_entry_is_read_as_what_it_is_and_as_nothing_else() -> None:
    [planned, settled] = Story(usual_plan()).done().entries
    assert read(planned, Planned) == beginning([planned]) == planned.data
    assert read(planned, Phased) is None
    assert read(settled, Phased) == {"phase": "done", "sentence": "Done."}


@pytest.mark.parametrize("start", [0, 1])
def test_a_record_without_its_plan_is_called_altered(start: int) -> None:
    entries = Story(usual_plan()).done().entries[1:][: 1 - start]
    with pytest.raises(JournalDamagedError, match="does not begin with its plan"):
        beginning(entries)
