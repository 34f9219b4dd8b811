"""Changes as data."""

import json

import pytest

from drkit.model import Change, Operation
from drkit.model.operations import NEEDS, Argument


def test_operations_are_called_what_people_call_them() -> None:
    assert Operation.PLANNED_FAILOVER.words == "planned failover"


class TestAChange:
    @pytest.mark.parametrize("operation", Operation)
    def test_survives_a_trip_through_json(self, operation: Operation) -> None:
        samples: dict[type, Argument] = {str: "x", int: 5, bool: True, tuple: ("x", "y")}
        change = Change.of(
            operation, "g1", **{name: samples[kind] for name, kind in NEEDS[operation].items()}
        )
        assert Change.from_json(json.loads(json.dumps(change.to_json()))) == change

    def test_is_a_value_that_can_be_a_key(self) -> None:
        one = Change.of(Operation.DETACH_PAIR, "g1", pair_id="p", instance_id="i")
        other = Change.of(Operation.DETACH_PAIR, "g1", instance_id="i", pair_id="p")
        assert {one: 1}[other] == 1

    def test_tells_its_arguments(self) -> None:
        change = Change.of(Operation.EXPAND_PAIR, "g1", pair_id="p", new_size_gb=50)
        assert (change.pair_id, change.new_size_gb, change.device) == ("p", 50, "")
        assert Change.of(Operation.STOP_SERVER, "g1", server_id="s", hard=True).hard is True

    @pytest.mark.parametrize(
        "arguments",
        [
            {},
            {"pair_id": "p", "new_size_gb": "50"},
            {"pair_id": "p", "new_size_gb": True},
            {"pair_id": "p", "new_size_gb": 5, "more": 1},
        ],
    )
    def test_takes_exactly_the_arguments_of_its_operation(self, arguments: dict[str, str | int]) -> None:
        with pytest.raises(TypeError, match="expand_pair takes"):
            Change.of(Operation.EXPAND_PAIR, "g1", **arguments)

    def test_is_shown_in_one_line(self) -> None:
        change = Change.of(Operation.STOP_SERVER, "g1", server_id="s", hard=False)
        assert repr(change) == "<Change stop server: group_id=g1, server_id=s>"
