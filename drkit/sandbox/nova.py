"""ECS by its other face, the compute API of OpenStack: what the `openstack` command line reads of servers.

Only reading: changes go through ECS itself. Source: the compute API reference (v2.1).
"""

from typing import Final

from drkit.sandbox import ecs
from drkit.sandbox.answers import Answer, neighbour, ok
from drkit.sandbox.reading import IncomingCall, whole
from drkit.sandbox.routes import Routes
from drkit.sandbox.things import Json, Server
from drkit.sandbox.world import World

routes = Routes()
PATH: Final = "/v2.1/{project}"


def _shown(world: World, server: Server) -> Json:
    found = ecs.shown(world, server)
    network = world.vpcs[server.vpc_id].name if server.vpc_id in world.vpcs else server.vpc_id
    addresses = [{**it, "version": 4} for its in found["addresses"].values() for it in its]
    owner = {"tenant_id": world.account.project_id, "user_id": world.account.user_id}
    flavor = {"id": server.flavor, "links": []}
    return {**found, **owner, "flavor": flavor, "addresses": {network: addresses} if addresses else {}}


def _flavor(world: World, name: str) -> Json:
    vcpus, ram = world.facts.get("flavors", {}).get(name) or ecs.FLAVORS[name]
    public = {"os-flavor-access:is_public": True, "OS-FLV-DISABLED:disabled": False}
    return {"id": name, "name": name, "vcpus": int(vcpus), "ram": int(ram), "disk": 0, "swap": "", **public}


def _flavors(world: World) -> list[str]:
    return list(dict.fromkeys((*ecs.FLAVORS, *world.facts.get("flavors", {}))))


@routes("GET", "/v2.1", is_open=True)
def show_compute_version(call: IncomingCall) -> Answer:
    """The version of the compute API, open to everybody."""
    version = {"id": "v2.1", "status": "CURRENT", "version": "2.1", "min_version": "2.1"}
    return ok({"version": version | {"links": [{"rel": "self", "href": f"{call.origin}/v2.1/"}]}})


@routes("GET", PATH + "/servers/detail")
def list_compute_servers(call: IncomingCall) -> Answer:
    """Servers by name (fuzzy) and status; the page after `marker`."""
    query = call.query
    name, status, limit = query.get("name").lower(), query.get("status"), whole(query.get("limit") or "1000")
    found = [
        server
        for server in call.world.servers.values()
        if name in server.name.lower() and status in ("", server.status)
    ]
    if marker := query.get("marker"):
        ids = [server.id for server in found]
        if marker not in ids:
            raise neighbour(400, "Ecs.0005", "The marker is no server of this list.")
        found = found[ids.index(marker) + 1 :]
    return ok({"servers": [_shown(call.world, server) for server in found[: limit or 1000]]})


@routes("GET", PATH + "/servers/{server}")
def show_compute_server(call: IncomingCall) -> Answer:
    """One server."""
    return ok({"server": _shown(call.world, ecs.find(call.world, call.path["server"]))})


@routes("GET", PATH + "/flavors")
@routes("GET", PATH + "/flavors/detail")
def list_compute_flavors(call: IncomingCall) -> Answer:
    """The flavors that are known here, all on one page."""
    known = [] if call.query.get("marker") else _flavors(call.world)
    return ok({"flavors": [_flavor(call.world, name) for name in known]})


@routes("GET", PATH + "/flavors/{flavor}")
def show_compute_flavor(call: IncomingCall) -> Answer:
    """One flavor."""
    if call.path["flavor"] not in _flavors(call.world):
        raise neighbour(404, "Ecs.0114", f"Flavor {call.path['flavor'][:64]} could not be found.")
    return ok({"flavor": _flavor(call.world, call.path["flavor"])})
