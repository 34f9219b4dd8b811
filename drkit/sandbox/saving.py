"""A world as a JSON document and back, so that it can be kept in a file.

What opens a sandbox (password, keys, tokens) is neither written nor read: the file may be handed on.
"""

import json
from dataclasses import asdict, fields, replace
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Final

from drkit.sandbox.things import (
    OPENS,
    Account,
    Disk,
    Drill,
    Failure,
    Fault,
    Group,
    Instance,
    Job,
    Json,
    Nic,
    Pair,
    Server,
    Token,
    Vpc,
)
from drkit.sandbox.world import World

FORMAT: Final = "drkit-sandbox-world-1"
_KINDS: Final[dict[str, type]] = {
    "vpcs": Vpc, "groups": Group, "instances": Instance, "pairs": Pair, "servers": Server, "disks": Disk,
    "drills": Drill, "jobs": Job, "failures": Failure, "tokens": Token, "faults": Fault,
}  # fmt: skip


def document(world: World) -> Json:
    """The world as what `json.dumps` takes."""
    return {"format": FORMAT} | asdict(locked(world))


def locked(world: World) -> World:
    """The world without what opens it."""
    account = replace(world.account, counted=0)
    for name in OPENS:
        setattr(account, name, "")
    return replace(world, account=account, tokens={})


def text(world: World) -> str:
    """The world as text."""
    return json.dumps(document(world), indent=1)


def write(path: Path, text: str) -> None:
    """Write a file that its owner alone can read, whole or not at all, in the place of what was there."""
    with NamedTemporaryFile("w", dir=path.parent, prefix=f".{path.name}.", delete=False) as file:  # 0600
        file.write(text)
    Path(file.name).replace(path)


def world_from(text: str) -> World:
    """The world that was saved. `ValueError` with a sentence when the text holds none."""
    try:
        parts = json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError("This is not a saved world: it is not JSON.") from None
    if not isinstance(parts, dict) or parts.pop("format", None) != FORMAT:
        raise ValueError(f"This is not a saved world: it does not say {FORMAT}.")
    try:
        return _world(parts)
    except (TypeError, KeyError, AttributeError, ValueError) as error:
        raise ValueError(f"This saved world is damaged: {error}.") from error


def _world(parts: dict[str, Json]) -> World:
    unknown = parts.keys() ^ {it.name for it in fields(World)}
    if unknown:
        raise ValueError(f"it has the wrong parts ({', '.join(sorted(unknown))})")
    for part, kind in _KINDS.items():
        parts[part] = {id_: kind(**values) for id_, values in parts[part].items()}
    for server in parts["servers"].values():
        server.nics = [Nic(**nic) for nic in server.nics]
    for job in parts["jobs"].values():
        job.touches = [(kind, id_) for kind, id_ in job.touches]
    parts["agenda"] = [(due, order, event, details) for due, order, event, details in parts["agenda"]]
    parts["account"] = Account(**parts["account"])
    return locked(World(**parts))
