"""The error tree is what its module says, and errors speak in sentences."""

import re
import subprocess
import sys

import pytest

from drkit import errors
from drkit.errors import (
    BusyError,
    DrkitError,
    GoneError,
    InputError,
    JournalDamagedError,
    RefusedError,
    ServiceError,
    UnknownNameError,
)
from drkit.rules import Objection


def drawn() -> dict[str, str]:
    """Each error in the picture of the module's docstring, with the one it hangs under."""
    branches: dict[str, str] = {}
    above: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        if match := re.match(r"    ([│├└─ ]*)(\w+Error)$", line):
            depth = len(match[1]) // 4
            above[depth:] = [match[2]]
            branches[match[2]] = above[depth - 1] if depth else "Exception"
    return branches


def defined() -> dict[str, str]:
    found = [each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, Exception)]
    return {each.__name__: each.__bases__[0].__name__ for each in found}


def test_the_picture_of_the_tree_is_the_tree() -> None:
    assert drawn() == defined()


def test_every_error_says_what_it_is_and_has_an_exit_code() -> None:
    for name in defined():
        kind = getattr(errors, name)
        assert kind.__doc__
        assert kind.exit_code in {1, 2, 3}
        assert issubclass(kind, DrkitError)


class TestAnUnknownName:
    def test_is_answered_with_the_nearest_ones(self) -> None:
        error = UnknownNameError.among("group", "shp", ["shop", "mail", "ship"])
        assert str(error) == "No group is named 'shp'; did you mean 'shop' or 'ship'?"
        assert (error.what, error.name, error.near) == ("group", "shp", ("shop", "ship"))

    def test_is_answered_with_some_known_ones_where_none_is_near(self) -> None:
        error = UnknownNameError.among("group", "zzz", [f"group-{number}" for number in range(9)])
        assert str(error).startswith("No group is named 'zzz'; known: 'group-0', 'group-1'")
        assert str(error).endswith("'group-7', ...")
        assert str(UnknownNameError.among("group", "zzz", ["a"])) == "No group is named 'zzz'; known: 'a'"

    def test_is_answered_with_the_truth_where_there_is_nothing(self) -> None:
        assert str(UnknownNameError.among("group", "shop", [])).endswith("there is no group at all")


class TestAServicesAnswer:
    def test_is_kept_in_its_parts(self) -> None:
        error = GoneError(400, "SDRS.1013", "Not found", where="GET /server-groups/x", request_id="r1")
        assert (error.status, error.code, error.message) == (400, "SDRS.1013", "Not found")
        assert (error.where, error.request_id) == ("GET /server-groups/x", "r1")
        assert str(error) == "GET /server-groups/x answered 400 SDRS.1013: Not found"

    def test_reads_well_without_a_place(self) -> None:
        assert str(ServiceError(503, "", "busy")) == "The service answered 503: busy"
        assert str(ServiceError(404, "404", "gone")) == "The service answered 404: gone"
        assert BusyError(429, "APIGW.0308", "slow down").retry_after is None


def test_a_refusal_keeps_all_its_objections() -> None:
    first, second = (
        Objection(f"rule-{key}", key, f"{key}.", "group shop", "reversing", "at rest", "Wait.")
        for key in "ab"
    )
    error = RefusedError("Not now.", objections=iter([first, second]), run_id="r1")
    assert (str(error), error.objections, error.run_id) == ("Not now.", (first, second), "r1")
    assert error.table().to_dict("records")[0] == {
        "subject": "group shop",
        "rule": "a.",
        "code": "a",
        "found": "reversing",
        "wanted": "at rest",
        "remedy": "Wait.",
    }
    with pytest.raises(RefusedError, match="Not now"):
        raise error


def test_errors_are_there_without_pandas_and_without_the_rest_of_drkit() -> None:
    script = "import sys, drkit.errors; assert not {'pandas', 'drkit.rules', 'sqlalchemy'} & {*sys.modules}"
    subprocess.run([sys.executable, "-c", script], check=True)


def test_a_damaged_journal_names_the_run_and_what_is_wrong() -> None:
    error = JournalDamagedError("Run r1 is not closed.", run_id="r1", faults=["Entry 1 was altered."])
    assert (error.run_id, error.faults) == ("r1", ("Entry 1 was altered.",))
    assert JournalDamagedError("The file is damaged.").faults == ("The file is damaged.",)


def test_a_notebook_shows_the_sentence_and_not_the_stack() -> None:
    assert InputError("Choose a group.")._render_traceback_() == ["Choose a group."]
