"""The service itself: (world, request, time) -> answer. No clock, no socket, no thread in here."""

from contextlib import suppress
from urllib.parse import unquote

from drkit.sandbox import (
    agenda,
    attaching,
    control,
    cts,
    drills,
    ecs,
    evs,
    faults,
    groups,
    iam,
    instances,
    intruding,
    jobs,
    lagging,
    nics,
    nova,
    pairs,
    project,
    protecting,
    switching,
    tags,
    vpc,
)
from drkit.sandbox.answers import Answer, RefusalError, gateway, ok, refused
from drkit.sandbox.reading import IncomingCall
from drkit.sandbox.routes import Route, Routes
from drkit.sandbox.things import Json
from drkit.sandbox.world import World

SUBJECTS = (
    iam, project, groups, switching, instances, protecting, nics, tags,
    pairs, attaching, drills, jobs, ecs, nova, evs, vpc, cts, control,
)  # fmt: skip
ROUTER = Routes.join(subject.routes for subject in SUBJECTS)


def answer(call: IncomingCall, path: str, *, today: float | None = None) -> Answer:
    """Answer one request at `call.world.now`. `path` is the path as it came, percent-encoded.

    `today` is the real time in seconds since the epoch that a signature's date must be near to; None: any is.
    """
    call.world.requests += 1
    try:
        result = _answered(call, path, today)
    except RefusalError as error:
        result = ok(error.body, error.status)
    if call.method != "GET":
        lagging.remember(call.world)
    result.headers["X-Request-Id"] = f"{call.world.requests:032x}"
    return result


def _answered(call: IncomingCall, path: str, today: float | None) -> Answer:
    route = _admitted(call, path, today)
    if route.is_open or call.segments[0] == "_sandbox":
        return route.handler(call)
    struck = faults.meet_request(call.world, operation(route, call), call.method, path)
    return intruding.handled(call, struck, dispatch) if struck else _served(route, call)


def _admitted(call: IncomingCall, path: str, today: float | None) -> Route:
    route, call.path, methods = ROUTER.find(call.method, call.segments)
    if route is None or not route.is_open:
        signed_in = iam.admit(call, path, today=today)
        if call.path.get("project", signed_in) != signed_in or ("project" in call.path and not signed_in):
            raise refused("SDRS.0001", "the project in the path is not the one that was signed in to")
    if route is None:
        raise _no_route(methods)
    return route


def dispatch(call: IncomingCall) -> Answer:
    """Answer a call that was admitted already."""
    route, call.path, methods = ROUTER.find(call.method, call.segments)
    if route is None:
        raise _no_route(methods)
    return _served(route, call)


def _served(route: Route, call: IncomingCall) -> Answer:
    """What the service itself answers; a change is traced, whatever becomes of the answer."""
    name = operation(route, call)
    try:
        answer = route.handler(call)
    except RefusalError as error:
        cts.keep(call, name, error.status, error.body)
        raise
    if name in cts.NAMES:
        cts.keep(call, name, answer.status, answer.json() if answer.body else None)
    return answer


@agenda.event("arrive")
def arrive(world: World, held: Json) -> None:
    """A request that was held on its way comes to the service; nobody hears the answer."""
    call = IncomingCall(world, **{**held, "raw": held["raw"].encode("latin-1")})
    with suppress(RefusalError):
        dispatch(call)


def _no_route(methods: list[str]) -> RefusalError:
    if methods:
        return gateway(405, "APIGW.0101", f"The method is not allowed here, only {', '.join(methods)}.")
    return gateway(404, "APIGW.0101", "The API does not exist or has not been published in the environment.")


def operation(route: Route, call: IncomingCall) -> str:
    """The name of the operation that a call asks for, as the pages have it."""
    return next((name for mark, name in route.names.items() if mark in call.raw), route.handler.__name__)


def segments(path: str) -> list[str]:
    """The decoded segments of a path; a slash inside one stays inside it."""
    return [unquote(part) for part in path.strip("/").split("/")]
