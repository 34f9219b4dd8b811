"""The control API under /_sandbox/, for those who hold the sandbox's token or signature.

    GET    /_sandbox/state         {"world", "now", "wall", "counts", "scenario", "dark", "vpcs", "worlds",
                                   "copy_of"}: of which project the world is a copy, null where of none
    POST   /_sandbox/world         {"world": NAME}: another world, from its beginning -> 204; 400
    POST   /_sandbox/copy          a kept reading of a project: its copy, from then on -> 204; 400
    GET    /_sandbox/invariants    {"invariants": [sentences]}, empty when the world is sound
    GET    /_sandbox/faults        {"faults": [planted], "kinds": {name: sentence}, "keys": {name: [keys]}}
    POST   /_sandbox/faults        {"name": ..., "where": {...}} -> 201 {"id": ...}; 400 with a sentence
    DELETE /_sandbox/faults        clears all; /_sandbox/faults/{id} clears one -> 204
    POST   /_sandbox/step          {"seconds": 60}: simulated time goes on at once -> 204
    POST   /_sandbox/save          the whole world as a JSON document, to be written to a file

From Python: `client.post(access["url"] + "/_sandbox/faults", json={"name": "slow", "where": {"seconds": 3}})`
with the header X-Auth-Token. Errors are {"error": {"code": "sandbox", "message": sentence}}. `now` is
simulated time and `wall` the clock on the wall, both in seconds since the epoch.
"""

import math

from drkit.sandbox import agenda, faults, invariants, saving, scenarios, troubles, worlds
from drkit.sandbox.answers import Answer, RefusalError, neighbour, no_content, ok
from drkit.sandbox.reading import IncomingCall
from drkit.sandbox.routes import Routes
from drkit.sandbox.things import Json
from drkit.sandbox.world import World

routes = Routes()


def _refused(sentence: str) -> RefusalError:
    return neighbour(400, "sandbox", sentence)


@routes("GET", "/_sandbox/state")
def show_state(call: IncomingCall) -> Answer:
    """What world this is, what time it is, and how the rehearsal stands."""
    return ok(state(call.world))


def state(world: World) -> Json:
    """As `show_state` answers."""
    scenario = scenarios.SCENARIOS.get(world.name)
    counted = ("groups", "instances", "pairs", "servers", "disks", "drills", "jobs", "failures")
    return {
        "world": world.name,
        "now": world.now,
        "wall": world.wall,
        "counts": {name: len(getattr(world, name)) for name in counted} | {"running": len(world.live)},
        "dark": world.dark,
        "vpcs": [{"id": vpc.id, "name": vpc.name, "cidr": vpc.cidr} for vpc in world.vpcs.values()],
        "scenario": scenario
        and {
            "title": scenario.title,
            "story": scenario.story,
            "good_end": scenario.good_end,
            "reached": scenario.reached(world),
        },
        "worlds": worlds.listing(),
        "copy_of": world.facts.get("copy_of"),
    }


@routes("POST", "/_sandbox/world")
def change_world(call: IncomingCall) -> Answer:
    """Another world under the same account and tokens; what was in the old one is gone."""
    try:
        worlds.change(call.world, call.body().text("world"))
    except ValueError as error:
        raise _refused(str(error)) from None
    return no_content()


@routes("POST", "/_sandbox/copy")
def change_to_copy(call: IncomingCall) -> Answer:
    """The copy of a kept reading under the same account and tokens; what was in the old world is gone."""
    try:
        worlds.change_to_copy(call.world, call.raw)
    except ValueError as error:
        raise _refused(str(error)) from None
    return no_content()


@routes("GET", "/_sandbox/invariants")
def list_invariants(call: IncomingCall) -> Answer:
    """Sentences for what is inconsistent."""
    return ok({"invariants": invariants.broken(call.world)})


@routes("GET", "/_sandbox/faults")
def list_faults(call: IncomingCall) -> Answer:
    """The faults that are planted, and those that can be."""
    planted = [faults.described(call.world, fault) for fault in call.world.faults.values()]
    kinds = {name: kind.sentence for name, kind in faults.FAULTS.items()}
    keys = {name: list(kind.keys) for name, kind in faults.FAULTS.items()}
    return ok({"faults": planted, "kinds": kinds, "keys": keys})


@routes("POST", "/_sandbox/faults")
def plant_fault(call: IncomingCall) -> Answer:
    """Plant a fault."""
    fields = call.body()
    where = fields.inner("where").values if "where" in fields else {}
    try:
        return ok({"id": troubles.plant(call.world, fields.text("name"), where)}, 201)
    except ValueError as error:
        raise _refused(str(error)) from None


@routes("DELETE", "/_sandbox/faults")
def clear_faults(call: IncomingCall) -> Answer:
    """Clear all faults."""
    troubles.clear(call.world)
    return no_content()


@routes("DELETE", "/_sandbox/faults/{fault}")
def clear_fault(call: IncomingCall) -> Answer:
    """Clear one fault."""
    if call.path["fault"] not in call.world.faults:
        raise neighbour(404, "sandbox", "There is no such fault.")
    troubles.clear(call.world, call.path["fault"])
    return no_content()


@routes("POST", "/_sandbox/step")
def step(call: IncomingCall) -> Answer:
    """Let time go on at once."""
    seconds = call.body().values.get("seconds")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds < math.inf:
        raise _refused("seconds must be a number that is not negative.")
    agenda.pass_time(call.world, min(seconds, 1e9), min(seconds, 1e9))
    return no_content()


@routes("POST", "/_sandbox/save")
def save(call: IncomingCall) -> Answer:
    """The whole world, without what opens the range."""
    return ok(saving.document(call.world))
