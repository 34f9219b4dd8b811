"""Whatever is asked in whatever order: no answer is a 5xx that nobody planted, and the world stays sound."""

import json
import string
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from drkit.sandbox import Sandbox, saving
from drkit.sandbox.core import ROUTER
from tests.sandbox.practice import Practice

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
numbers = st.integers(0, 10**6)


class Operators(RuleBasedStateMachine):
    """Several careless operators at once."""

    def __init__(self) -> None:
        super().__init__()
        self.practice = Practice("demo")

    def pick(self, kind: str, number: int) -> str:
        ids = list(getattr(self.practice.sandbox.world, kind))
        return str(ids[number % len(ids)]) if ids else "nothing"

    def send(self, method: str, path: str, body: object = None, version: str = "v1") -> None:
        answer = self.practice.call(method, path, body, version=version)
        assert answer.status_code < 500, answer.text

    @rule(seconds=st.sampled_from([1, 5, 20, 60, 600, 7200]))
    def time_passes(self, seconds: int) -> None:
        self.practice.sandbox.step(seconds)

    @rule(at=numbers, pair=numbers, letter=st.sampled_from(string.ascii_lowercase), bus=st.sampled_from("sv"))
    def attach(self, at: int, pair: int, letter: str, bus: str) -> None:
        details = {"replication_id": self.pick("pairs", pair), "device": f"/dev/{bus}d{letter}"}
        path = f"protected-instances/{self.pick('instances', at)}/attachreplication"
        self.send("POST", path, {"replicationAttachment": details})

    @rule(pair=numbers, letter=st.sampled_from("bcdefgh"))
    def attach_where_it_fits(self, pair: int, letter: str) -> None:
        found = self.practice.sandbox.world.pairs.get(self.pick("pairs", pair))
        members = self.practice.sandbox.world.groups[found.group_id].instances if found else []
        if found and members:
            path = f"protected-instances/{members[pair % len(members)]}/attachreplication"
            details = {"replication_id": found.id, "device": f"/dev/vd{letter}"}
            self.send("POST", path, {"replicationAttachment": details})

    @rule(pair=numbers)
    def detach(self, pair: int) -> None:
        pair_id = self.pick("pairs", pair)
        found = self.practice.sandbox.world.pairs.get(pair_id)
        at = next(iter(found.devices), "nothing") if found else "nothing"
        self.send("DELETE", f"protected-instances/{at}/detachreplication/{pair_id}")

    @rule(group=numbers, action=st.sampled_from(["start", "stop", "failover"]))
    def act(self, group: int, action: str) -> None:
        self.send(
            "POST", f"server-groups/{self.pick('groups', group)}/action", {f"{action}-server-group": {}}
        )

    @rule(group=numbers, off=st.booleans())
    def planned_failover(self, group: int, off: bool) -> None:
        world, id_ = self.practice.sandbox.world, self.pick("groups", group)
        if id_ not in world.groups:
            return
        if off:
            members = [world.instances[it] for it in world.groups[id_].instances]
            servers = [{"id": world.production_server(it)} for it in members]
            self.send("POST", "cloudservers/action", {"os-stop": {"type": "HARD", "servers": servers}})
            self.practice.sandbox.step(60)
        station = "target" if world.groups[id_].priority == "source" else "source"
        self.send(
            "POST", f"server-groups/{id_}/action", {"reverse-server-group": {"priority_station": station}}
        )

    @rule(server=numbers, action=st.sampled_from(["os-start", "os-stop"]))
    def power(self, server: int, action: str) -> None:
        self.send(
            "POST", "cloudservers/action", {action: {"servers": [{"id": self.pick("servers", server)}]}}
        )

    @rule(server=numbers, disks=st.booleans())
    def delete_server(self, server: int, disks: bool) -> None:
        body = {"servers": [{"id": self.pick("servers", server)}], "delete_volume": disks}
        self.send("POST", "cloudservers/delete", body)

    @rule(disk=numbers)
    def delete_disk(self, disk: int) -> None:
        self.send("DELETE", f"cloudvolumes/{self.pick('disks', disk)}", version="v2")

    @rule(group=numbers, disk=numbers)
    def create_pair(self, group: int, disk: int) -> None:
        details = {"server_group_id": self.pick("groups", group), "volume_id": self.pick("disks", disk)}
        self.send("POST", "replications", {"replication": details | {"name": "new"}})

    @rule(group=numbers, server=numbers)
    def create_instance(self, group: int, server: int) -> None:
        details = {"server_group_id": self.pick("groups", group), "server_id": self.pick("servers", server)}
        self.send("POST", "protected-instances", {"protected_instance": details | {"name": "new"}})

    @rule(group=numbers)
    def create_instances_of_what_is_free(self, group: int) -> None:
        free = [it.id for it in self.practice.sandbox.world.servers.values() if it.name.startswith("search")]
        if free:
            details: Any = {"server_group_id": self.pick("groups", group), "name_prefix": "batch"}
            details["servers"] = [{"server_id": id_} for id_ in free]
            self.send("POST", "protected-instances/batch", {"protected_instances": details})

    @rule(number=numbers, server=st.booleans())
    def delete_instance(self, number: int, server: bool) -> None:
        path = f"protected-instances/{self.pick('instances', number)}"
        self.send("DELETE", path, {"delete_target_server": server})

    @rule(number=numbers, disk=st.booleans())
    def delete_pair(self, number: int, disk: bool) -> None:
        body = {"replication": {"delete_target_volume": disk}}
        self.send("DELETE", f"replications/{self.pick('pairs', number)}", body)

    @rule(number=numbers, size=st.integers(0, 2000))
    def expand(self, number: int, size: int) -> None:
        body = {"extend-replication": {"new_size": size}}
        self.send("POST", f"replications/{self.pick('pairs', number)}/action", body)

    @rule(number=numbers, flavor=st.sampled_from(["s3.large.2", "s3.xlarge.2"]))
    def resize(self, number: int, flavor: str) -> None:
        path = f"protected-instances/{self.pick('instances', number)}/resize"
        self.send("POST", path, {"resize": {"flavorRef": flavor}})

    @rule(number=numbers)
    def add_and_drop_a_card(self, number: int) -> None:
        path = f"protected-instances/{self.pick('instances', number)}/nic"
        vpc = next(iter(self.practice.sandbox.world.vpcs.values()))
        self.send("POST", path, {"subnet_id": next(iter(vpc.subnets))})
        server = self.practice.sandbox.world.servers.get(self.pick("servers", number))
        for nic in server.nics if server else []:
            self.send("POST", f"{path}/delete", {"nic_id": nic.id})

    @rule(group=numbers)
    def create_drill(self, group: int) -> None:
        details = {"server_group_id": self.pick("groups", group), "name": "drill"}
        self.send("POST", "disaster-recovery-drills", {"disaster_recovery_drill": details})

    @rule(number=numbers)
    def delete_drill(self, number: int) -> None:
        self.send("DELETE", f"disaster-recovery-drills/{self.pick('drills', number)}")

    @rule(number=numbers)
    def delete_group(self, number: int) -> None:
        self.send("DELETE", f"server-groups/{self.pick('groups', number)}")

    @rule(number=numbers)
    def create_group(self, number: int) -> None:
        world = self.practice.sandbox.world
        domain, details = next(iter(world.facts["domains"].items()))
        zones = details["zones"] if number % 2 else details["zones"][::-1]
        body = {
            "name": f"group-{number}",
            "source_availability_zone": zones[0],
            "target_availability_zone": zones[1],
            "domain_id": domain,
            "source_vpc_id": next(iter(world.vpcs)),
        }
        self.send("POST", "server-groups", {"server_group": body})

    @rule(
        name=st.sampled_from(["job-fails", "job-stuck", "zone-dark", "link-broken"]),
        lasts=st.sampled_from([5, 100]),
    )
    def trouble(self, name: str, lasts: int) -> None:
        where: dict[str, Any] = {} if name.startswith("job") else {"lasts": lasts}
        if name == "zone-dark":
            where["zone"] = "sandbox-1a" if lasts == 5 else "sandbox-1b"
        self.practice.sandbox.fault(name, **where)

    @rule(number=numbers, name=st.sampled_from(["sync-stuck", "server-deleted"]))
    def trouble_with_one(self, number: int, name: str) -> None:
        kind, plural = ("pair", "pairs") if name == "sync-stuck" else ("server", "servers")
        if (id_ := self.pick(plural, number)) != "nothing":
            self.practice.sandbox.fault(name, **{kind: id_})

    @rule()
    def relief(self) -> None:
        self.practice.sandbox.clear_faults()

    @rule()
    def saved_and_loaded(self) -> None:
        world = self.practice.sandbox.world
        again = saving.world_from(saving.text(world))
        assert again == saving.locked(world)
        again.account, again.tokens = world.account, world.tokens
        self.practice.sandbox.world = again

    @invariant()
    def the_world_is_sound(self) -> None:
        assert self.practice.sandbox.invariants() == []

    @invariant()
    def everything_can_be_read(self) -> None:
        for path in ("server-groups", "protected-instances", "replications", "disaster-recovery-drills"):
            self.practice.get(path)
        self.practice.get("cloudservers/detail")
        self.practice.get("cloudvolumes/detail", version="v2")

    def teardown(self) -> None:
        self.practice.sandbox.clear_faults()
        self.practice.sandbox.step(10**5)
        assert self.practice.sandbox.invariants() == []
        assert self.practice.sandbox.world.live == []


@pytest.mark.slow
def test_no_sequence_of_calls_makes_the_world_unsound() -> None:
    run_state_machine_as_test(
        Operators,
        settings=settings(
            max_examples=8,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=SLOW,
            derandomize=True,
        ),
    )


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just("a" * 100),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
KEYS = (
    "server_group", "protected_instance", "protected_instances", "replication", "replicationAttachment",
    "replication_id", "device", "resize", "flavorRef", "extend-replication", "new_size", "tags", "tag", "key",
    "disaster_recovery_drill", "drill_vpc_id", "value", "values", "action", "matches", "limit", "offset",
    "start-server-group", "reverse-server-group", "priority_station", "name", "description", "name_prefix",
    "server_group_id", "server_id", "volume_id", "servers", "os-start", "os-stop", "id", "subnet_id",
    "ip_address", "security_groups", "nic_id", "auth", "identity", "methods", "password", "user", "domain",
    "scope", "project", "token", "where", "seconds",
)  # fmt: skip
QUERY = (
    "limit", "offset", "name", "status", "query_type", "availability_zone", "server_group_id",
    "server_group_ids", "protected_instance_ids", "start_time", "end_time", "resource_type",
)  # fmt: skip
VALUES = ("1", "-1", "%5B%22a%22%5D", "%FF", "x", "1e9", "99999999999999999999")
IDS = ("%2F", "..", "%00", "%ff", "x" * 300, "%C3%A4", "batch", "tags")
plausible = st.recursive(
    anything,
    lambda inner: st.dictionaries(st.sampled_from(KEYS), inner, max_size=4) | st.lists(inner, max_size=2),
    max_leaves=10,
)


def some_path(draw: Any, practice: Practice, parts: list[str]) -> str:  # noqa: ANN401 (hypothesis's)
    world = practice.sandbox.world
    kinds: Any = {"group": world.groups, "pair": world.pairs, "instance": world.instances}
    kinds |= {"server": world.servers, "disk": world.disks, "drill": world.drills, "job": world.jobs}
    found = []
    for part in parts:
        known = list(kinds.get(part[1:-1], ()))
        if part == "{project}":
            found.append(practice.access["project_id"])
        elif part.startswith("{"):
            found.append(
                draw(st.sampled_from(known) if known and draw(st.booleans()) else st.sampled_from(IDS))
            )
        else:
            found.append(part)
    return "/" + "/".join(found)


@pytest.mark.slow
@settings(max_examples=200, deadline=None, suppress_health_check=SLOW, derandomize=True)
@given(data=st.data())
def test_no_input_to_any_route_is_answered_with_a_5xx(data: st.DataObject) -> None:
    practice, route = Practice("demo"), data.draw(st.sampled_from(ROUTER.routes))
    path = some_path(data.draw, practice, route.parts)
    raw = data.draw(st.binary(max_size=20) | plausible.map(lambda value: json.dumps(value).encode()))
    pairs = data.draw(st.lists(st.tuples(st.sampled_from(QUERY), st.sampled_from(VALUES)), max_size=2))
    query = "&".join(f"{key}={value}" for key, value in pairs)
    token = {"X-Auth-Token": practice.http.headers["X-Auth-Token"]}
    answer = practice.sandbox.handle(route.method, path, query, token, raw)
    assert 200 <= answer.status < 500, (route, raw, query, answer)
    if answer.body:
        json.loads(answer.body)
    assert practice.sandbox.invariants() == []


def test_two_sandboxes_that_are_asked_the_same_answer_the_same() -> None:
    def life(seed: int) -> list[str]:
        practice = Practice("demo", seed=seed)
        texts = [practice.call(*practice.attach("web-01", "web-media-a", "/dev/vdc")).text]
        practice.sandbox.step(100)
        return [*texts, practice.call("GET", "replications").text, practice.call("GET", "server-groups").text]

    assert life(3) == life(3)
    assert life(3) != life(4)


def test_a_world_can_be_saved_and_loaded_in_mid_flight(tmp_path: Any) -> None:  # noqa: ANN401 (pytest's)
    practice = Practice("zone-goes-dark")
    practice.call(*practice.act("shop-app", "reverse", priority_station="target"))
    practice.sandbox.save(tmp_path / "world.json")
    assert (tmp_path / "world.json").stat().st_mode & 0o777 == 0o600
    loaded = Sandbox.load(tmp_path / "world.json", now=lambda: 0.0)
    for sandbox in (practice.sandbox, loaded):
        sandbox.step(300)
    assert saving.locked(loaded.world) == saving.locked(practice.sandbox.world)
    assert next(iter(loaded.world.groups.values())).status == "error-reversing"
