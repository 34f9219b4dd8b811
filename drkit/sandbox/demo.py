"""The worlds that come with the practice range: an interesting one, an empty one, and a large one."""

import string

from drkit.sandbox.building import EPOCH, Builder
from drkit.sandbox.world import World


def demo(seed: int = 0, start: float = EPOCH) -> World:
    """A web shop: five groups in five states, a dozen instances, about forty pairs, and a few traps."""
    build = Builder("demo", seed, start)
    _frontend(build)
    _backend(build)
    _database(build)
    _warehouse(build)
    _reporting(build)
    _spare(build)
    return build.world


def _frontend(build: Builder) -> None:
    """Protected. web-03 has a scratch disk at letter c that SDRS does not know."""
    group = build.group("shop-frontend", "protected", "Web servers of the shop")
    web = [build.instance(group, f"web-0{number}") for number in (1, 2, 3)]
    for instance in web:
        build.pair(group, f"{instance.name}-content", 60, on=[instance], letter="b", type_="SAS")
    server = build.world.servers[web[2].source_server]
    build.disk("web-03-scratch", server.zone, 100, on=server, letter="c")
    build.pair(group, "web-media-a", 200, type_="SAS")
    build.pair(group, "web-media-b", 200, type_="SAS")
    build.pair(group, "web-logs", 80, type_="SATA")


def _backend(build: Builder) -> None:
    """Available, KVM and Xen. etl-01 has one free device left; legacy-01 is frozen."""
    world, group = build.world, build.group("shop-backend", "available", "Application servers of the shop")
    app_1, app_2 = build.instance(group, "app-01"), build.instance(group, "app-02")
    batch = build.instance(group, "batch-01", hypervisor="xen")
    etl = build.instance(group, "etl-01")
    build.instance(group, "legacy-01", hypervisor="xen").frozen = True
    build.pair(group, "app-01-data", 120, on=[app_1], letter="b")
    build.pair(group, "app-02-data", 120, on=[app_2], letter="b")
    build.pair(group, "batch-01-spool", 50, on=[batch], letter="c").size_as_text = True
    build.pair(group, "etl-01-stage", 300, on=[etl], letter="b", type_="SAS")
    server = world.servers[etl.source_server]
    for letter in string.ascii_lowercase[2:23]:
        build.disk(f"etl-01-scratch-{letter}", server.zone, 20, on=server, letter=letter, type_="SATA")
    for number in (1, 2, 3, 4):
        build.pair(group, f"app-cache-0{number}", 40)
    build.pair(group, "app-shared-config", 20, shared=True)
    build.pair(group, "batch-archive", 500, type_="SATA").size_as_text = True


def _database(build: Builder) -> None:
    """Protected, with shared disks; the link of one free pair is broken."""
    group = build.group("shop-database", "protected", "Databases of the shop")
    databases = [build.instance(group, f"db-0{number}", size=60) for number in (1, 2)]
    for instance in databases:
        build.pair(group, f"{instance.name}-data", 500, on=[instance], letter="b")
        build.pair(group, f"{instance.name}-log", 100, on=[instance], letter="c")
    build.pair(group, "db-01-backup", 800, on=[databases[0]], letter="e", type_="SATA")
    build.pair(group, "db-cluster-data", 300, on=databases, letter="d", shared=True)
    build.pair(group, "db-cluster-quorum", 10, shared=True)
    build.pair(group, "db-restore-area", 400, type_="SAS")
    broken = build.pair(group, "db-audit", 150)
    broken.status, broken.fault_level, broken.replication = "fault", "5", "inactive"
    broken.failure, broken.behind = "The replication link is down.", build.world.now - 3600


def _warehouse(build: Builder) -> None:
    """Failed over: production runs in the target zone, nothing is synchronised."""
    group = build.group("shop-warehouse", "failed-over", "Stock and shipping, failed over last night")
    for name, size in (("stock-01", 150), ("ship-01", 90)):
        instance = build.instance(group, name)
        build.pair(group, f"{name}-data", size, on=[instance], letter="b")
        build.world.servers[instance.source_server].fenced = "failed over"
    build.pair(group, "stock-labels", 30)


def _reporting(build: Builder) -> None:
    """In trouble: a planned failover went wrong. All on Xen."""
    group = build.group("shop-reporting", "error-reversing", "Reports, after a planned failover that failed")
    for name in ("report-01", "report-02"):
        instance = build.instance(group, name, hypervisor="xen")
        build.pair(group, f"{name}-data", 70, on=[instance], letter="b", type_="SAS").size_as_text = True
        build.world.servers[instance.source_server].status = "SHUTOFF"


def _spare(build: Builder) -> None:
    """Servers and disks that are not protected yet."""
    zone = build.world.zones[0]
    for name, hypervisor in (("search-01", "kvm"), ("search-02", "kvm"), ("fax-01", "xen")):
        server = build.server(name, zone, hypervisor=hypervisor)
        build.disk(f"{name}-system", zone, 40, on=server, letter="a", bootable=True)
        build.disk(f"{name}-data", zone, 80, on=server, letter="b")
    for number in (1, 2, 3):
        build.disk(f"spare-{number}", zone, 10 * number)
    build.disk("spare-shared", zone, 10, shared=True)
    build.disk("spare-encrypted", zone, 10, encrypted=True)
    build.disk("spare-elsewhere", build.world.zones[1], 10)
    build.disk("spare-hana", zone, 10, type_="uh-l1")


def empty(seed: int = 0, start: float = EPOCH) -> World:
    """No group, no instance, no pair: servers and disks that wait to be protected."""
    build = Builder("empty", seed, start)
    _spare(build)
    return build.world


def large(
    seed: int = 0, start: float = EPOCH, *, groups: int = 20, instances: int = 1000, pairs: int = 10_000
) -> World:
    """So many groups, instances and pairs; every other pair is free, the groups take turns."""
    build = Builder("large", seed, start)
    rest = ("available", "protected")
    made = [build.group(f"group-{number:03}", rest[number % 2]) for number in range(groups)]
    owners = [
        build.instance(made[n % groups], f"server-{n:05}")
        for n in range(min(instances, pairs) if groups else 0)
    ]
    slots = [2] * len(owners)
    for number in range(len(owners), pairs if groups else 0):
        owner = number % len(owners) if owners and number % 2 else -1
        if owner < 0 or slots[owner] > 20:
            build.pair(made[number % groups], f"disk-{number:05}", 10 + number % 90)
            continue
        instance, letter = owners[owner], string.ascii_lowercase[slots[owner]]
        build.pair(
            build.world.groups[instance.group_id],
            f"disk-{number:05}",
            10 + number % 90,
            on=[instance],
            letter=letter,
        )
        slots[owner] += 1
    build.world.quotas |= {"server_groups": max(10, 2 * groups), "replications": max(100, 2 * pairs)}
    return build.world


WORLDS = {"demo": demo, "empty": empty, "large": large}
