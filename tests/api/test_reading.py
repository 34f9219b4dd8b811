"""Pages and contradictions, against services that behave oddly, and a whole reading against the sandbox."""

import json
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drkit import tables
from drkit.api import Client, open_client, sandbox_profile
from drkit.api.pages import Listed, read_listings
from drkit.api.wire import DRILLS, GROUPS, PAIRS, SERVERS, Json, Listing, Request
from drkit.clock import SteppedClock
from drkit.errors import DrkitError, GoneError, SignInError, UnavailableError, WireError
from drkit.model import Change, Inventory, Operation, Phase, ThingKind
from drkit.sandbox import Sandbox

KINDS: tuple[ThingKind, ...] = ("groups", "instances", "pairs")


@pytest.fixture(scope="module")
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as made:
        yield made


class Shelf:
    """A listing of so many things, in pages of at most `most`; `tampered` changes pages on their way."""

    def __init__(
        self, total: int, most: int = 1000, tampered: Callable[[Json, int], None] | None = None
    ) -> None:
        self.things = [{"id": f"id-{number}"} for number in range(total)]
        self.most, self.tampered, self.asked = most, tampered, list[dict[str, str]]()

    def ask(self, request: Request) -> Json:
        query = dict(request.query)
        self.asked.append(query)
        limit = min(int(query["limit"]), self.most)
        start = int(query["offset"])
        if "cloudservers" in request.path:
            start = (start - 1) * limit
        key = "servers" if "cloudservers" in request.path else "replications"
        page = {key: self.things[start : start + limit], "count": len(self.things)}
        if self.tampered:
            self.tampered(page, start)
        return page


class TestPages:
    @pytest.mark.parametrize("listing", [PAIRS, SERVERS], ids=["by offset", "by page number"])
    @pytest.mark.parametrize(
        ("total", "most"), [(0, 1000), (1, 1000), (1000, 1000), (1001, 1000), (4321, 1000), (95, 10)]
    )
    def test_are_read_to_the_last_thing_each_once_and_in_order(
        self, pool: ThreadPoolExecutor, listing: Listing, total: int, most: int
    ) -> None:
        shelf = Shelf(total, most)
        (found,) = read_listings(shelf.ask, pool, [(listing, ())])
        assert list(found.objects) == shelf.things
        assert (found.problem, found.error) == ("", None)
        assert len(shelf.asked) == max(1, -(-total // most))

    def test_of_several_listings_keep_apart_and_carry_their_filters(self, pool: ThreadPoolExecutor) -> None:
        shelf = Shelf(2500)
        found = read_listings(shelf.ask, pool, [(PAIRS, (("name", "a"),)), (SERVERS, ()), (PAIRS, ())])
        assert [len(each.objects) for each in found] == [2500, 2500, 2500]
        assert sum(query.get("name") == "a" for query in shelf.asked) == 3

    def test_that_move_while_they_are_read_are_told(self, pool: ThreadPoolExecutor) -> None:
        def shifted(page: Json, start: int) -> None:
            page["count"] += start // 1000
            if start == 2000:
                page["replications"][0] = {"id": "id-0"}

        (found,) = read_listings(Shelf(2500, tampered=shifted).ask, pool, [(PAIRS, ())])
        assert len(found.objects) == 2499
        assert "2500 or 2501 or 2502 announced, 2499 read" in found.problem

    def test_that_come_empty_before_the_end_are_told(self, pool: ThreadPoolExecutor) -> None:
        def emptied(page: Json, start: int) -> None:
            page["replications"] = []

        (found,) = read_listings(Shelf(7, tampered=emptied).ask, pool, [(PAIRS, ())])
        assert found == Listed((), "The list of replications changed while it was read: 7 announced, 0 read.")

    @pytest.mark.parametrize("count", [-1, 0, 10**9, "many", 1.5, None, ...])
    def test_with_a_count_that_cannot_be_are_read_as_far_as_they_go(
        self, pool: ThreadPoolExecutor, count: Json
    ) -> None:
        def counted(page: Json, _start: int) -> None:
            page["count"] = count
            if count is ...:
                del page["count"]  # as in Cinder's own lists

        shelf = Shelf(25, 10, tampered=counted)
        (found,) = read_listings(shelf.ask, pool, [(PAIRS, ())])
        assert found == Listed(tuple(shelf.things))
        assert [query["offset"] for query in shelf.asked] == ["0", "10", "20", "30"]

    def test_of_one_thing_each_that_announce_a_million_are_not_all_asked_for(
        self, pool: ThreadPoolExecutor
    ) -> None:
        def repeated(page: Json, _start: int) -> None:
            page.update(replications=[{"id": "id-0"}], count=1_000_000)

        shelf = Shelf(1, tampered=repeated)
        (found,) = read_listings(shelf.ask, pool, [(PAIRS, ())])
        assert "1000000 announced, 1 read" in found.problem
        assert len(shelf.asked) == 16

    @pytest.mark.parametrize("count", [1_000_000, None])
    def test_that_never_end_are_an_error_after_a_thousand(
        self, pool: ThreadPoolExecutor, count: Json
    ) -> None:
        def endless(page: Json, start: int) -> None:
            page.update(replications=[{"id": f"id-{start}"}], count=count)

        shelf = Shelf(1, tampered=endless)
        (found,) = read_listings(shelf.ask, pool, [(PAIRS, ())])
        assert str(found.error) == f"The list of replications goes on after {len(shelf.asked)} pages of 1"
        assert len(shelf.asked) <= 1000

    def test_without_ids_are_all_kept_for_who_reads_them(self, pool: ThreadPoolExecutor) -> None:
        def strange(page: Json, start: int) -> None:
            if start == 10:
                page["replications"] = [None] * 10

        (found,) = read_listings(Shelf(25, 10, tampered=strange).ask, pool, [(PAIRS, ())])
        assert (len(found.objects), found.problem) == (25, "")

    def test_of_which_one_fails_are_an_error_and_leave_other_listings_alone(
        self, pool: ThreadPoolExecutor
    ) -> None:
        def failing(page: Json, start: int) -> None:
            if start == 2000 and "replications" in page:
                raise UnavailableError(503, "", "later")

        found = read_listings(Shelf(4000, tampered=failing).ask, pool, [(PAIRS, ()), (SERVERS, ())])
        assert isinstance(found[0].error, UnavailableError)
        assert len(found[1].objects) == 4000

    def test_without_the_documented_key_are_an_error(self, pool: ThreadPoolExecutor) -> None:
        (found,) = read_listings(lambda _: {"count": 0}, pool, [(GROUPS, ())])
        assert "'server_groups'" in str(found.error)


class Tampering:
    """A client on a sandbox whose answers are changed on the way, the first so many times."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.sandbox, self.clock = Sandbox("demo"), SteppedClock()
        self.client = open_client(
            sandbox_profile(self.sandbox.access), self.clock, inner=self.sandbox.transport()
        )
        self._asked, self._ask = list[str](), self.client._reader._ask
        monkeypatch.setattr(self.client._reader, "_ask", self.ask)
        self.rules: list[tuple[str, int, Callable[[Json], None]]] = []

    @property
    def reads(self) -> int:
        return len(self._asked)

    def change(self, path: str, what: Callable[[Json], None], times: int = 99) -> None:
        """Let `what` change (or fail) answers to that path, so many times."""
        self.rules.append((path, times, what))

    def ask(self, request: Request) -> Json:
        self._asked.append(request.path)
        body = self._ask(replace(request, reader=None))
        for place, (path, times, what) in enumerate(self.rules):
            if path in request.path and times:
                self.rules[place] = (path, times - 1, what)
                what(body)
        return request.reader(json.dumps(body).encode()) if request.reader else body


@pytest.fixture
def tampering(monkeypatch: pytest.MonkeyPatch) -> Iterator[Tampering]:
    made = Tampering(monkeypatch)
    with made.client:
        yield made


def fail(error: DrkitError) -> Callable[[Json], None]:
    def failing(_body: Json) -> None:
        raise error

    return failing


def attached(body: Json) -> Json:
    return next(each for each in body["replications"] if each["attachment"])


class TestContradictions:
    def test_in_a_sound_world_there_are_none(self, tampering: Tampering) -> None:
        found = tampering.client.inventory()
        assert found.problems == ()
        assert tampering.reads == 5

    def test_that_a_second_reading_resolves_are_not_told(self, tampering: Tampering) -> None:
        tampering.change("/replications", lambda body: attached(body).update(attachment=[]), times=1)
        assert tampering.client.inventory().problems == ()
        assert tampering.reads == 10

    def test_between_pair_and_instance_are_told(self, tampering: Tampering) -> None:
        tampering.change("/replications", lambda body: attached(body).update(attachment=[]))
        (told,) = tampering.client.inventory(kinds=KINDS).problems
        assert told.startswith(
            "The instance 'web-01' is attached as '/dev/vda' by its own words, by those of the pair"
        )

    def test_between_the_device_names_of_both_sides_are_told_from_both(self, tampering: Tampering) -> None:
        tampering.change(
            "/replications", lambda body: attached(body)["attachment"][0].update(device="/dev/vdz")
        )
        told = tampering.client.inventory(kinds=KINDS).problems
        assert len(told) == 2
        assert any("'/dev/vdz'" in each and each.startswith("The pair") for each in told)

    def test_about_an_instance_that_is_not_listed_are_told(self, tampering: Tampering) -> None:
        tampering.change("/protected-instances", lambda body: body["protected_instances"].pop(0))
        told = " ".join(tampering.client.inventory(kinds=KINDS).problems)
        assert "changed while it was read: 14 announced, 13 read" in told
        assert "counts 3 instances" in told

    def test_about_things_that_move_are_left_alone(self, tampering: Tampering) -> None:
        tampering.change(
            "/replications", lambda body: attached(body).update(attachment=[], status="detaching")
        )
        assert tampering.client.inventory().problems == ()

    def test_about_the_production_site_are_told(self, tampering: Tampering) -> None:
        tampering.change("/replications", lambda body: attached(body).update(priority_station="target"))
        tampering.change(
            "/protected-instances",
            lambda body: body["protected_instances"][-1].update(priority_station="target"),
        )
        told = tampering.client.inventory().problems
        assert any(each.startswith("Pair 'web-01-system' has its production at target") for each in told)
        assert any(each.startswith("Instance 'report-02' has its production at target") for each in told)

    def test_about_a_site_nobody_knows_are_left_to_the_rules(self, tampering: Tampering) -> None:
        tampering.change("/replications", lambda body: attached(body).update(priority_station="moon"))
        assert tampering.client.inventory().problems == ()

    def test_beyond_twenty_are_counted(self, tampering: Tampering) -> None:
        def all_free(body: Json) -> None:
            for each in body["replications"]:
                each["attachment"] = []

        tampering.change("/replications", all_free)
        told = tampering.client.inventory().problems
        assert len(told) == 21
        assert told[-1].startswith("And ")

    def test_are_not_looked_for_in_what_was_not_read(self, tampering: Tampering) -> None:
        assert tampering.client.inventory(kinds=("pairs",)).problems == ()
        assert tampering.client.inventory(kinds=("groups", "pairs")).problems == ()
        assert tampering.client.inventory(kinds=("instances", "pairs")).problems == ()
        assert tampering.reads == 5


class TestNeighbours:
    @pytest.mark.parametrize(("kind", "path"), [("servers", "cloudservers"), ("disks", "cloudvolumes")])
    def test_that_cannot_be_read_do_not_hide_the_groups(
        self, tampering: Tampering, kind: str, path: str
    ) -> None:
        tampering.change(path, fail(UnavailableError(503, "", "dark")))
        found = tampering.client.inventory(disks=True)
        assert len(found.pairs) == 44
        assert [each for each in found.problems if f"The {kind} could not be read" in each and "dark" in each]

    def test_that_cannot_be_read_are_an_error_when_they_alone_are_asked_for(
        self, tampering: Tampering
    ) -> None:
        tampering.change("cloudservers", fail(UnavailableError(503, "", "dark")))
        with pytest.raises(UnavailableError):
            tampering.client.servers()

    def test_that_refuse_the_sign_in_are_an_error(self, tampering: Tampering) -> None:
        tampering.change("cloudservers", fail(SignInError(401, "", "no")))
        with pytest.raises(SignInError):
            tampering.client.inventory()

    def test_are_an_error_for_the_service_itself(self, tampering: Tampering) -> None:
        tampering.change("/replications", fail(UnavailableError(503, "", "dark")))
        with pytest.raises(UnavailableError):
            tampering.client.inventory()


class TestBlockDevices:
    def test_of_both_servers_of_an_instance_are_read(self, client: Client) -> None:
        instance = client.instances()[0]
        found = client.inventory(instance.group_id, block_devices_of=[instance.id])
        assert {each.id for each in found.servers.values() if each.slots} == set(instance.server_ids)

    def test_are_read_of_the_instances_that_are_picked_from_the_reading(self, client: Client) -> None:
        found = client.inventory(block_devices_of=lambda so_far: list(so_far.instances)[:1])
        read = {each.id for each in found.servers.values() if each.slots}
        assert read == set(client.instances()[0].server_ids)

    def test_of_an_instance_that_is_not_there_are_none(self, client: Client) -> None:
        assert not [each for each in client.inventory(block_devices_of=["x"]).servers.values() if each.slots]

    def test_that_cannot_be_read_are_told(self, tampering: Tampering) -> None:
        tampering.change("block_device", fail(GoneError(404, "Ecs.0114", "gone")))
        instance = tampering.client.instances()[0]
        found = tampering.client.inventory(block_devices_of=[instance.id])
        assert [each for each in found.problems if "The disks of server" in each] != []

    def test_of_a_server_that_is_not_listed_are_told(self, tampering: Tampering) -> None:
        tampering.change("cloudservers/detail", lambda body: body.update(servers=[], count=0))
        instance = tampering.client.instances()[0]
        found = tampering.client.inventory(block_devices_of=[instance.id])
        assert sum("is not listed, so its disks are not known" in each for each in found.problems) == 2

    def test_that_refuse_the_sign_in_are_an_error(self, tampering: Tampering) -> None:
        tampering.change("block_device", fail(SignInError(401, "", "no")))
        instance = tampering.client.instances()[0]
        with pytest.raises(SignInError):
            tampering.client.inventory(block_devices_of=[instance.id])


class TestAReading:
    def test_holds_all_there_is(self, sandbox: Sandbox, client: Client) -> None:
        found = client.inventory(disks=True)
        world = sandbox.world
        assert set(found.groups) == set(world.groups)
        assert set(found.instances) == set(world.instances)
        assert set(found.pairs) == set(world.pairs)
        assert set(found.servers) == set(world.servers)
        assert set(found.disks) == set(world.disks)
        assert found.backend.practice

    def test_of_a_group_holds_its_members_and_all_groups(self, client: Client) -> None:
        group = client.groups()[1]
        found = client.inventory(group.id)
        assert {each.group_id for each in found.instances.values()} == {group.id}
        assert {each.group_id for each in found.pairs.values()} == {group.id}
        assert len(found.groups) == 5

    def test_of_several_groups_holds_the_members_of_each(self, client: Client) -> None:
        ids = [each.id for each in client.groups()[:2]]
        found = client.inventory(ids)
        assert {each.group_id for each in found.pairs.values()} == set(ids)
        assert found.problems == ()

    def test_bears_the_time_at_which_it_began(self, tampering: Tampering) -> None:
        began = tampering.clock.now()
        tampering.change("/server-groups", lambda _: tampering.clock.advance(60))
        assert tampering.client.inventory().read_at == began

    def test_that_had_to_be_repeated_bears_the_later_time(self, tampering: Tampering) -> None:
        began = tampering.clock.now()
        tampering.change("/server-groups", lambda _: tampering.clock.advance(60), times=1)
        tampering.change("/replications", lambda body: attached(body).update(attachment=[]), times=1)
        assert (tampering.client.inventory().read_at - began).total_seconds() == 60.0

    def test_says_what_it_has_of_the_whole_project(self, client: Client) -> None:
        group = client.groups()[0]
        assert client.inventory().whole == {"servers", "drills"}
        assert client.inventory(group.id, disks=True, quotas=True).whole == {"servers", "disks", "quotas"}
        assert "drills" in client.inventory(group.id, every_drill=True).whole
        assert client.inventory(kinds=("groups",)).whole == frozenset()

    def test_has_the_drills_of_all_groups_where_they_are_wanted(
        self, client: Client, sandbox: Sandbox
    ) -> None:
        here, there, *_ = client.groups()
        client.submit(Change.of(Operation.CREATE_DRILL, there.id, name="q3", drill_vpc_id=""))
        assert client.inventory(here.id).drills == {}
        assert [each.name for each in client.inventory(here.id, every_drill=True).drills.values()] == ["q3"]
        assert len(client.inventory([here.id, there.id], every_drill=True).drills) == 1

    def test_is_not_whole_where_a_row_was_left_out(self, tampering: Tampering) -> None:
        tampering.change("/cloudservers/detail", lambda body: body["servers"][0].pop("id"))
        assert tampering.client.inventory().whole == {"drills"}

    def test_tells_what_is_beside_the_things(self, client: Client) -> None:
        found = client.inventory(beside=True)
        assert {each.name for each in found.domains.values()} == {"practice-domain", "practice-domain-far"}
        assert len(found.rpo) == 24
        assert {"failed_tasks", "domains", "rpo", "undrilled"} <= found.whole
        assert found.undrilled == frozenset()

    def test_of_one_group_asks_for_its_failed_tasks_and_those_of_groups(self, tampering: Tampering) -> None:
        (group, *_) = tampering.client.groups()
        task = {"job_id": "j", "failure_status": "attachFail", "resource_name": "data\x1b", "begin_time": ""}
        tampering.change(
            "/task-center/failure-jobs", lambda body: body.update(failure_jobs=[task, {}], count=2)
        )
        found = tampering.client.inventory(group.id, beside=True)
        assert [(each.resource_name, each.group_id) for each in found.failed_tasks.values()] == [
            ("data", group.id)
        ]
        assert "failed_tasks" not in found.whole
        assert any("One of the failed tasks is left out" in each for each in found.problems)

    def test_without_what_is_beside_says_so(self, tampering: Tampering) -> None:
        down = fail(UnavailableError(503, "", "Down."))
        for path in ("/task-center/failure-jobs", "/active-domains", "/resource/rpo-statistics"):
            tampering.change(path, down)
        found = tampering.client.inventory(beside=True)
        assert found.whole.isdisjoint({"failed_tasks", "domains", "rpo"})
        assert len([each for each in found.problems if "could not be read" in each]) >= 3

    def test_of_what_is_beside_ends_where_the_sign_in_does(self, tampering: Tampering) -> None:
        tampering.change("/active-domains", fail(SignInError(401, "", "Out.")))
        with pytest.raises(SignInError):
            tampering.client.inventory(beside=True)

    def test_leaves_out_an_rpo_statistic_without_a_time(self, tampering: Tampering) -> None:
        tampering.change(
            "/resource/rpo-statistics",
            lambda body: body.update(
                resource_rpo_statistics=[{"id": "x", "resource_num": 1, "point_time": ""}], count=1
            ),
        )
        found = tampering.client.inventory(beside=True)
        assert (found.rpo, "rpo" in found.whole) == ((), False)

    def test_without_quotas_says_so(self, tampering: Tampering) -> None:
        tampering.change("/sdrs/quotas", lambda body: body.clear())
        found = tampering.client.inventory(quotas=True)
        assert (found.quotas, "quotas" in found.whole) == ({}, True)
        tampering.change("/sdrs/quotas", fail(UnavailableError(503, "", "Down.")))
        found = tampering.client.inventory(quotas=True)
        assert "quotas" not in found.whole
        assert found.problems[0].startswith("The quotas could not be read: ")
        tampering.rules = [("/sdrs/quotas", 1, fail(SignInError(401, "", "Who?")))]
        with pytest.raises(SignInError):
            tampering.client.inventory(quotas=True)

    def test_asks_for_nothing_that_was_not_asked_for(self, tampering: Tampering) -> None:
        tampering.client.inventory(kinds=("pairs", "disks"), disks=True)
        assert tampering.reads == 2

    def test_of_a_kind_is_repeated_once_when_its_pages_moved(self, tampering: Tampering) -> None:
        tampering.change("/replications", lambda body: body.update(count=45), times=1)
        assert len(tampering.client.pairs()) == 44
        assert tampering.reads == 3  # the first page, the one that it promised, and the first page again

    def test_of_a_short_page_goes_on_behind_it(self, tampering: Tampering) -> None:
        tampering.change("/replications", lambda body: body["replications"].pop(), times=1)
        assert len(tampering.client.pairs()) == 44
        assert tampering.reads == 2

    def test_keeps_statuses_nobody_knows(self, tampering: Tampering) -> None:
        tampering.change("/server-groups", lambda body: body["server_groups"][0].update(status="hovering"))
        found: Inventory = tampering.client.inventory()
        assert next(iter(found.groups.values())).status.phase is Phase.UNKNOWN


def test_drills_of_several_groups_are_read_at_once_and_sorted_out_here(tampering: Tampering) -> None:
    def two_drills(body: Json) -> None:
        usual = {
            "name": "d",
            "status": "available",
            "drill_vpc_id": "",
            "drill_servers": [],
            "created_at": "",
            "updated_at": "",
        }
        body["disaster_recovery_drills"] = [{"id": each, "server_group_id": each, **usual} for each in "abc"]
        body["count"] = 3

    tampering.change(DRILLS.path, two_drills)
    assert [each.id for each in tampering.client.drills(["a", "c"])] == ["a", "c"]


MANDATORY = {"id", "status", "server_group_id"}
STRANGE = st.none() | st.integers() | st.text(max_size=9) | st.lists(st.integers(), max_size=2)
LISTINGS = st.sampled_from(["server_groups", "protected_instances", "replications"])
DAMAGES = st.lists(st.tuples(LISTINGS, st.integers(0, 99), st.integers(0, 99), STRANGE), max_size=20)


class TestRealAnswers:
    """What real services tell less, or otherwise, than the tables of the reference."""

    def test_may_leave_out_what_the_reference_prints_only_for_failures(self, tampering: Tampering) -> None:
        def as_printed(body: Json) -> None:
            for pair in body["replications"]:
                del pair["failure_detail"]
                pair["replication_model"] = "hypermetro"

        tampering.change("/replications", as_printed)
        found = tampering.client.inventory()
        assert (len(found.pairs), found.problems) == (44, ())

    def test_name_the_key_that_is_not_known_and_some_of_the_things(self, tampering: Tampering) -> None:
        def less(body: Json) -> None:
            for pair in body["replications"][:7]:
                del pair["fault_level"]
            body["replications"][0]["record_metadata"]["volume_size"] = "much"

        tampering.change("/replications", less)
        found = tampering.client.inventory()
        first, size = sorted(found.problems)
        assert re.fullmatch(r"'fault_level' is not known of the pairs (\S+, ){5}and 2 more: .*", first)
        assert size.startswith("'record_metadata.volume_size' is not known of the pairs ")
        assert len(found.pairs) == 44

    @pytest.mark.parametrize(
        "strange", [5, None, [], {"id": ["x"]}, {"id": "p"}, {"id": "p", "status": "error"}]
    )
    def test_with_a_row_that_cannot_be_told_apart_do_not_hide_the_others(
        self, tampering: Tampering, strange: Json
    ) -> None:
        def insert(body: Json) -> None:
            body["replications"].insert(3, strange)
            body["count"] += 1

        tampering.change("/replications", insert)
        found = tampering.client.inventory()
        [problem] = [each for each in found.problems if "left out" in each]
        assert problem.startswith("One of the pairs is left out: ")
        assert len(found.pairs) == 44

    def test_with_such_a_row_are_no_list_for_who_watches(self, tampering: Tampering) -> None:
        """A pair that is only unreadable must not pass for one that is gone."""
        tampering.change("/replications", lambda body: body["replications"][0].pop("status"))
        with pytest.raises(
            WireError, match=r"One of the pairs is left out: .* lacks the documented key 'status'"
        ):
            tampering.client.pairs()

    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(damages=DAMAGES)
    def test_are_tables_of_all_their_rows_whatever_the_other_keys_hold(
        self, tampering: Tampering, damages: list[tuple[str, int, int, Json]]
    ) -> None:
        def damage(body: Json) -> None:
            for listing, row, key, value in damages:
                if rows := body.get(listing):
                    names = sorted(rows[row % len(rows)].keys() - MANDATORY)
                    rows[row % len(rows)][names[key % len(names)]] = value

        tampering.rules = [("", 99, damage)]
        found = tampering.client.inventory(kinds=KINDS)
        assert (len(found.groups), len(found.instances), len(found.pairs)) == (5, 14, 44)
        shown = [tables.groups(found), tables.instances(found), tables.pairs(found)]
        assert [len(table) for table in shown] == [5, 14, 44]
