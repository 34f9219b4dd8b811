"""Planting and clearing faults, and what those do that happen to the world itself."""

from collections.abc import Callable, Iterable, Iterator
from difflib import get_close_matches

from drkit.sandbox import cts, ecs, faults, jobs, lagging, routes, syncing
from drkit.sandbox.things import Fault, Group, Instance, Json, Pair, Server
from drkit.sandbox.world import World


def plant(world: World, name: str, where: dict[str, Json]) -> str:
    """Plant a fault and give its id. `ValueError` with a sentence for what is not understood."""
    faults.check(name, where)
    _check_names(world, where)
    if name == "list-lags" and not where.get("operation", "list_").startswith(("list_", "show_")):
        raise ValueError(f"list-lags is about readings, list_... or show_..., not {where['operation']}.")
    passing = faults.is_passing(name)
    times = where.get("times", 1) if "times" in faults.FAULTS[name].keys else None
    fault = Fault(world.new_id("fault"), name, dict(where), times)
    if not passing:
        _resolve(world, fault)
    world.faults[fault.id] = fault
    lagging.remember(world)
    if not passing and "during" not in where:
        if where.get("after", 0) > 0:
            world.later(where["after"], "strike", fault.id)
        else:
            strike(world, fault)
    return fault.id


def _check_names(world: World, where: dict[str, Json]) -> None:
    """Refuse what does not exist: a fault that waits for it would never strike."""
    for key, known in {"operation": routes.OPERATIONS, "job_type": jobs.KINDS, "during": jobs.KINDS}.items():
        if key in where and where[key] not in known:
            kind = "operation" if key == "operation" else "type of job"
            raise ValueError(f"There is no {kind} {where[key]!r}. {_meant(where[key], known)}")
    things: Json = {"group": world.groups, "instance": world.instances, "pair": world.pairs}
    for key, there in things.items():
        if key in where and not any(where[key] in (id_, thing.name) for id_, thing in there.items()):
            raise ValueError(f"There is no {key} {where[key]!r}.")


def _meant(given: str, known: Iterable[str]) -> str:
    close = get_close_matches(given, known)
    return f"Did you mean {' or '.join(close)}?" if close else f"There are: {', '.join(sorted(known))}."


def strike(world: World, fault: Fault) -> None:
    """A fault of the world happens now, and passes by itself if it lasts only so long."""
    fault.hits += 1
    BEGIN[fault.name](world, fault)
    if "lasts" in fault.where:
        world.later(fault.where["lasts"], "clear", fault.id)


def clear(world: World, fault_id: str | None = None) -> None:
    """Take back one fault, or all: zones light up, links mend, stuck jobs end."""
    for id_ in list(world.faults) if fault_id is None else [fault_id]:
        fault = world.faults.pop(id_, None)
        if fault is not None and fault.hits and fault.name in END:
            END[fault.name](world, fault)


def _resolve(world: World, fault: Fault) -> None:
    """Turn names into ids, and choose what was left open: the first group that is protected."""
    where = fault.where
    kinds: Json = {"group": world.groups, "pair": world.pairs, "server": world.servers}
    for key, things in kinds.items():
        if key in where:
            where[key] = _id(things, key, where[key])
    if fault.name in ("zone-dark", "link-broken") and not {"zone", "group", "pair"} & where.keys():
        where["group"] = next((it.id for it in world.groups.values() if it.protected_status == "started"), "")
    if fault.name == "zone-dark":
        where.setdefault("zone", world.groups[where["group"]].production_zone if where.get("group") else "")
        if where["zone"] not in world.zones:
            raise ValueError(f"There is no zone {where['zone']!r}. There are: {', '.join(world.zones)}.")
    needed = {"sync-stuck": "pair", "server-deleted": "server"}.get(fault.name)
    if needed and needed not in where:
        raise ValueError(f"{fault.name} needs to know which {needed}.")


def _id(things: dict[str, Json], kind: str, given: str) -> str:
    ids = [id_ for id_, thing in things.items() if given in (id_, thing.name)]
    if len(ids) != 1:
        raise ValueError(f"There is no {kind} {given!r}." if not ids else f"{given!r} names several {kind}s.")
    return str(ids[0])


def _expire(world: World, _fault: Fault) -> None:
    for token in world.tokens.values():
        token.expires = min(token.expires, world.wall)


def _darken(world: World, fault: Fault) -> None:
    zone = fault.where["zone"]
    world.dark.append(zone)
    for server in world.servers.values():
        if server.zone == zone and server.status != "UNKNOWN":
            server.before_dark, server.status = server.status, "UNKNOWN"
    for group in _protected(world):
        if zone in (group.source_zone, group.target_zone):
            production = zone == group.production_zone
            for pair in syncing.pairs_of(world, group):
                _fault(world, pair, "2" if production else "5", f"{zone} cannot be reached.")
            _disturb(world, group, f"{zone} cannot be reached")
            for id_ in group.instances if production else []:
                _set_resting(world, world.instances[id_], "fault")


def _protected(world: World) -> Iterator[Group]:
    return (group for group in world.groups.values() if group.protected_status == "started")


def _fault(world: World, pair: Pair, level: str, why: str) -> None:
    if pair.status == "invalid":
        return
    pair.fault_level, pair.failure = level, why
    syncing.stop(world, pair, "inactive")
    _set_resting(world, pair, "fault")


def _set_resting(world: World, thing: Pair | Instance, status: str) -> None:
    """Change the status of something at rest; what a job moves gets it when the job ends."""
    if thing.status in (*jobs.AT_REST, "fault"):
        thing.status, thing.updated = status, world.now


def _disturb(world: World, group: Group, why: str) -> None:
    """A switch that needs both sites will fail; only a failover can do without one."""
    for job in jobs.running(world):
        if job.work.get("group") == group.id and job.type in (
            "reverseProtectionGroupNoCG", "startProtectionGroupNoCG", "reprotectProtectionGroupNoCG",
        ):  # fmt: skip
            job.doom, job.fail_reason = jobs.KINDS[job.type].code, why


def _relight(world: World, fault: Fault) -> None:
    zone = fault.where["zone"]
    world.dark.remove(zone)
    if zone in world.dark:
        return
    for server in world.servers.values():
        if server.zone == zone and server.status == "UNKNOWN":
            server.status = "SHUTOFF" if server.fenced else server.before_dark
    for group in world.groups.values():
        if zone in (group.source_zone, group.target_zone):
            for pair in syncing.pairs_of(world, group):
                _mend(world, pair)
            for instance in [world.instances[id_] for id_ in group.instances]:
                if instance.status == "fault":
                    instance.status = jobs.rest(world, instance, "available")


def _mend(world: World, pair: Pair) -> None:
    if pair.fault_level == "0" or pair.status == "invalid":
        return
    pair.fault_level, pair.failure = "0", None
    if pair.status == "fault":
        pair.status = jobs.rest(world, pair, "available")
    if world.groups[pair.group_id].protected_status == "started":
        syncing.start(world, pair, pace=syncing.AGAIN)


def _about(world: World, fault: Fault) -> list[Pair]:
    if "pair" in fault.where:
        return [world.pairs[id_] for id_ in [fault.where["pair"]] if id_ in world.pairs]
    group = world.groups.get(fault.where["group"])
    return syncing.pairs_of(world, group) if group else []


def _break_link(world: World, fault: Fault) -> None:
    for pair in _about(world, fault):
        _fault(world, pair, "5", "The replication link is down.")
        _disturb(world, world.groups[pair.group_id], "the replication link is down")


def _mend_link(world: World, fault: Fault) -> None:
    for pair in _about(world, fault):
        _mend(world, pair)


def _stick(world: World, fault: Fault) -> None:
    for pair in _about(world, fault):
        pair.stuck_at = int(min(fault.where.get("at", 37), 99))
        if syncing.status(world, pair) in ("active", "copying"):
            syncing.start(world, pair)


def _unstick(world: World, fault: Fault) -> None:
    for pair in _about(world, fault):
        pair.stuck_at = None
        if pair.replication == "copying":
            syncing.start(world, pair, pace=syncing.AGAIN)


def _delete_server(world: World, fault: Fault) -> None:
    server: Server | None = world.servers.get(fault.where["server"])
    if server is not None:
        cts.note(world, "deleteServer", ("ECS", "ecs", "server"), server.id)
        ecs.delete(world, server)


def _release(world: World, fault: Fault) -> None:
    for job in jobs.running(world):
        if job.work.get("stuck") == fault.id:
            job.due = world.now
            world.later(0, "job", job.id)


FaultEffect = Callable[[World, Fault], None]
BEGIN: dict[str, FaultEffect] = {
    "token-expires": _expire,
    "zone-dark": _darken,
    "link-broken": _break_link,
    "sync-stuck": _stick,
    "server-deleted": _delete_server,
}
END: dict[str, FaultEffect] = {
    "zone-dark": _relight,
    "link-broken": _mend_link,
    "sync-stuck": _unstick,
    "job-stuck": _release,
}
