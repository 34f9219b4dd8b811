"""A kept reading of a real project as a practice world: the same groups, ids, names, devices and sizes.

Here: the project and its groups, and the mark that says what it is a copy of. `forked_members` has servers,
disks, instances, pairs and what is attached; `forked_motion` what was moving; `kept` reads the file.

What a reading does not tell is given a sound value, what cannot stand is left out, and each is noted.
"""

from datetime import UTC, datetime
from typing import Final

from drkit.sandbox import forked_members, forked_motion, groups, instances, pairs
from drkit.sandbox.building import account
from drkit.sandbox.kept import KeptReading, KeptRow, Notes
from drkit.sandbox.things import Drill, Failure, Group, Json, Vpc
from drkit.sandbox.world import World

NAME: Final = "copy"
_CIDR: Final = "192.168.0.0/16"
_STARTED: Final = ("protected", "stopping", "reversing", "failing-over")


def fork(content: bytes, start: float) -> World:
    """The world of a kept reading, from `start` on (seconds since the epoch), or from when it was read.

    Raises `ValueError` with a sentence where the content is no kept reading, or a damaged one.
    """
    kept, notes = KeptReading(content), Notes()
    seed = int(kept.digest[:8], 16)  # so that no new id is one of the reading's
    world = World(seed, NAME, max(start, kept.read_at), start)
    world.account = account(world)
    world.facts = {"domains": {}, "flavors": {}, "used": {}, "rpo": {}}
    _Forking(world, kept, notes).fork()
    world.facts["copy_of"] = _mark(kept, notes)
    return world


def title(mark: Json) -> str:
    """What a copy is called: of which project, read when."""
    return f"Copy of {mark['name']}, read at {mark['read_at'][:19].replace('T', ' ')} UTC"


def _mark(kept: KeptReading, notes: Notes) -> Json:
    of = {key: kept.of.text(key) for key in ("cloud", "region", "project", "project_id")}
    practice = kept.of.flag("practice")
    name = " ".join(
        filter(None, ("PRACTICE" if practice else of["cloud"], of["project"] or of["project_id"]))
    )
    read_at = datetime.fromtimestamp(kept.read_at, UTC).isoformat()
    return {**of, "name": name, "read_at": read_at, "reading": kept.digest, "notes": notes.lines()}


class _Forking:
    """One copy in the making."""

    def __init__(self, world: World, kept: KeptReading, notes: Notes) -> None:
        self.world, self.kept, self.notes = world, kept, notes

    def fork(self) -> None:
        self._domains()
        read = set(self.kept.top.texts("of_groups"))  # none: all of them
        for row in self.kept.all("groups").values():
            if read and row.id not in read:
                self.notes.say("Left out, for what is in the group was not read", row.name)
            else:
                self._group(row)
        self._networks()
        forked_members.fill(self.world, self.kept, self.notes)
        for row in self.kept.all("drills").values():
            self._drill(row)
        self._zones()
        self._quotas()
        self._beside()
        forked_motion.set_going(self.world, self.kept, self.notes)
        self._compare()

    def _domains(self) -> None:
        for row in self.kept.all("domains").values():
            zones = [row.text("local_zone"), row.text("remote_zone")]
            more = {"description": row.text("description"), "sold_out": row.flag("sold_out")}
            self.world.facts["domains"][row.id] = {"name": row.name, "zones": zones, **more}

    def _group(self, row: KeptRow) -> None:
        status, priority = self._status("group", row), row.text("priority_station")
        if priority not in ("source", "target"):
            priority = "target" if status == "failed-over" else "source"
            self.notes.say(f"Where production is is not known, taken as {priority}", row.name)
        source, target = (row.text(f"{side}_zone") or self._zone(row, side) for side in ("source", "target"))
        vpc = row.text("source_vpc_id") or row.text("target_vpc_id") or self.world.new_id("vpc")
        if row.text("target_vpc_id") not in ("", vpc):
            self.notes.say("The networks of both sites differ; here both have the source's", row.name)
        group = Group(row.id, row.name, source, target, self._domain(row, [source, target]), vpc)
        group.description, group.status, group.priority = row.text("description"), status, priority
        started = status.removeprefix("error-") in _STARTED
        group.protected_status = "started" if started else "stopped"
        group.created, group.updated = self._times(row)
        group.last_drill = group.created
        self.world.groups[group.id] = group

    def _zone(self, row: KeptRow, side: str) -> str:
        """The zone of a site that the group does not tell: that of a server or disk that stands there."""
        for members, things, end in (
            ("instances", "servers", f"{side}_server_id"), ("pairs", "disks", f"{side}_disk_id"),
        ):  # fmt: skip
            for member in self.kept.all(members).values():
                stands = self.kept.all(things).get(member.text(end))
                if member.text("group_id") == row.id and stands and stands.text("zone"):
                    return stands.text("zone")
        self.notes.say(f"The zone of the {side} site is not known, taken as zone-{side}", row.name)
        return f"zone-{side}"

    def _domain(self, row: KeptRow, zones: list[str]) -> str:
        domains = self.world.facts["domains"]
        given = row.text("domain_id")
        id_ = given or next((key for key, it in domains.items() if {*it["zones"]} == {*zones}), "")
        id_ = id_ or self.world.new_id("domain")
        domains.setdefault(id_, {"name": row.text("domain_name") or "practice-domain", "zones": zones})
        return id_

    def _networks(self) -> None:
        """A reading tells the networks' ids only. One more is there to rehearse in."""
        ids = [group.vpc_id for group in self.world.groups.values()]
        ids += [row.text("vpc_id") for row in self.kept.all("servers").values()]
        ids += [row.text("drill_vpc_id") for row in self.kept.all("drills").values()]
        for id_ in dict.fromkeys(filter(None, ids)):
            self._network(id_, f"vpc-{id_[:8]}")
        if not ids:
            self._network(self.world.new_id("vpc"), "vpc-production")
        self._network(self.world.new_id("vpc"), "vpc-drill")

    def _network(self, id_: str, name: str) -> None:
        subnets = {self.world.new_id("subnet"): "192.168.0.0/24"}
        self.world.vpcs[id_] = Vpc(id_, name, _CIDR, subnets)

    def _drill(self, row: KeptRow) -> None:
        group = self.world.groups.get(row.text("group_id"))
        if group is None:
            self.notes.say("Drills are left out, for their group is not there", row.name)
            return
        vpc = row.text("drill_vpc_id") or next(reversed(self.world.vpcs))
        drill = Drill(row.id, row.name, group.id, vpc, self._status("drill", row))
        drill.servers = dict(row.text_pairs("servers"))
        drill.created, drill.updated = self._times(row)
        self.world.drills[drill.id] = drill
        group.drills.append(drill.id)
        group.test_vpc_id = vpc
        group.last_drill = max(group.last_drill, row.moment("created_at") or 0.0)

    def _status(self, kind: str, row: KeptRow) -> str:
        status = row.text("status")
        if forked_motion.known_status(kind, status):
            return status
        self.notes.say(
            f"The status {status or 'is empty'} of {kind}s is not known, taken as available", row.name
        )
        return "available"

    def _times(self, row: KeptRow) -> tuple[float, float]:
        created = row.moment("created_at") or self.kept.read_at
        return created, row.moment("updated_at") or created

    def _zones(self) -> None:
        """Every zone that something stands in, production's first."""
        used = [zone for it in self.world.groups.values() for zone in (it.production_zone, it.dr_zone)]
        used += [it.zone for it in self.world.servers.values()]
        used += [it.zone for it in self.world.disks.values()]
        used += [zone for domain in self.world.facts["domains"].values() for zone in domain["zones"]]
        self.world.zones = list(dict.fromkeys(filter(None, used))) or self.world.zones

    def _quotas(self) -> None:
        world = self.world
        told = {row.text("type"): row for row in self.kept.top.rows("quotas") if row.text("type")}
        for type_ in world.quotas.keys() - told.keys():
            world.quotas[type_] = max(world.quotas[type_], 2 * world.used(type_))
            self.notes.say(f"A quota is not known, taken as {world.quotas[type_]}", type_)
        world.quotas |= {type_: row.number("limit") for type_, row in told.items()}
        world.facts["used"] = {type_: row.number("used") for type_, row in told.items()}

    def _beside(self) -> None:
        """Failed tasks, and how many resources exceeded their recovery point until now."""
        for row in self.kept.all("failed_tasks").values():
            begin = row.moment("begin_at") or self.kept.read_at
            texts = {key: row.text(key) for key in _OF_A_FAILURE}
            reason = row.text("fail_reason")
            self.world.failures[row.id] = Failure(row.id, row.text("type"), begin, reason=reason, **texts)
        for row in self.kept.top.rows("rpo"):
            if (at := row.moment("at")) is not None:
                self.world.facts["rpo"][f"{int(at)}"] = row.number("exceeding")

    def _compare(self) -> None:
        """Note what the range works out by itself and the service told otherwise."""
        for kind, module in (("groups", groups), ("instances", instances), ("pairs", pairs)):
            for id_, thing in getattr(self.world, kind).items():
                row, shown = self.kept.all(kind)[id_], module.shown(self.world, thing)
                for wire, key in _WORKED_OUT.items():
                    here = shown.get(wire)
                    told: Json = row.number(key) if isinstance(here, int) else row.text(key)
                    if row.knows(wire) and (told or isinstance(here, int)) and told != here and wire in shown:
                        self.notes.say(
                            f"The {key} of some {kind} was told otherwise than it is here", thing.name
                        )


_OF_A_FAILURE: Final = (
    "failure_status", "resource_type", "resource_id", "resource_name", "error_code", "group_id",
)  # fmt: skip
_WORKED_OUT: Final = {
    "progress": "progress",
    "replication_status": "replication_status",
    "health_status": "health_status",
    "priority_station": "priority_station",
    "protected_instance_num": "instance_count",
    "replication_num": "pair_count",
    "disaster_recovery_drill_num": "drill_count",
}
"""What the range works out from other things: its key on the wire, and in a reading."""
