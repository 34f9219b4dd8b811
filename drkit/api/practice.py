"""The control of a sandbox: choose its world, plant faults, move its time, look whether its world is sound.

The same for a sandbox in this process and for one that runs beside it. Source: the sandbox's own control API
under /_sandbox/.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from drkit import owned
from drkit.api.wire import Json, Request, at
from drkit.errors import InputError, ServiceError
from drkit.model import WireFields


@dataclass(frozen=True, slots=True)
class PracticeWorld:
    """A world to practise in. A scenario has a good end: what a good operator has at the end of it."""

    name: str
    title: str
    story: str
    good_end: str


class PracticeRange:
    """A sandbox, by its control API. Raises InputError with the sandbox's sentence for what it refuses."""

    def __init__(self, ask: Callable[[Request], Json]) -> None:
        self._ask = ask

    def state(self) -> dict[str, Json]:
        """Which world it is, its time, what exists, and how the scenario stands."""
        return dict(self._send("GET", "/state"))

    def worlds(self) -> tuple[PracticeWorld, ...]:
        """The worlds that there are to choose from."""
        found = WireFields("state of the practice range", self._send("GET", "/state")).objects("worlds")
        return tuple(
            PracticeWorld(
                each.identity("name"), each.text("title"), each.text("story"), each.text("good_end")
            )
            for each in found
        )

    def copy_of(self) -> dict[str, str] | None:
        """Of which project the world is a copy; None where it is none.

        `name` as people say it, `cloud`, `region`, `project`, `project_id`, `read_at` (ISO 8601), and
        `reading`, the SHA-256 of the kept reading.
        """
        mark = self.state().get("copy_of")
        return {key: str(value) for key, value in mark.items() if key != "notes"} if mark else None

    def begin_copy(self, reading: bytes) -> list[str]:
        """Begin a copy of the project in a kept reading, in the place of the present world; what had to be
        assumed for it, or was left out, as sentences.

        `reading` is the JSON that `drkit snapshot` writes. InputError for what is none; the world stays then.
        """
        try:
            content = json.loads(reading)
        except (ValueError, RecursionError):
            raise InputError("This is no kept reading of a project: it is not JSON.") from None
        self._send("POST", "/copy", content)
        return [str(note) for note in self.state()["copy_of"]["notes"]]

    def change_world(self, name: str) -> None:
        """Begin another world, or the same one anew. What is in the present one is gone, its faults too."""
        self._send("POST", "/world", {"world": name})

    def invariants(self) -> list[str]:
        """Sentences about what is inconsistent in its world; empty when it is sound."""
        return [str(each) for each in self._send("GET", "/invariants")["invariants"]]

    def fault_kinds(self) -> dict[str, str]:
        """The faults that can be planted, each with its sentence."""
        return dict(self._send("GET", "/faults")["kinds"])

    def fault_keys(self) -> dict[str, tuple[str, ...]]:
        """What each fault understands in `where`."""
        return {name: tuple(keys) for name, keys in self._send("GET", "/faults")["keys"].items()}

    def faults(self) -> list[dict[str, Json]]:
        """The faults that are planted."""
        return list(self._send("GET", "/faults")["faults"])

    def fault(self, name: str, **where: Json) -> str:
        """Plant a fault; its id. `where` says where, when and how often, in the words of that fault."""
        return WireFields(
            "planted fault", self._send("POST", "/faults", {"name": name, "where": where})
        ).identity()

    def clear_faults(self, fault_id: str = "") -> None:
        """Clear one fault, or all of them."""
        self._send("DELETE", at("/faults", fault_id) if fault_id else "/faults")

    def step(self, seconds: float) -> None:
        """Let the sandbox's time go on by so many seconds at once."""
        self._send("POST", "/step", {"seconds": seconds})

    def save(self, path: str | Path) -> None:
        """Write the whole world to a file for its owner only, which `drkit sandbox --world FILE` takes."""
        owned.write(Path(path), json.dumps(self._send("POST", "/save")).encode())

    def _send(self, method: str, path: str, body: Json = None) -> Json:
        request = Request(method, f"/_sandbox{path}", body=body, service="sandbox", changes=method != "GET")
        try:
            return self._ask(request)
        except ServiceError as error:
            raise InputError(error.message) from error
