"""What each of several operations is given of the arguments that were named once."""

from drkit.model import Operation
from drkit.plan import given_to

SEVERAL = (Operation.CREATE_DRILL, Operation.FAILOVER)


def test_an_argument_goes_to_those_that_take_it() -> None:
    assert given_to(SEVERAL, {"name": "spring"}) == {SEVERAL[0]: {"name": "spring"}, SEVERAL[1]: {}}


def test_one_that_none_of_them_takes_goes_to_all_so_that_it_is_refused() -> None:
    assert given_to(SEVERAL, {"colour": "red"}) == {key: {"colour": "red"} for key in SEVERAL}


def test_a_single_operation_is_given_everything() -> None:
    assert given_to(SEVERAL[1:], {"name": "spring"}) == {SEVERAL[1]: {"name": "spring"}}
