"""Named worlds with a story, for rehearsals, and what a good operator has at the end of each."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from drkit.sandbox import syncing, troubles
from drkit.sandbox.building import DAY, EPOCH, Builder
from drkit.sandbox.things import Group, Instance
from drkit.sandbox.world import World


@dataclass(frozen=True)
class Scenario:
    """A rehearsal: its story, and its good end as a sentence and as a function that can tell."""

    name: str
    title: str
    story: str
    good_end: str
    reached: Callable[[World], bool]
    _lay_out: Callable[[Builder], None]

    def build(self, seed: int = 0, start: float = EPOCH) -> World:
        """The world at the beginning of the story."""
        builder = Builder(self.name, seed, start)
        self._lay_out(builder)
        return builder.world


def _tier(build: Builder, tier: str, count: int, size: int, status: str = "protected") -> list[Instance]:
    group = build.group(f"shop-{tier}", status, f"The {tier} servers of the shop")
    made = [build.instance(group, f"{tier}-0{number + 1}") for number in range(count)]
    for instance in made:
        build.pair(group, f"{instance.name}-data", size, on=[instance], letter="b")
    return made


def _three_tiers(build: Builder) -> None:
    _tier(build, "web", 3, 60)
    _tier(build, "app", 2, 120)
    _tier(build, "db", 2, 500)


def _one(world: World, name: str) -> Group | None:
    return next((group for group in world.groups.values() if group.name == name), None)


def _sound(world: World, groups: Iterable[Group | None], *, at: str = "") -> bool:
    """Protected, synchronised, without trouble, production running; at that site if one is said."""
    for group in groups:
        if group is None or group.status != "protected" or at not in ("", group.priority):
            return False
        instances = [world.instances[id_] for id_ in group.instances]
        pairs = syncing.pairs_of(world, group)
        statuses = {instance.status for instance in instances} | {pair.status for pair in pairs}
        if statuses - {"protected"} or not _running(world, instances):
            return False
        if any(syncing.status(world, pair) != "active" for pair in pairs):
            return False
    return True


def _running(world: World, instances: list[Instance]) -> bool:
    servers = [world.servers.get(world.production_server(it)) for it in instances]
    return all(server is not None and server.status == "ACTIVE" for server in servers)


def _serves(world: World, name: str) -> bool:
    """The group's servers run at the target site, whether protection is on again or not yet."""
    group = _one(world, name)
    if group is None or group.priority != "target" or group.status not in ("failed-over", "protected"):
        return False
    return _running(world, [world.instances[id_] for id_ in group.instances])


def _dark(build: Builder) -> None:
    for instance in _tier(build, "app", 3, 100):
        build.world.servers[instance.source_server].status = "SHUTOFF"
    during = "reverseProtectionGroupNoCG"
    troubles.plant(build.world, "zone-dark", {"group": "shop-app", "during": during, "after": 20})


def _stuck(build: Builder) -> None:
    _tier(build, "db", 2, 200)
    troubles.plant(build.world, "sync-stuck", {"pair": "db-02-data", "at": 37})
    stuck = next(pair for pair in build.world.pairs.values() if pair.stuck_at is not None)
    stuck.sync_from, stuck.sync_until, stuck.behind = (
        at - DAY for at in (stuck.sync_from, stuck.sync_until, build.world.now)
    )


def _deleted(build: Builder) -> None:
    _tier(build, "app", 3, 80)
    troubles.plant(build.world, "server-deleted", {"server": "app-02"})


def _full(build: Builder) -> None:
    _tier(build, "app", 2, 80)
    group = next(iter(build.world.groups.values()))
    for number in range(1, 5):
        build.pair(group, f"old-test-0{number}", 20)
    server = build.server("search-01", group.source_zone)
    build.disk("search-01-system", group.source_zone, 40, on=server, letter="a", bootable=True)
    build.disk("search-01-data", group.source_zone, 120, on=server, letter="b")
    build.world.quotas |= {
        "server_groups": 1,
        "replications": len(group.pairs),
        "disaster_recovery_drills": 0,
    }


def _protects_search(world: World) -> bool:
    group = _one(world, "shop-app")
    servers = [world.servers.get(it.source_server) for it in world.instances.values()]
    names = {server.name for server in servers if server is not None}
    return _sound(world, [group]) and "search-01" in names


def _link(build: Builder) -> None:
    _tier(build, "db", 2, 100)
    troubles.plant(build.world, "link-broken", {"group": "shop-db", "lasts": 1800})


def _back(build: Builder) -> None:
    for instance in _tier(build, "app", 2, 60, "failed-over"):
        build.world.servers[instance.source_server].fenced = "shop-app was failed over"


def _halfway(build: Builder) -> None:
    for number, instance in enumerate(_tier(build, "report", 2, 70, "error-reversing")):
        build.world.servers[instance.source_server].status = "ACTIVE" if number else "SHUTOFF"


def _new_disks(build: Builder) -> None:
    instances = _tier(build, "app", 2, 60)
    group = build.world.groups[instances[0].group_id]
    for name, size in (("app-01-archive", 200), ("app-01-cache", 40), ("app-02-archive", 200)):
        build.pair(group, name, size)
    server = build.world.servers[instances[0].source_server]
    build.disk("app-01-scratch", server.zone, 50, on=server, letter="c")


def _unprotected(build: Builder) -> None:
    zone = build.world.zones[0]
    for tier, count, size in (("web", 5, 40), ("app", 4, 80), ("db", 3, 200)):
        for number in range(1, count + 1):
            server = build.server(f"{tier}-0{number}", zone)
            server.tags = {"tier": tier}
            build.disk(f"{server.name}-system", zone, 40, on=server, letter="a", bootable=True)
            build.disk(f"{server.name}-data", zone, size, on=server, letter="b")
    cluster = build.server("cluster-01", zone)
    build.disk("cluster-01-system", zone, 40, on=cluster, letter="a", bootable=True)
    build.disk("cluster-quorum", zone, 10, on=cluster, letter="b", shared=True)
    vault = build.server("vault-01", zone)
    build.disk("vault-01-system", zone, 40, on=vault, letter="a", bootable=True, encrypted=True)


def _all_protected(world: World) -> bool:
    sources = {world.servers[it.source_server].name for it in world.instances.values()}
    wanted = {server.name for server in world.servers.values() if server.tags.get("tier")}
    return wanted <= sources and _sound(world, world.groups.values())


def _all_attached(world: World) -> bool:
    return _sound(world, [_one(world, "shop-app")]) and all(pair.devices for pair in world.pairs.values())


_ALL: Final = (
    Scenario(
        "healthy-three-tier",
        "A healthy shop in three tiers",
        "Web, application and database servers are protected and synchronised. The source zone is due for "
        "maintenance: bring the shop to the other site, tier by tier, without losing a byte.",
        "All three groups are protected and synchronised at the target site, and their servers run.",
        lambda world: _sound(world, (_one(world, f"shop-{it}") for it in ("web", "app", "db")), at="target"),
        _three_tiers,
    ),
    Scenario(
        "zone-goes-dark",
        "The zone that goes dark in the middle of a planned failover",
        "The servers of shop-app are stopped and the planned failover is about to begin. Twenty seconds into "
        "it the source zone goes dark, and the planned failover will fail.",
        "shop-app was failed over and its servers run at the target site.",
        lambda world: _serves(world, "shop-app"),
        _dark,
    ),
    Scenario(
        "stuck-pair",
        "The pair that will not synchronise",
        "db-02-data has stood at 37 % since yesterday. Everything else is in order.",
        "shop-db is protected with every pair synchronised: a new pair took the place of the stuck one.",
        lambda world: _sound(world, [_one(world, "shop-db")]) and "db-02" in _with_two_disks(world),
        _stuck,
    ),
    Scenario(
        "server-deleted",
        "The server that was deleted behind our back",
        "Somebody tidied up and deleted the server app-02. Its protected instance is invalid now.",
        "No instance is invalid, no pair is left over without an instance, and shop-app is protected.",
        _all_attached,
        _deleted,
    ),
    Scenario(
        "quotas-exhausted",
        "No quota left",
        "search-01 is to be protected in shop-app, but the project's quota of pairs is used up, in part by "
        "pairs of old tests. DR drills it may have none.",
        "search-01 is protected in shop-app, and everything in the group is synchronised.",
        _protects_search,
        _full,
    ),
    Scenario(
        "link-broken",
        "The replication link is down",
        "The link between the zones broke a moment ago; production runs on. The provider works on it and "
        "expects half an hour.",
        "shop-db is protected and synchronised at the source site: nobody failed over, everybody waited.",
        lambda world: _sound(world, [_one(world, "shop-db")], at="source"),
        _link,
    ),
    Scenario(
        "the-way-back",
        "The way back after a failover",
        "shop-app was failed over last night and runs at the target site without protection. The source zone "
        "is back since this morning.",
        "shop-app is protected and synchronised with production at the source site again, servers running.",
        lambda world: _sound(world, [_one(world, "shop-app")], at="source"),
        _back,
    ),
    Scenario(
        "half-way",
        "A planned failover that failed",
        "The planned failover of shop-report failed because somebody started report-02 while it ran.",
        "shop-report runs at the target site, by a planned failover that was repeated or by a failover.",
        lambda world: _serves(world, "shop-report"),
        _halfway,
    ),
    Scenario(
        "new-disks",
        "Three new disks for the application servers",
        "Three pairs wait to be attached to app-01 and app-02. On app-01 a scratch disk that SDRS does not "
        "know has letter c already.",
        "Every pair of shop-app is attached, and the group is protected and synchronised.",
        _all_attached,
        _new_disks,
    ),
    Scenario(
        "twelve-servers",
        "Twelve servers without protection",
        "The shop moved in last week: five web, four application and three database servers, tagged by tier, "
        "and nothing of it is protected. A cluster with a shared disk and a vault with an encrypted one are "
        "none of your business.",
        "All twelve servers are protected and synchronised, in one group or in one for each tier.",
        _all_protected,
        _unprotected,
    ),
)


def _with_two_disks(world: World) -> set[str]:
    return {instance.name for instance in world.instances.values() if len(instance.devices) == 2}


SCENARIOS: Final = {scenario.name: scenario for scenario in _ALL}
"""Every scenario by its name."""
