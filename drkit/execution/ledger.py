"""What a drill leaves behind, looked up: its servers, its network, the public addresses it was given.

What is left of a deleted drill can only be told by what was known of it before: `kept` is noted with the
change that deletes it. Where the cloud does not let drkit look, or does not answer, a person is asked.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from drkit.errors import BusyError, DrkitError, ProfileError, ServiceError, UnavailableError, UnreachableError
from drkit.execution.context import CloudService
from drkit.execution.late_binding import bind_late
from drkit.execution.reads import read_lists
from drkit.model import (
    Backend,
    Change,
    Drill,
    Inventory,
    Network,
    Operation,
    PublicAddress,
    Server,
    ServerStatus,
)
from drkit.plan import ReadingCheck
from drkit.showing import count, first_few

DAY, HOUR, MINUTE = 86400, 3600, 60

SETTLES = frozenset({ReadingCheck.DRILL_GONE, ReadingCheck.NETWORK_GONE, ReadingCheck.ADDRESSES_GONE})
"""The checks of the ledger."""


class NotKnownError(DrkitError):
    """What has to be looked up cannot be told by any reading: a person is asked."""


def kept(change: Change, reading: Inventory) -> dict[str, Any]:
    """What to keep of the drill that a change deletes: its network, and the public addresses of its servers.

    `addresses` is None where a server of it, or what leads to one, is not known. Empty for another change.
    """
    drill = reading.drills.get(change.drill_id)
    if change.operation is not Operation.DELETE_DRILL or drill is None:
        return {}
    return {"network": drill.drill_vpc_id, "addresses": _led_to(drill, reading.servers)}


def _led_to(drill: Drill, servers: Mapping[str, Server]) -> list[str] | None:
    of_drill = [servers.get(key) for _, key in drill.servers]
    if any(each is None or each.addresses is None for each in of_drill):
        return None
    return [text for each in of_drill if each for text, floating in each.addresses or () if floating]


def left(
    check: ReadingCheck, deletion: Change, before: Mapping[str, Any], service: CloudService, now: datetime
) -> str:
    """What a reading shows to be left of the deleted drill, in words; empty where it is nothing.

    `before` is what was kept of it. Raises `NotKnownError` where that does not tell what to look for, and
    what the service refuses.
    """
    if check is ReadingCheck.DRILL_GONE:
        reading = read_lists(service, ("drills", "servers"), [deletion], now)
        return drill_left(deletion, before.get("servers"), reading)
    if check is ReadingCheck.NETWORK_GONE:
        if not before.get("network"):
            raise NotKnownError("which network the drill had is not known")
        return network_left(before["network"], service.networks(), service.backend, now)
    if before.get("addresses") is None:
        raise NotKnownError("which public addresses led to the drill servers is not known")
    wanted = before["addresses"]
    return addresses_left(wanted, service.public_addresses() if wanted else (), service.backend, now)


def drill_left(deletion: Change, servers: Collection[str] | None, reading: Inventory) -> str:
    """What is left of the drill that this change deletes, which had these servers; empty where nothing is."""
    drill = reading.drills.get(bind_late(deletion, reading).drill_id)
    if drill:
        return f"the drill {drill.name} is there, {drill.status}"
    if servers is None:
        return "the drill is gone, and which servers it had is not known"
    still = [each for key in servers if (each := reading.servers.get(key))]
    there = [each for each in still if each.status != ServerStatus.DELETED]
    return first_few([f"{each.name} is there, {each.status}" for each in there])


def network_left(network_id: str, networks: Iterable[Network], backend: Backend, now: datetime) -> str:
    """That the network of the drill is there still, and how old it is."""
    there = [each for each in networks if each.id == network_id]
    return "".join(
        f"{each.name} {each.cidr} is there{_age(each.created_at, backend, now)}".replace("  ", " ")
        for each in there
    )


def addresses_left(
    wanted: Collection[str], known: Iterable[PublicAddress], backend: Backend, now: datetime
) -> str:
    """Which public addresses that led to a drill server are there still, and where they lead now.

    Also those that lead somewhere: that may be old news, or what somebody bound since.
    """
    there = [each for each in known if each.address in wanted]
    states = ("is unbound" if each.unbound else f"is bound ({each.status})" for each in there)
    return first_few(
        f"{each.address} {word}{_age(each.created_at, backend, now)}"
        for each, word in zip(there, states, strict=True)
    )


def may_not_look(error: DrkitError) -> bool:
    """Whether no later reading will tell more: it is not allowed, not known, not there, or not reached."""
    if isinstance(error, BusyError | UnavailableError):
        return False
    return isinstance(error, NotKnownError | ProfileError | ServiceError | UnreachableError)


def _age(since: datetime | None, backend: Backend, now: datetime) -> str:
    """How long ago something was made; on the practice range, whose clock is another, when."""
    if since is None:
        return ""
    if backend.practice:
        return f", made {since:%Y-%m-%d %H:%M} by the clock of the practice range"
    seconds = max(int((now - since).total_seconds()), 0)
    size, word = next(((s, w) for s, w in ((DAY, "day"), (HOUR, "hour")) if seconds >= s), (MINUTE, "minute"))
    return f", {count(seconds // size, word)} old"
