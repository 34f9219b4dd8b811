"""Rows of large listings as they come, decoded and checked in one go, and the values that they become.

msgspec reads a page into the rows here in less time than others need for dicts, and what a row holds is what
the reference says. A row in which something is strange stays a dict for the careful reader, `from_wire`, that
says what is not known of it; what is merely missing is named here too. Both readers tell the same (a test).

A row has the names of its value, so that tables are made of rows and no value is made for them. Its times
stay texts: a column of them is read at once. Source: the list operations of the SDRS and ECS references.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Annotated, Any, Literal, TypeAlias

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.structs import astuple

from drkit.api.responses import read_json
from drkit.api.wire import Json
from drkit.model import (
    Attachment,
    BlockDevice,
    Deferred,
    InstanceStatus,
    PairStatus,
    ProtectedInstance,
    ReplicationPair,
    ReplicationStatus,
    Server,
    ServerStatus,
    Station,
    as_tags,
)

Word: TypeAlias = Annotated[str, Meta(min_length=1)]
Text: TypeAlias = str | UnsetType | None
Whole: TypeAlias = (
    Annotated[int, Meta(ge=1 - 10**18, le=10**18 - 1)] | Annotated[str, Meta(pattern=r"^-?[0-9]{1,18}\Z")]
)
Spelled: TypeAlias = Literal["true", "false", "True", "False"]

Share: TypeAlias = Callable[[str, str], str]
"""Given a text twice, the one that stands for all equal ones: thousands of rows name a hundred groups."""

_TIMES = re.compile(
    r"(?:(?!0000)[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?(?:\n|\Z))*"
)
"""How listings spell times: in UTC, which is not said."""

pair_status = lru_cache(256)(PairStatus.read)
instance_status = lru_cache(256)(InstanceStatus.read)
server_status = lru_cache(256)(ServerStatus.read)
station = lru_cache(256)(Station.read)
replication_status = lru_cache(256)(ReplicationStatus.read)


class ListedRow(Struct, kw_only=True, gc=False):
    """What all rows have; `id` is not empty."""

    id: Word

    @property
    def unknown(self) -> tuple[str, ...]:
        """The documented keys that are missing, in the order in which `from_wire` asks for them."""
        values = astuple(self)
        if UNSET not in values:
            return ()
        keys = self.__struct_encode_fields__
        return tuple(key for key, value in zip(keys, values, strict=True) if value is UNSET)

    def value(self, share: Share) -> Any:  # noqa: ANN401  # each row says which
        """The value of `drkit.model` that it becomes."""
        raise NotImplementedError


class Record(Struct, gc=False):
    """What a pair's `record_metadata` holds."""

    multiattach: bool | Spelled
    bootable: bool | Spelled
    volume_size: Whole
    volume_type: str | None


class OnInstance(Struct, gc=False, rename={"instance_id": "protected_instance"}):
    """An attachment, as a pair tells it."""

    instance_id: Word
    device: str


class OfPair(Struct, gc=False, rename={"pair_id": "replication"}):
    """An attachment, as an instance tells it."""

    pair_id: Word
    device: str


class PairRow(
    ListedRow,
    kw_only=True,
    gc=False,
    rename={
        "record": "record_metadata",
        "disks": "volume_ids",
        "named": "name",
        "about": "description",
        "state": "status",
        "held": "attachment",
        "done": "progress",
        "detail": "failure_detail",
        "faults": "fault_level",
        "group_id": "server_group_id",
        "stands": "priority_station",
        "synchronised": "replication_status",
        "created": "created_at",
        "updated": "updated_at",
    },
):
    """One `replication`."""

    record: Record | UnsetType = UNSET
    disks: Word | UnsetType = UNSET
    named: Word | UnsetType = UNSET
    about: Text = UNSET
    state: Word
    held: list[OnInstance] | UnsetType | None = UNSET
    done: Whole | UnsetType = UNSET
    detail: str | None = None
    faults: Word | int | UnsetType = UNSET
    group_id: Word
    stands: Word | UnsetType = UNSET
    synchronised: Text = UNSET
    created: Text = UNSET
    updated: Text = UNSET

    name = property(lambda self: self.named or self.id)
    description = property(lambda self: self.about or "")
    status = property(lambda self: pair_status(self.state))
    attachments = property(lambda self: self.held or ())
    progress = property(lambda self: int(self.done or 0))
    shared = property(lambda self: _true(self.record and self.record.multiattach))
    system_disk = property(lambda self: _true(self.record and self.record.bootable))
    size_gb = property(lambda self: int((self.record and self.record.volume_size) or 0))
    disk_type = property(lambda self: (self.record and self.record.volume_type) or "")
    failure_detail = property(lambda self: self.detail or "")
    fault_level = property(lambda self: "" if self.faults is UNSET else str(self.faults))
    priority_station = property(lambda self: station(self.stands or ""))
    replication_status = property(lambda self: replication_status(self.synchronised or ""))
    created_at = property(lambda self: self.created or None)
    updated_at = property(lambda self: self.updated or None)
    production_disk_id = property(lambda self: _at(self.stands, *_both(self.disks)))
    dr_disk_id = property(lambda self: _at(self.stands, *reversed(_both(self.disks))))

    def value(self, share: Share) -> ReplicationPair:
        """The pair."""
        source, target = _both(self.disks)
        key, group, record = self.id, self.group_id, self.record
        disk_type, faults = self.disk_type, self.fault_level
        return ReplicationPair(
            key,
            self.named or key,
            self.about or "",
            pair_status(self.state),
            source,
            target,
            tuple(
                [
                    Attachment(key, share(one.instance_id, one.instance_id), share(one.device, one.device))
                    for one in self.held or ()
                ]
            ),
            self.progress,
            self.failure_detail,
            self.shared,
            self.system_disk,
            int((record and record.volume_size) or 0),
            share(disk_type, disk_type),
            share(faults, faults),
            share(group, group),
            station(self.stands or ""),
            replication_status(self.synchronised or ""),
            _moment(self.created),
            _moment(self.updated),
            self.unknown,
        )


class Metadata(Struct, gc=False, rename={"frozen": "__system__frozen"}):
    """What an instance's `metadata` holds; a real truth value there is none by the reference."""

    frozen: Spelled | None = None


class Tag(Struct, gc=False):
    """A tag of an instance."""

    key: str
    value: str


class InstanceRow(
    ListedRow,
    kw_only=True,
    gc=False,
    rename={
        "named": "name",
        "about": "description",
        "state": "status",
        "source": "source_server",
        "target": "target_server",
        "group_id": "server_group_id",
        "held": "attachment",
        "labels": "tags",
        "done": "progress",
        "stands": "priority_station",
        "created": "created_at",
        "updated": "updated_at",
    },
):
    """One `protected_instance`."""

    metadata: Metadata | UnsetType | None = UNSET
    named: Word | UnsetType = UNSET
    about: Text = UNSET
    state: Word
    source: Text = UNSET
    target: Text = UNSET
    group_id: Word
    held: list[OfPair] | UnsetType | None = UNSET
    labels: list[Tag] | UnsetType | None = UNSET
    done: Whole | UnsetType = UNSET
    stands: Word | UnsetType = UNSET
    created: Text = UNSET
    updated: Text = UNSET

    name = property(lambda self: self.named or self.id)
    description = property(lambda self: self.about or "")
    status = property(lambda self: instance_status(self.state))
    frozen = property(lambda self: _true(self.metadata and self.metadata.frozen))
    attachments = property(lambda self: self.held or ())
    progress = property(lambda self: int(self.done or 0))
    priority_station = property(lambda self: station(self.stands or ""))
    created_at = property(lambda self: self.created or None)
    updated_at = property(lambda self: self.updated or None)

    def value(self, share: Share) -> ProtectedInstance:
        """The instance."""
        key, group = self.id, self.group_id
        return ProtectedInstance(
            key,
            self.name,
            self.description,
            self.status,
            self.source or "",
            self.target or "",
            share(group, group),
            self.frozen,
            tuple(
                [
                    Attachment(share(one.pair_id, one.pair_id), key, share(one.device, one.device))
                    for one in self.attachments
                ]
            ),
            tuple([(one.key, one.value) for one in self.labels or ()]),
            self.progress,
            self.priority_station,
            _moment(self.created),
            _moment(self.updated),
            self.unknown,
        )


class Address(Struct, gc=False):
    """What a server's `metadata` holds."""

    vpc_id: str | None = None


class Flavor(Struct, gc=False):
    """What a server's `flavor` holds."""

    id: str | None = None
    vcpus: Whole | None = None
    ram: Whole | None = None


class Port(
    Struct, gc=False, rename={"address": "addr", "kind": "OS-EXT-IPS:type", "port": "OS-EXT-IPS:port_id"}
):
    """An address of a server."""

    address: Word
    kind: str | None = None
    port: str | None = None


class SecurityGroup(Struct, gc=False):
    """A security group of a server."""

    id: str | None = None
    name: str | None = None


class Attached(Struct, gc=False, rename={"boot_index": "bootIndex"}):
    """A disk of a server, as the server tells it."""

    id: Word
    device: str | None = None
    boot_index: Whole | None = None


class ServerRow(
    ListedRow,
    kw_only=True,
    gc=False,
    rename={
        "named": "name",
        "state": "status",
        "az": "OS-EXT-AZ:availability_zone",
        "root": "OS-EXT-SRV-ATTR:root_device_name",
        "task": "OS-EXT-STS:task_state",
        "held": "os-extended-volumes:volumes_attached",
        "networks": "addresses",
        "guards": "security_groups",
        "labels": "tags",
    },
):
    """One `server` of cloudservers/detail."""

    metadata: Address | UnsetType | None = UNSET
    flavor: Flavor | UnsetType | None = UNSET
    named: Word | UnsetType = UNSET
    state: Word
    az: Text = UNSET
    root: str | None = None
    task: str | None = None
    held: list[Attached] | UnsetType | None = UNSET
    networks: dict[str, list[Port]] | None = None
    guards: list[SecurityGroup] | None = None
    labels: list[str] | None = None

    name = property(lambda self: self.named or self.id)

    def value(self, share: Share) -> Server:
        """The server."""
        zone, root, task = self.az or "", self.root or "", self.task or ""
        vpc_id = (self.metadata and self.metadata.vpc_id) or ""
        flavor = (self.flavor and self.flavor.id) or ""
        return Server(
            self.id,
            self.name,
            server_status(self.state),
            share(zone, zone),
            share(vpc_id, vpc_id),
            share(flavor, flavor),
            share(root, root),
            share(task, task),
            tuple(
                [
                    BlockDevice(
                        one.id,
                        share(one.device or "", one.device or ""),
                        None if one.boot_index is None else int(one.boot_index),
                    )
                    for one in self.held or ()
                ]
            ),
            None,
            _whole(self.flavor and self.flavor.vcpus),
            _whole(self.flavor and self.flavor.ram),
            None
            if self.networks is None
            else tuple(
                [
                    (share(one.address, one.address), one.kind == "floating")
                    for ports in self.networks.values()
                    for one in ports
                ]
            ),
            None
            if self.guards is None
            else tuple([share(name, name) for name in (one.name or one.id or "" for one in self.guards)]),
            None if self.labels is None else as_tags(self.labels),
            self.unknown,
            tuple(
                [
                    (one.port, share(one.address, one.address))
                    for ports in (self.networks or {}).values()
                    for one in ports
                    if one.port and one.kind != "floating"
                ]
            ),
        )


class Page:
    """Reads the pages of a listing, whose rows are under `key`, into rows of a kind."""

    def __init__(self, key: str, kind: type[ListedRow]) -> None:
        self._key, self._kind = key, kind
        fields = [("rows", list[kind], msgspec.field(name=key)), ("count", Any, None)]  # type: ignore[valid-type]  # for msgspec, which reads it when it runs
        self._decoder = msgspec.json.Decoder(msgspec.defstruct("Whole", fields))

    def __call__(self, body: bytes) -> Json:
        """The page as JSON would have it, but with rows in its list; those that are strange stay JSON.

        Raises ValueError for what is no JSON.
        """
        try:
            page: Any = self._decoder.decode(body)
        except (msgspec.MsgspecError, RecursionError, UnicodeError):
            return self._with_strange_rows(read_json(body))
        if _ordinary(page.rows):
            return {self._key: page.rows, "count": page.count}
        return self._with_strange_rows(read_json(body))

    def _with_strange_rows(self, content: Json) -> Json:
        rows = content.get(self._key) if isinstance(content, dict) else None
        if not isinstance(rows, list):
            return content
        return {**content, self._key: [self._row(row) for row in rows]}

    def _row(self, content: Json) -> Json:
        try:
            row = msgspec.convert(content, self._kind)
        except (msgspec.MsgspecError, RecursionError):
            return content
        return row if _ordinary([row]) else content


def values(*kinds: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The values of rows by id, for each kind; what is a value already stays. Equal texts are one text."""
    share = _sharing(*kinds)
    return [_made(things, share) for things in kinds]


def valued(
    pairs: dict[str, Any], instances: Mapping[str, Any], servers: Mapping[str, Any]
) -> tuple[Deferred[ReplicationPair], dict[str, Any], dict[str, Any]]:
    """The same values, but that a pair becomes one when it is asked for."""
    share = _sharing(pairs, instances, servers)
    for row in pairs.values():
        if isinstance(row, PairRow):  # it may stay a row, and is not to take more room than a value
            for name in _FEW:
                if text := getattr(row, name):
                    setattr(row, name, share(text, text))
            if row.record and (text := row.record.volume_type):
                row.record.volume_type = share(text, text)
            for one in row.held or ():
                one.instance_id = share(one.instance_id, one.instance_id)
                one.device = share(one.device, one.device)
    made = Deferred[ReplicationPair](pairs, PairRow, lambda row: row.value(share))
    return made, _made(instances, share), _made(servers, share)


_FEW = ("group_id", "state", "stands", "synchronised", "faults")
"""What has few different values among many pairs."""


def _sharing(*kinds: Mapping[str, Any]) -> Share:
    """What gives one text for equal ones, the ids of these things first, which others name."""
    return {text: text for things in kinds for text in things}.setdefault


def _made(things: Mapping[str, Any], share: Share) -> dict[str, Any]:
    return {key: each.value(share) if isinstance(each, ListedRow) else each for key, each in things.items()}


def _both(ids: str | UnsetType) -> tuple[str, str]:
    if not ids:
        return "", ""
    source, target, *_more = f"{ids},".split(",")
    return source.strip(), target.strip()


def _at(stands: str | UnsetType, source: str, target: str) -> str:
    """What is at production's site, as `drkit.model.sites` has it, of a word as it came."""
    return source if stands == "source" else target if stands == "target" else ""


def _true(flag: object) -> bool:
    return flag is True or flag in ("true", "True")


def _whole(number: object) -> int | None:
    return int(number) if isinstance(number, str | int) else None  # not where the flavor was not told


def _moment(text: Text) -> datetime | None:
    return datetime.fromisoformat(f"{text}+00:00") if text else None


def lacking(things: Mapping[str, Any]) -> list[Any]:
    """Those of which something is not known."""
    return [
        thing
        for thing in things.values()
        if (UNSET in astuple(thing) if isinstance(thing, ListedRow) else thing.unknown)
    ]


def _ordinary(rows: Sequence[ListedRow]) -> bool:
    """Whether all times of the rows are spelled as `_moment` reads them."""
    texts: list[Any] = []
    for name in ("created", "updated"):
        texts += filter(None, (getattr(row, name, None) for row in rows))
    if not _TIMES.fullmatch("\n".join(texts)):
        return False
    try:
        for text in texts:
            datetime.fromisoformat(text)
    except ValueError:  # the 30th of February
        return False
    return True
