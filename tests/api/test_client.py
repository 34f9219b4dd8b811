"""The client against the sandbox, in process and over HTTP, also under its faults."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from drkit.api import Client, open_client, sandbox_profile, wire
from drkit.api.pages import read_marked
from drkit.clock import SteppedClock
from drkit.errors import (
    BusyError,
    GoneError,
    InputError,
    OutcomeUnknownError,
    ServiceError,
    UnavailableError,
    UnreachableError,
    WireError,
)
from drkit.model import Change, Inventory, JobStatus, Operation
from drkit.sandbox import Sandbox, running
from drkit.sandbox.things import Failure


@pytest.fixture(params=["in process", "over HTTP"])
def reached(request: pytest.FixtureRequest, sandbox: Sandbox) -> Iterator[Client]:
    clock = SteppedClock()
    if request.param == "in process":
        with open_client(sandbox_profile(sandbox.access), clock, inner=sandbox.transport()) as client:
            yield client
    else:
        with running(sandbox), open_client(sandbox_profile(sandbox.access), clock) as client:
            yield client


def attach(inventory: Inventory) -> Change:
    """A change that the demo world allows."""
    group = inventory.group("shop-backend")
    instance = inventory.instance("app-01")
    pair = inventory.pair("app-cache-01")
    ids = {"pair_id": pair.id, "instance_id": instance.id}
    return Change.of(Operation.ATTACH_PAIR, group.id, **ids, device="/dev/vdf")


def attachments(sandbox: Sandbox, change: Change) -> int:
    return list(sandbox.world.instances[change.instance_id].devices).count(change.pair_id)


class TestAskingForOneThing:
    def test_gives_it(self, reached: Client) -> None:
        found = reached.inventory()
        group, instance = next(iter(found.groups.values())), next(iter(found.instances.values()))
        pair, server = next(iter(found.pairs.values())), next(iter(found.servers.values()))
        assert reached.group(group.id) == group
        assert reached.instance(instance.id) == instance
        assert reached.pair(pair.id) == pair
        assert reached.server(server.id) == server
        assert {each.device for each in reached.block_devices(server).disks} >= {"/dev/vda"}

    def test_that_is_not_there_says_that_it_is_gone(self, reached: Client) -> None:
        nobody = "00000000-0000-4000-a000-000000000000"
        for ask in (reached.group, reached.instance, reached.pair, reached.drill, reached.server):
            with pytest.raises(GoneError):
                ask(nobody)

    def test_that_has_no_id_asks_nobody(self, reached: Client) -> None:
        with pytest.raises(InputError):
            reached.job("")


def test_quotas_tell_what_is_used_and_what_may_be(reached: Client) -> None:
    found = {each.type: each for each in reached.quotas()}
    assert found["server_groups"].used == 5
    assert found["server_groups"].limit >= 5


class TestWhatTheProjectTellsBesideItsThings:
    def test_domains_versions_and_recovery_points(self, reached: Client) -> None:
        near = reached.domains()[0]
        assert (near.name, near.local_zone, near.remote_zone) == (
            "practice-domain",
            "sandbox-1a",
            "sandbox-1b",
        )
        assert reached.versions() == (reached.version("v1"),) == ("v1 (CURRENT)",)
        with pytest.raises(GoneError):
            reached.version("v9")
        points = reached.rpo()
        assert len(points) == 24
        assert reached.rpo(points[0].at, points[0].at) == points[:1]

    def test_failed_tasks_of_groups_and_of_what_is_in_one(self, reached: Client, sandbox: Sandbox) -> None:
        home = next(iter(sandbox.world.groups))
        told = ("createReplicationPairNoCG", 0.0, "createFail", "replications", "p", "cache", "SDRS.1606", "")
        sandbox.world.failures["f" * 32] = Failure("f" * 32, *told, home)
        assert reached.failed_tasks() == ()
        [task] = reached.failed_tasks(home)
        assert (task.id, task.group_id, task.failure_status) == ("f" * 32, home, "createFail")
        assert reached.submit(Change.of(Operation.CLEAR_FAILED_TASK, home, task_id=task.id)) == ""
        assert reached.failed_tasks(home) == ()

    def test_tags_of_one_instance_of_the_project_and_who_has_them(self, reached: Client) -> None:
        app = reached.inventory().instance("app-01")
        given = Change.of(Operation.SET_TAGS, app.group_id, instance_id=app.id, tags=("tier=1", "team=shop"))
        assert reached.submit(given) == ""
        assert dict(reached.tags(app.id)) == {"tier": ("1",), "team": ("shop",)}
        assert ("tier", ("1",)) in reached.tags()
        assert reached.tagged({"tier": ["1", "2"]}) == reached.tagged({"team": []}) == (app.id,)
        assert reached.tagged({"tier": ["9"]}) == ()

    def test_a_listing_that_fails_is_no_empty_one(self, reached: Client, sandbox: Sandbox) -> None:
        sandbox.fault("error-500", path="failure-jobs", times=None)
        with pytest.raises(UnavailableError):
            reached.failed_tasks()

    def test_domains_alone_are_read_with_an_inventory(self, reached: Client, sandbox: Sandbox) -> None:
        found = reached.inventory(domains=True)
        assert {each.name for each in found.domains.values()} >= {"practice-domain"}
        assert "domains" in found.whole
        sandbox.fault("error-500", path="active-domains", times=None)
        untold = reached.inventory(domains=True)
        assert "domains" not in untold.whole
        assert untold.problems[-1].startswith("The domains could not be read")


def test_lists_can_be_limited_to_groups(client: Client) -> None:
    ids = [each.id for each in client.groups()]
    assert len(client.instances(ids[0])) + len(client.instances(ids[1:])) == len(client.instances())
    assert client.drills(ids[0]) == ()
    assert {each.group_id for each in client.pairs(ids[:2])} == set(ids[:2])


class TestAChange:
    def test_gives_a_job_that_comes_to_its_end(self, reached: Client, sandbox: Sandbox) -> None:
        change = attach(reached.inventory())
        job_id = reached.submit(change)
        assert not reached.job(job_id).final
        sandbox.step(600)
        (job,) = reached.jobs([job_id])
        assert (job.status, job.type) == (JobStatus.SUCCESS, "attachReplicationPairNew")
        assert job.entity("replication_pair_id") == change.pair_id
        assert attachments(sandbox, change) == 1

    def test_of_a_server_gives_a_job_of_ecs(self, reached: Client, sandbox: Sandbox) -> None:
        found = reached.inventory()
        instance = found.instance("app-01")
        stop = Change.of(
            Operation.STOP_SERVER, instance.group_id, server_id=instance.production_server_id, hard=False
        )
        job_id = reached.submit(stop)
        sandbox.step(600)
        assert reached.server_job(job_id).status == JobStatus.SUCCESS

    def test_that_the_service_refuses_tells_its_code(self, reached: Client) -> None:
        found = reached.inventory()
        taken = next(each for each in found.attachments if each.device == "/dev/vda")
        change = Change.of(
            Operation.ATTACH_PAIR,
            found.pairs[taken.pair_id].group_id,
            pair_id=taken.pair_id,
            instance_id=taken.instance_id,
            device="/dev/vdx",
        )
        with pytest.raises(ServiceError) as raised:
            reached.submit(change)
        assert raised.value.code.startswith("SDRS.16")
        assert raised.value.exit_code == 1

    @pytest.mark.parametrize(
        ("fault", "where", "effects"),
        [
            ("answer-lost-after", {}, 1),
            ("answer-lost-before", {}, 0),
            ("truncated", {}, 1),
            ("error-500", {"accepted": True}, 1),
            ("error-502", {}, 0),
            ("error-503", {"accepted": True}, 1),
        ],
    )
    def test_whose_answer_is_lost_is_sent_once_and_its_outcome_is_open(
        self, reached: Client, sandbox: Sandbox, fault: str, where: dict[str, bool], effects: int
    ) -> None:
        change = attach(reached.inventory())
        sandbox.fault(fault, method="POST", path="attachreplication", times=3, **where)
        with pytest.raises(OutcomeUnknownError):
            reached.submit(change)
        assert sandbox.faults()[0]["hits"] == 1
        sandbox.step(600)
        assert attachments(sandbox, change) == effects

    def test_that_finds_no_connection_was_not_sent(self, sandbox: Sandbox, client: Client) -> None:
        change = attach(client.inventory())
        sandbox.fault("unreachable", method="POST")
        with pytest.raises(UnreachableError):
            client.submit(change)

    def test_with_a_token_that_expired_signs_in_again_and_is_done_once(
        self, reached: Client, sandbox: Sandbox
    ) -> None:
        change = attach(reached.inventory())
        sandbox.world.tokens.clear()
        reached.submit(change)
        sandbox.step(600)
        assert attachments(sandbox, change) == 1
        assert sandbox.invariants() == []

    def test_that_comes_too_fast_was_not_taken(self, reached: Client, sandbox: Sandbox) -> None:
        change = attach(reached.inventory())
        sandbox.fault("rate-limit", method="POST", seconds=7)
        with pytest.raises(BusyError) as raised:
            reached.submit(change)
        assert raised.value.retry_after == 7.0


class TestARead:
    @pytest.mark.parametrize(
        "fault", ["answer-lost-after", "error-500", "error-503", "truncated", "rate-limit"]
    )
    def test_gets_through_trouble_that_passes(self, reached: Client, sandbox: Sandbox, fault: str) -> None:
        sandbox.fault(fault, method="GET", times=3)
        assert len(reached.pairs()) == 44
        assert sandbox.faults() == []

    def test_gives_up_when_the_trouble_stays(self, reached: Client, sandbox: Sandbox) -> None:
        sandbox.fault("error-502", method="GET", times=100)
        with pytest.raises(UnavailableError):
            reached.pairs()
        sandbox.clear_faults()
        sandbox.fault("truncated", method="GET", times=100)
        with pytest.raises(WireError):
            reached.pairs()


def test_many_threads_can_use_a_client_at_once(sandbox: Sandbox, client: Client) -> None:
    sandbox.world.tokens.clear()
    with ThreadPoolExecutor(24) as pool:
        sizes = list(pool.map(lambda _: len(client.inventory().pairs), range(48)))
    assert sizes == [44] * 48
    assert len(sandbox.world.tokens) == 1


def test_a_closed_client_says_so(sandbox: Sandbox) -> None:
    with open_client(sandbox_profile(sandbox.access), SteppedClock(), inner=sandbox.transport()) as client:
        pass
    with pytest.raises(UnreachableError, match="connect again"):
        client.inventory()


def test_a_client_shows_its_backend_and_no_secret(sandbox: Sandbox, client: Client) -> None:
    assert repr(client) == f"<Client of PRACTICE, project {sandbox.access['project_id']}>"


class TestThePracticeRange:
    def test_is_moved_and_looked_at(self, reached: Client, sandbox: Sandbox) -> None:
        control = reached.practice
        before = control.state()["now"]
        control.step(60)
        assert control.state()["now"] - before >= 60
        assert control.invariants() == []

    def test_takes_faults_and_gives_them_back(self, reached: Client, sandbox: Sandbox) -> None:
        control = reached.practice
        assert "error-503" in control.fault_kinds()
        one, other = control.fault("error-503", times=1), control.fault("slow", seconds=0)
        assert [each["id"] for each in control.faults()] == [one, other]
        control.clear_faults(one)
        assert [each["id"] for each in control.faults()] == [other]
        control.clear_faults()
        assert sandbox.faults() == []

    def test_tells_what_each_fault_understands(self, reached: Client) -> None:
        keys = reached.practice.fault_keys()
        assert keys.keys() == reached.practice.fault_kinds().keys()
        assert keys["token-expires"] == ("after",)

    def test_lists_its_worlds_with_story_and_good_end(self, reached: Client) -> None:
        worlds = {each.name: each for each in reached.practice.worlds()}
        assert worlds["stuck-pair"].title == "The pair that will not synchronise"
        assert worlds["stuck-pair"].good_end.startswith("shop-db is protected")
        assert worlds["demo"].good_end == ""

    def test_changes_its_world_under_a_client_that_goes_on(self, reached: Client) -> None:
        reached.groups()
        reached.practice.change_world("stuck-pair")
        assert reached.practice.state()["world"] == "stuck-pair"
        assert [each.name for each in reached.groups()] == ["shop-db"]

    def test_refuses_a_world_that_is_not_there_with_a_sentence(self, reached: Client) -> None:
        with pytest.raises(InputError, match=r"^There is no world 'moon'"):
            reached.practice.change_world("moon")
        assert reached.practice.state()["world"] == "demo"

    def test_refuses_a_fault_it_does_not_know_with_a_sentence(self, reached: Client) -> None:
        with pytest.raises(InputError, match="earthquake"):
            reached.practice.fault("earthquake")

    def test_is_saved_and_loaded_again(
        self, reached: Client, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        path = tmp_path_factory.mktemp("world") / "world.json"
        reached.practice.save(path)
        assert path.stat().st_mode & 0o777 == 0o600
        assert len(Sandbox.load(path).world.pairs) == 44

    def test_is_not_behind_a_real_cloud(self, client: Client) -> None:
        real = type(client.backend)(False, "Open Telekom Cloud", "eu-de", "p", "1")
        with pytest.raises(InputError, match="no sandbox behind Open Telekom Cloud eu-de p"):
            Client(real, client._connection, SteppedClock()).practice  # noqa: B018  # asking is the point


def test_networks_and_public_addresses_are_read_page_by_page(sandbox: Sandbox, client: Client) -> None:
    names = {each.name for each in client.networks()}
    assert names == {each.name for each in sandbox.world.vpcs.values()}
    assert all(each.created_at for each in client.networks())
    assert client.public_addresses() == ()
    sandbox.world.facts["free_addresses"] = {f"198.18.{n >> 8}.{n & 255}": 0.0 for n in range(2300)}
    found = client.public_addresses()
    assert len({each.id for each in found}) == 2300
    assert all(each.unbound for each in found)


def test_a_listing_by_marker_that_never_ends_is_an_error() -> None:
    numbers = iter(range(10**9))
    with pytest.raises(WireError, match="goes on after 1000 pages"):
        read_marked(lambda _: {"vpcs": [{"id": f"n{next(numbers)}"}]}, wire.NETWORKS)
