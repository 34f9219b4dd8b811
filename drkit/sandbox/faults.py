"""Faults on demand: each has a name and a sentence, and happens the same way every time.

A fault says what it strikes in `where`, and is kept with the world when that is saved. Three sorts: those
that strike a request on its way, those that take hold of a job, and those that happen to the world itself.
Here is how they are described and when they bite; `troubles` plants them and does what those of the third
sort do.
"""

import math
from dataclasses import dataclass
from typing import Final

from drkit.sandbox.things import NEVER, Fault, Job, Json
from drkit.sandbox.world import World

REQUEST: Final = ("operation", "method", "path", "times", "skip", "chance")
JOB: Final = ("job_type", "group", "instance", "pair", "times", "skip", "chance")
ATTACHING: Final = tuple(key for key in JOB if key != "job_type")
WORLD: Final = ("after", "during", "lasts")


@dataclass(frozen=True)
class FaultKind:
    """A fault that can be planted: what it does, and the keys of `where` that it understands."""

    name: str
    sentence: str
    keys: tuple[str, ...]


def _kinds(*kinds: tuple[str, str, tuple[str, ...]]) -> dict[str, FaultKind]:
    return {name: FaultKind(name, sentence, keys) for name, sentence, keys in kinds}


FAULTS: Final = _kinds(
    ("answer-lost-after", "The service does the work, and its answer is lost on the way.", (*REQUEST, "how")),
    ("answer-lost-before", "The request is lost on the way; the service does nothing.", (*REQUEST, "how")),
    (
        "request-arrives-late",
        "The request is held on its way: no answer comes, and so many seconds later the service takes it.",
        (*REQUEST, "seconds", "how"),
    ),
    (
        "list-lags",
        "Lists, or the one reading that is named, show what was so many seconds ago, until it is cleared.",
        ("operation", "path", "seconds"),
    ),
    ("unreachable", "The connection cannot be made.", REQUEST),
    ("slow", "The answer takes so many real seconds longer.", (*REQUEST, "seconds")),
    (
        "rate-limit",
        "The gateway answers 429 and asks to come back after so many seconds.",
        (*REQUEST, "seconds"),
    ),
    ("forbidden", "The gateway answers 403: whoever is signed in may not do this.", REQUEST),
    (
        "error-500",
        "The service answers 500; accepted=true: after it has done the work.",
        (*REQUEST, "accepted"),
    ),
    ("error-502", "The gateway answers 502; accepted=true: after the work was done.", (*REQUEST, "accepted")),
    ("error-503", "The gateway answers 503; accepted=true: after the work was done.", (*REQUEST, "accepted")),
    ("truncated", "The answer's JSON breaks off in the middle.", REQUEST),
    (
        "second-operator",
        "Just before the request somebody else acts: takes-device, takes-pair, disables-group, or a request.",
        (*REQUEST, "action", "send"),
    ),
    (
        "job-fails",
        "A job ends in FAIL with a code, and leaves the status error-...",
        (*JOB, "code", "reason"),
    ),
    ("job-stuck", "A job stays at 99 % until the fault is cleared.", JOB),
    ("device-ignored", "A pair is attached under another letter than was asked for.", ATTACHING),
    ("token-expires", "Every token given out so far expires at once.", ("after",)),
    (
        "zone-dark",
        "A zone goes dark: its servers cannot be reached, pairs that read there get fault_level 2.",
        (*WORLD, "zone", "group"),
    ),
    (
        "link-broken",
        "The replication link breaks: fault_level 5, no failover is possible.",
        (*WORLD, "group", "pair"),
    ),
    ("sync-stuck", "The synchronisation of a pair does not get beyond a percentage.", (*WORLD, "pair", "at")),
    ("server-deleted", "Somebody deletes a server behind the service's back.", (*WORLD, "server")),
)
"""Every kind of fault by its name."""


_NUMBERS: Final = ("seconds", "skip", "chance", "after", "lasts", "at", "times")
_MOST: Final = {"chance": 1, "at": 100}
_CHOICES: Final = {
    "method": ("GET", "POST", "PUT", "DELETE"),
    "how": ("hang-up", "timeout"),
    "action": ("takes-device", "takes-pair", "disables-group", "request"),
    "accepted": (True, False),
}
_SENT: Final = {"path", "method", "body"}


def check(name: str, where: dict[str, Json]) -> None:
    """`ValueError` with a sentence for a name, a key or a value that is not understood."""
    if name not in FAULTS:
        raise ValueError(f"There is no fault {name!r}. There are: {', '.join(FAULTS)}.")
    unknown = where.keys() - FAULTS[name].keys
    if unknown:
        known = ", ".join(FAULTS[name].keys)
        raise ValueError(f"{name} does not understand {', '.join(sorted(unknown))}, only {known}.")
    for key, value in where.items():
        if flaw := _flaw(key, value):
            raise ValueError(f"{name}: {key} {flaw}, not {value!r}.")


def _flaw(key: str, value: Json) -> str:
    """What the value of a key of `where` would have to be; empty when it is that."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if key in ("times", "skip"):
        least = 1 if key == "times" else 0
        fits = (number and value >= least and value == int(value)) if value is not None else key == "times"
        return "" if fits else f"must be a whole number, {least} or more"
    if key in _MOST:
        return "" if number and 0 <= value <= _MOST[key] else f"must be a number from 0 to {_MOST[key]}"
    if key in _NUMBERS:
        return "" if number and 0 <= value < math.inf else "must be a number that is not negative"
    if key in _CHOICES:
        spelled = value.upper() if key == "method" and isinstance(value, str) else value
        return "" if spelled in _CHOICES[key] else f"is one of {', '.join(map(str, _CHOICES[key]))}"
    if key == "send":
        sent = value if isinstance(value, dict) else {}
        fits = isinstance(sent.get("path"), str) and sent.keys() <= _SENT
        return "" if fits else "is an object with path, method and body"
    return "" if isinstance(value, str) else "must be a string"


def is_passing(name: str) -> bool:
    """Whether a kind of fault waits for a request or a job, and passes when it has struck."""
    return bool({"operation", "times"} & set(FAULTS[name].keys))


def meet_request(world: World, operation: str, method: str, path: str) -> list[Fault]:
    """The faults that strike this request; each counts the hit and passes when it has struck often enough."""
    found = []
    for fault in list(world.faults.values()):
        where = fault.where
        if (
            "operation" in FAULTS[fault.name].keys
            and where.get("operation", operation if _is_for_all(fault, operation) else "") == operation
            and where.get("method", method).upper() == method
            and where.get("path", "") in path
            and _bites(world, fault)
        ):
            found.append(fault)
    return found


def _is_for_all(fault: Fault, operation: str) -> bool:
    """Whether a fault that names no operation is about this one."""
    return fault.name != "list-lags" or operation.startswith("list_")


def _bites(world: World, fault: Fault) -> bool:
    """Whether a fault strikes this time: not the first ones, then with its chance, so many times."""
    if fault.where.get("skip", 0) > 0:
        fault.where["skip"] -= 1
        return False
    if "chance" in fault.where and world.chance() >= fault.where["chance"]:
        return False
    fault.hits += 1
    if fault.times is not None and fault.hits >= fault.times and fault.name != "job-stuck":
        del world.faults[fault.id]
    return fault.times is None or fault.hits <= fault.times


def meet_job(world: World, job: Job, code: str) -> None:
    """Let planted faults take hold of a job that begins; `code` is what it fails with by default."""
    for fault in list(world.faults.values()):
        if fault.where.get("during") == job.type and not fault.hits:
            world.later(fault.where.get("after", 0), "strike", fault.id)
        if _takes_hold(fault.name, job) and _is_about(world, fault, job) and _bites(world, fault):
            _take_hold(fault, job, code)


def _takes_hold(name: str, job: Job) -> bool:
    """Whether a kind of fault takes hold of such a job."""
    attaching = name == "device-ignored" and job.type == "attachReplicationPairNew"
    return attaching or "job_type" in FAULTS[name].keys


def _is_about(world: World, fault: Fault, job: Job) -> bool:
    where = fault.where
    if where.get("job_type", job.type) != job.type:
        return False
    ids = {id_ for _, id_ in job.touches} | {job.work.get("group"), job.work.get("instance")}
    named = {world_name(world, str(id_)) for id_ in ids}
    return all(where[key] in ids | named for key in ("group", "instance", "pair") if key in where)


def world_name(world: World, id_: str) -> str:
    """The name of a group, instance, pair, drill or server."""
    for things in (world.groups, world.instances, world.pairs, world.drills, world.servers):
        if id_ in things:
            return str(things[id_].name)
    return ""


def _take_hold(fault: Fault, job: Job, code: str) -> None:
    if fault.name == "device-ignored":
        job.work["ignored"] = True
    elif fault.name == "job-fails":
        job.doom = fault.where.get("code", code)
        job.fail_reason = fault.where.get("reason")
    else:
        job.work |= {"stuck": fault.id, "expected": job.due}
        job.due = NEVER


def described(world: World, fault: Fault) -> Json:
    """A planted fault as the control API lists it; `names` are those of the ids in its `where`."""
    named = {str(value): world_name(world, str(value)) for value in fault.where.values()}
    return {
        "id": fault.id,
        "name": fault.name,
        "sentence": FAULTS[fault.name].sentence,
        "where": fault.where,
        "names": {id_: name for id_, name in named.items() if name},
        "times": fault.times,
        "hits": fault.hits,
    }
