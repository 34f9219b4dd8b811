"""What planted faults do to a request and to its answer, the second operator included."""

import json
from collections.abc import Callable
from dataclasses import replace

from drkit.sandbox import attaching, cts, lagging
from drkit.sandbox.answers import Answer, RefusalError, gateway
from drkit.sandbox.reading import IncomingCall
from drkit.sandbox.things import Fault, Instance, Json

Handle = Callable[[IncomingCall], Answer]
STATUS = {"error-500": 500, "error-502": 502, "error-503": 503}


def handled(call: IncomingCall, struck: list[Fault], handle: Handle) -> Answer:
    """The answer to a call that faults have struck."""
    for fault in struck:
        if fault.name == "second-operator":
            _second_operator(call, fault, handle)
    before = next((answer for fault in struck if (answer := _instead(fault)) is not None), None)
    if before is not None:
        return before
    for fault in struck:
        if fault.name == "request-arrives-late":
            return _hold(call, fault)
    if lags := [lagging.lag(fault) for fault in struck if fault.name == "list-lags"]:
        call = replace(call, world=lagging.as_it_was(call.world, max(lags)))
    try:
        answer = handle(call)
    except RefusalError as error:
        answer = Answer(error.status, json.dumps(error.body).encode(), {"Content-Type": "application/json"})
    for fault in struck:
        answer = _afterwards(fault, answer)
    return answer


def _hold(call: IncomingCall, fault: Fault) -> Answer:
    """Put the call on the agenda: `core.arrive` takes it up. It was let in already, so it brings no token."""
    held = {"method": call.method, "segments": call.segments, "raw_query": call.raw_query, "headers": {}}
    held |= {"raw": call.raw.decode("latin-1"), "origin": call.origin}
    call.world.later(fault.where.get("seconds", 45), "arrive", held)
    return Answer(0, lost=fault.where.get("how", "hang-up"))


def _instead(fault: Fault) -> Answer | None:
    """What answers in the service's place, with nothing done."""
    if fault.name in ("answer-lost-before", "unreachable"):
        how = "unreachable" if fault.name == "unreachable" else "hang-up"
        return Answer(0, lost=fault.where.get("how", how))
    if fault.name == "rate-limit":
        seconds = fault.where.get("seconds", 1)
        error = gateway(429, "APIGW.0308", "The throttling threshold has been reached.")
        return _answer(error, {"Retry-After": f"{seconds:g}"})
    if fault.name == "forbidden":
        return _answer(gateway(403, "APIGW.0302", "The policy of this user does not allow the operation."))
    if fault.name in STATUS and not fault.where.get("accepted"):
        return _failed(fault)
    return None


def _afterwards(fault: Fault, answer: Answer) -> Answer:
    """What becomes of the answer on its way back, the work being done."""
    if fault.name == "answer-lost-after":
        answer.lost = fault.where.get("how", "hang-up")
    elif fault.name == "truncated":
        answer.body = answer.body[: len(answer.body) * 2 // 3]
    elif fault.name == "slow":
        answer.delay += fault.where.get("seconds", 5)
    elif fault.name in STATUS:
        return _failed(fault)
    return answer


def _failed(fault: Fault) -> Answer:
    status = STATUS[fault.name]
    if status == 500:
        body = {"error": {"code": "SDRS.0013", "message": "Internal error."}}
        return _answer(RefusalError(500, body))
    return _answer(
        gateway(status, f"APIGW.{status}", {502: "Bad Gateway", 503: "Service Unavailable"}[status])
    )


def _answer(error: RefusalError, headers: dict[str, str] | None = None) -> Answer:
    body = json.dumps(error.body).encode()
    return Answer(error.status, body, {"Content-Type": "application/json"} | (headers or {}))


def _second_operator(call: IncomingCall, fault: Fault, handle: Handle) -> None:
    """Somebody else sends a change first. It may be refused."""
    action = fault.where.get("action", "request" if "send" in fault.where else "takes-device")
    sent = fault.where.get("send", {}) if action == "request" else _own_idea(call, action)
    if not sent:
        return
    path = str(sent.get("path", "")).replace("{project}", call.world.account.project_id)
    segments = path.strip("/").split("/")
    body = json.dumps(sent["body"]).encode() if sent.get("body") is not None else b""
    method = str(sent.get("method", "POST")).upper()
    try:
        handle(
            IncomingCall(
                call.world, method, segments, "", call.headers, body, origin=call.origin, by=cts.COLLEAGUE
            )
        )
    except RefusalError:
        return
    lagging.remember(call.world)


def _own_idea(call: IncomingCall, action: str) -> Json:
    world, instance = call.world, call.world.instances.get(call.path.get("instance", ""))
    group_id = instance.group_id if instance else call.path.get("group", "")
    if action == "disables-group" and group_id:
        path = f"/v1/{{project}}/server-groups/{group_id}/action"
        return {"path": path, "body": {"stop-server-group": {}}}
    if instance is None or not call.raw:
        return None
    try:
        wanted = call.body().inner("replicationAttachment")
        pair_id, device = wanted.text("replication_id"), wanted.text("device")
    except RefusalError:
        return None
    if action == "takes-pair":
        others = [
            it for it in world.instances.values() if it.group_id == instance.group_id and it is not instance
        ]
        return _attach(others[0], pair_id, _free(call, others[0])) if others else None
    free = [
        pair
        for pair in world.pairs.values()
        if pair.group_id == instance.group_id
        and pair.id != pair_id
        and not pair.devices
        and not pair.bootable
    ]
    return _attach(instance, free[0].id, device) if free else None


def _free(call: IncomingCall, instance: Instance) -> str:
    taken = {name[-1] for name in attaching.taken(call.world, instance)}
    return "/dev/vd" + next((letter for letter in "bcdefghijklmnopqrstuvwx" if letter not in taken), "x")


def _attach(instance: Instance, pair_id: str, device: str) -> Json:
    return {
        "path": f"/v1/{{project}}/protected-instances/{instance.id}/attachreplication",
        "body": {"replicationAttachment": {"replication_id": pair_id, "device": device}},
    }
