"""The neighbour VPC: networks and public addresses (EIPs), which a drill leaves behind.

Source: "Querying VPCs" and "Querying EIPs" of the VPC API reference, v1. Their listings go by marker, and
tell no number. A public address is known by the network card that it leads to; one that leads nowhere is kept
among the world's facts with the moment it came free.
"""

import uuid
from collections.abc import Iterator, Mapping

from drkit.sandbox.answers import Answer, group_time, neighbour, no_content, ok, pair_time
from drkit.sandbox.reading import IncomingCall, whole
from drkit.sandbox.routes import Routes
from drkit.sandbox.things import Drill, Group, Json, Nic, Server, Vpc
from drkit.sandbox.world import FREE_ADDRESSES, World

routes = Routes()
NETWORKS = "/v1/{project}/vpcs"
ADDRESSES = "/v1/{project}/publicips"
MOST = 2000


@routes("GET", NETWORKS)
def list_vpcs(call: IncomingCall) -> Answer:
    """Networks, by id if one is given; `marker` is the last one that was seen."""
    wanted = call.query.get("id")
    rows = [_shown(each) for each in call.world.vpcs.values() if wanted in ("", each.id)]
    return ok({"vpcs": _page(call, rows)})


@routes("DELETE", NETWORKS + "/{vpc}")
def delete_vpc(call: IncomingCall) -> Answer:
    """Delete a network that nothing is in, with its subnets, as a person does it at the console."""
    world, id_ = call.world, call.path["vpc"]
    if id_ not in world.vpcs:
        raise neighbour(404, "VPC.0012", f"The VPC {id_[:64]} does not exist.")
    users: tuple[Group | Drill | Server, ...] = (
        *world.groups.values(),
        *world.drills.values(),
        *world.servers.values(),
    )
    used = next((each.name for each in users if each.vpc_id == id_), "")
    if used:
        raise neighbour(409, "VPC.0103", f"The VPC {world.vpcs[id_].name} is in use by {used}.")
    del world.vpcs[id_]
    return no_content()


@routes("GET", ADDRESSES)
def list_public_ips(call: IncomingCall) -> Answer:
    """Public addresses; `marker` is the last one that was seen."""
    return ok({"publicips": _page(call, list(_addresses(call.world)))})


@routes("PUT", ADDRESSES + "/{address}")
def bind_public_ip(call: IncomingCall) -> Answer:
    """Have a public address lead to the network card of a `port_id`, or nowhere when there is none."""
    world, fields = call.world, call.body().inner("publicip")
    row = _find(world, call.path["address"])
    address, port = row["public_ip_address"], fields.text("port_id", "")
    nic = next((nic for server in world.servers.values() for nic in server.nics if nic.id == port), None)
    if port and nic is None:
        raise neighbour(404, "VPC.0201", f"The port {port[:64]} does not exist.")
    for each in _cards(world):
        if address in each.floating:
            each.floating.remove(address)
    _free(world).pop(address, None)
    if nic is None:
        _free(world)[address] = world.now
    else:
        nic.floating.append(address)
    return ok({"publicip": _find(world, row["id"])})


@routes("POST", ADDRESSES)
def create_public_ip(call: IncomingCall) -> Answer:
    """A new public address that leads nowhere yet."""
    world = call.world
    call.body().inner("publicip")
    taken = {row["public_ip_address"] for row in _addresses(world)}
    address = next(text for number in range(1, 1 << 16) if (text := _written(number)) not in taken)
    _free(world)[address] = world.now
    return ok({"publicip": _address(address, world.now)})


@routes("DELETE", ADDRESSES + "/{address}")
def delete_public_ip(call: IncomingCall) -> Answer:
    """Release a public address that leads nowhere."""
    row = _find(call.world, call.path["address"])
    if row["status"] != "DOWN":
        raise neighbour(409, "VPC.0510", f"The EIP {row['public_ip_address']} is bound; unbind it first.")
    del _free(call.world)[row["public_ip_address"]]
    return no_content()


def _page(call: IncomingCall, rows: list[Json]) -> list[Json]:
    limit, marker = whole(call.query.get("limit") or str(MOST)), call.query.get("marker")
    if limit is None:
        raise neighbour(400, "VPC.0002", "limit must be a number that is not negative.")
    places = {row["id"]: place for place, row in enumerate(rows)}
    start = places.get(marker, -1) + 1 if marker in places or not marker else len(rows)
    return rows[start : start + min(limit, MOST)]


def _shown(vpc: Vpc) -> Json:
    """A network as it goes over the wire."""
    times = ("created_at", "updated_at") if vpc.created else ()
    return {
        "id": vpc.id,
        "name": vpc.name,
        "description": "",
        "cidr": vpc.cidr,
        "status": "OK",
        "routes": [],
        "enterprise_project_id": "0",
        **dict.fromkeys(times, pair_time(vpc.created)[:19]),
    }


def _written(number: int) -> str:
    return f"203.0.113.{number}" if number < 255 else f"198.18.{number >> 8}.{number & 255}"


def _address(address: str, since: float, nic: Nic | None = None) -> Json:
    bound = {"port_id": nic.id, "private_ip_address": nic.ip} if nic else {}
    return {
        "id": str(uuid.uuid5(uuid.NAMESPACE_OID, address)),
        "status": "ACTIVE" if nic else "DOWN",
        "type": "5_bgp",
        "public_ip_address": address,
        "create_time": group_time(since)[:19],
        "bandwidth_size": 5,
        **bound,
    }


def _cards(world: World) -> Iterator[Nic]:
    return (nic for server in world.servers.values() for nic in server.nics)


def _free(world: World) -> dict[str, float]:
    free: dict[str, float] = world.facts.setdefault(FREE_ADDRESSES, {})
    return free


def _addresses(world: World) -> Iterator[Json]:
    for server in world.servers.values():
        for nic in server.nics:
            yield from (_address(each, server.created, nic) for each in nic.floating)
    free: Mapping[str, float] = world.facts.get(FREE_ADDRESSES, {})
    yield from (_address(each, since) for each, since in free.items())


def _find(world: World, id_: str) -> Json:
    for row in _addresses(world):
        if row["id"] == id_:
            return row
    raise neighbour(404, "VPC.0504", f"The EIP {id_[:64]} could not be found.")
