"""Which servers can be protected: one pass over all, held against the rules of creating an instance."""

import cProfile
from collections import Counter
from dataclasses import replace
from pathlib import Path

from drkit.clock import SteppedClock
from drkit.model import PLANNED, Change, Inventory, Operation, Server, ServerStatus
from drkit.rules import Candidate, Projection, Protectable, candidates, judge_in
from drkit.sandbox import Sandbox
from drkit.site import practise
from tests.closing import at_the_end
from tests.facts import reading

WORLDS = ("twelve-servers", "quotas-exhausted", "demo", "server-deleted")
OF_THE_GROUP = {"pair_quota_is_left"}


def whole(world: str, folder: Path) -> Inventory:
    clock = SteppedClock()
    sandbox = Sandbox(world, now=clock.monotonic, speed=1.0)
    site = at_the_end.enter_context(practise(sandbox, clock=clock, journal=folder / f"{world}.sqlite"))
    return site.client.inventory(disks=True, quotas=True, domains=True)


def objections(inventory: Inventory, server: Server) -> set[str]:
    """What the rules say against protecting this server in a new group of its own zone and network."""
    key = f"{PLANNED}new"
    (domain, *_) = inventory.domains.values()
    other = domain.remote_zone if server.zone == domain.local_zone else domain.local_zone
    group = Change.of(
        Operation.CREATE_GROUP, key, name="new", source_zone=server.zone, target_zone=other,
        domain_id=domain.id, vpc_id=server.vpc_id,
    )  # fmt: skip
    world = Projection.of(inventory).after(group)
    verdict = judge_in(Change.of(Operation.CREATE_INSTANCE, key, server_id=server.id, name="new"), world)
    return {each.rule for each in verdict.objections} - OF_THE_GROUP


def test_the_list_and_the_rules_agree_on_every_server(tmp_path: Path) -> None:
    asked = 0
    for world in WORLDS:
        inventory = whole(world, tmp_path)
        drilled = {key for drill in inventory.drills.values() for _, key in drill.servers}
        for each in candidates(inventory):
            if each.server.id in drilled:
                continue
            against = objections(inventory, each.server)
            assert (each.verdict is Protectable.YES) is not bool(against), (each.server.name, against)
            assert (each.verdict is Protectable.ALREADY) is ("servers_are_not_protected_yet" in against)
            asked += 1
    assert asked > 50


def named(found: Inventory, **changes: object) -> dict[str, Candidate]:
    return {each.server.name: each for each in candidates(replace(found, **changes))}  # type: ignore[arg-type]


def test_what_can_be_protected_comes_first_and_tells_what_comes_along(tmp_path: Path) -> None:
    found = whole("twelve-servers", tmp_path)
    listed = candidates(found)
    assert [each.verdict for each in listed] == [Protectable.YES] * 12 + [Protectable.NO] * 2
    assert [each.server.name for each in listed[:4]] == ["app-01", "app-02", "app-03", "app-04"]
    assert (listed[0].size_gb, len(listed[0].disks), listed[0].reasons) == (120, 2, ())
    reasons = {each.server.name: each.reasons for each in listed[12:]}
    assert reasons == {
        "cluster-01": ("disks that are shared, to be paired by themselves [SDRS.1806]: cluster-quorum",),
        "vault-01": ("disks that are encrypted [SDRS.1802]: vault-01-system",),
    }


def test_what_is_against_a_server_is_told_with_the_codes_of_the_service(tmp_path: Path) -> None:
    found = whole("twelve-servers", tmp_path)
    ids = {each.name: each.id for each in found.servers.values()}
    servers = dict(found.servers)
    web, app = servers[ids["web-01"]], servers[ids["app-01"]]
    servers[web.id] = replace(web, status=ServerStatus.ERROR, disks=())
    servers[app.id] = replace(app, zone="elsewhere")
    disks = {key: replace(each, disk_type="uh-l1") for key, each in found.disks.items()}
    slow = named(found, disks=disks)["app-02"].reasons
    assert slow == (
        "disks that are of a type that is not replicated [SDRS.1806]: "
        "app-02-system (uh-l1), app-02-data (uh-l1)",
    )
    told = named(found, servers=servers)
    assert told["web-01"].reasons == (
        "it is ERROR, and not ACTIVE or SHUTOFF [SDRS.1333]",
        "it has no system disk [SDRS.1339]",
    )
    assert told["app-01"].reasons == (
        "disks that are in another zone [SDRS.1810]: app-01-system, app-01-data",
    )


def test_a_servers_place_in_protection_is_named() -> None:
    drill = {"d": {"group": "erp", "servers": {"app": "app-drill"}}}
    found = reading({"groups": {"erp": {}}, "instances": {"app": {"group": "erp"}}, "drills": drill})
    told = named(found)
    assert told["app"].verdict is told["app-dr"].verdict is Protectable.ALREADY
    assert told["app-dr"].reasons == ("it is a server of app of erp",)
    assert "it is a server of the drill d, and goes with it" in told["app-drill"].reasons
    found = reading({"instances": {"app": {"group": "gone"}}})
    assert named(found)["app"].reasons == ("it is a server of app of a group that is not listed",)


def test_a_disk_in_a_pair_keeps_its_server_from_being_protected(tmp_path: Path) -> None:
    found = whole("quotas-exhausted", tmp_path)
    (spare,) = (each for each in candidates(found) if each.server.name == "search-01")
    pair = next(iter(found.pairs.values()))
    held = {pair.id: replace(pair, source_disk_id=spare.disks[1].id)}
    told = named(found, pairs=held)["search-01"]
    assert told.reasons == ("disks that are in a pair already [SDRS.1811]: search-01-data",)


def test_what_was_not_read_makes_no_yes(tmp_path: Path) -> None:
    found = whole("twelve-servers", tmp_path)
    web = next(each for each in found.servers.values() if each.name == "web-01")
    assert named(found, disks={})["web-01"].reasons == ("not all of its disks were read",)
    assert named(found, of_groups=frozenset({"g"}))["web-01"].reasons == (
        "the instances and pairs of other groups were not read",
    )
    typeless = {key: replace(each, disk_type="") for key, each in found.disks.items()}
    assert named(found, disks=typeless)["web-01"].reasons == ("the type of its disks is not told",)
    blank = replace(
        web, root_device="", vpc_id="", disks=tuple(replace(d, boot_index=None) for d in web.disks)
    )
    told = named(found, servers={web.id: blank})["web-01"]
    assert told.verdict is Protectable.UNKNOWN
    assert told.reasons == ("what it boots from is not told", "its network is not told")


def test_what_judging_a_server_takes_does_not_grow_with_their_number(tmp_path: Path) -> None:
    found = whole("twelve-servers", tmp_path)
    web = next(each for each in found.servers.values() if each.name == "web-01")
    made = Counter[int]()
    for size in (200, 2_000):
        servers = {f"s{n}": replace(web, id=f"s{n}", name=f"s{n}") for n in range(size)}
        world = replace(found, servers=servers)
        with cProfile.Profile() as profile:
            assert len(candidates(world)) == size
        made[size] = sum(each.callcount for each in profile.getstats())
    assert 0 < made[2_000] < 10.5 * made[200]
