"""What a profile lets leave: held where requests leave, whoever asks for them."""

import pytest

from drkit.api import Access, open_client, profile
from drkit.api.transport import Open
from drkit.api.wire import DRILLS, Json, Request, request_for
from drkit.errors import ProfileError, ReadOnlyError
from drkit.model import Argument, Change, Operation
from drkit.model.operations import NEEDS
from drkit.sandbox import Sandbox
from tests.api.scripted import Service, answer

_SOME: dict[type, Argument] = {str: "x", int: 10, bool: True, tuple: ("x",)}
CHANGES = {
    operation: Change.of(operation, "g", **{name: _SOME[kind] for name, kind in NEEDS[operation].items()})
    for operation in Operation
}
DRILL = {Operation.CREATE_DRILL, Operation.DELETE_DRILL}


@pytest.mark.parametrize("operation", Operation)
def test_each_change_leaves_with_the_kinds_of_access_that_let_it(operation: Operation) -> None:
    lets = {Access.REAL, Access.DRILL_ONLY} if operation in DRILL else {Access.REAL}
    request = request_for(CHANGES[operation])
    assert {kind for kind in Access if not kind.refuses(request)} == lets
    assert {kind for kind in Access if not kind.refuses_operation(operation)} == lets


@pytest.mark.parametrize(
    "request_",
    [
        Request("PUT", f"{DRILLS.path}/d"),
        Request("POST", f"{DRILLS.path}/d/action", changes=True),
        Request("DELETE", DRILLS.path, changes=True),
        Request("DELETE", f"{DRILLS.path}/d/e", changes=True),
        Request("POST", DRILLS.path, service="ecs", changes=True),
        Request("GET", "/jobs/1", changes=True),
        Request("POST", "/auth/token", service="iam"),
        Request("POST", "/auth/tokens", service="sdrs"),
    ],
)
def test_what_only_looks_like_a_drill_or_a_sign_in_does_not_leave(request_: Request) -> None:
    assert "nothing was sent" in Access.DRILL_ONLY.refuses(request_)
    assert "nothing was sent" in Access.READ_ONLY.refuses(request_)


def test_nothing_but_reads_and_the_sign_in_reach_the_wire_of_a_read_only_profile() -> None:
    service = Service(answer(200, {}))
    service.transport.access = Access.READ_ONLY
    service.transport.send(Request("GET", "/jobs/1"), "https://sdrs.test", Open())
    service.transport.send(
        Request("POST", "/auth/tokens", service="iam", body={}), "https://iam.test", Open()
    )
    for change in CHANGES.values():
        with pytest.raises(ReadOnlyError, match=r"read-only: nothing was sent.*access = .real."):
            service.transport.send(request_for(change), "https://sdrs.test", Open())
    assert [request.method for request in service.requests] == ["GET", "POST"]
    service.transport.close()


def test_a_real_cloud_is_read_only_until_the_profile_says_otherwise() -> None:
    def kind(**more: str) -> Access:
        keys = {"OS_ACCESS_KEY": "AK", "OS_SECRET_KEY": "SK", "OS_REGION_NAME": "eu-de"}
        return profile("env", keys | more).access

    assert kind() is Access.READ_ONLY
    assert kind(DRKIT_ACCESS="real") is Access.REAL
    assert kind(DRKIT_ACCESS="Drill only") is Access.DRILL_ONLY
    with pytest.raises(ProfileError, match=r"DRKIT_ACCESS='all' is no kind .* read-only, drill-only, real"):
        kind(DRKIT_ACCESS="all")


@pytest.mark.parametrize(("said", "kind"), [("", Access.REAL), ("read-only", Access.READ_ONLY)])
def test_a_practice_range_has_nothing_to_protect_unless_the_profile_says_otherwise(
    sandbox: Sandbox, said: str, kind: Access
) -> None:
    access = sandbox.access
    environ: dict[str, Json] = {
        "OS_AUTH_URL": access["iam_url"], "OS_USERNAME": access["username"],
        "OS_PASSWORD": access["password"],
        "OS_USER_DOMAIN_NAME": access["domain"], "OS_PROJECT_ID": access["project_id"],
        "OS_REGION_NAME": access["region"], **({"DRKIT_ACCESS": said} if said else {}),
    }  # fmt: skip
    with open_client(profile("env", environ), inner=sandbox.transport()) as client:
        assert client.access is kind
