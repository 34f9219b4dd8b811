"""`Sandbox`: a world with a clock and a lock around it, and the two ways in."""

import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from random import Random

import httpx

from drkit.sandbox import agenda, control, core, faults, forking, iam, invariants, saving, troubles, worlds
from drkit.sandbox.answers import Answer
from drkit.sandbox.building import EPOCH
from drkit.sandbox.inprocess import InProcess
from drkit.sandbox.manners import MANNERS, in_manner
from drkit.sandbox.reading import IncomingCall
from drkit.sandbox.things import OPENS, Json
from drkit.sandbox.world import World

IN_PROCESS = "http://sandbox.invalid"


class Sandbox:
    """A practice range that behaves like the service.

    `world`: "demo", "empty", "large", the name of a scenario, or a `World`. `speed`: how many simulated
    seconds pass in one second of `now`. `now`: a source of monotonic seconds; with one of your own, time
    starts at 2026-01-01, nothing compares it with the wall, and slow answers step it instead of waiting.
    Password and keys are drawn anew for each sandbox, unless the account of a `World` has its own.
    `groups`, `instances`, `pairs`: how many of them a "large" world has. `manner`: "full" answers as the
    tables of the reference have it, "reference" as its printed examples, "sparse" with what must be there
    only, "mixed" now this way, now that. `zones`: other names for the first zones, production's before all.

    Raises `ValueError` with a sentence for a world that is not known or a speed that is not positive.
    """

    def __init__(  # noqa: PLR0913 (all that makes one range another)
        self,
        world: World | str = "demo",
        *,
        speed: float = 10.0,
        now: Callable[[], float] | None = None,
        seed: int = 0,
        groups: int | None = None,
        instances: int | None = None,
        pairs: int | None = None,
        manner: str = "full",
        zones: Sequence[str] = (),
    ) -> None:
        if not 0 < speed < float("inf"):
            raise ValueError(f"The speed must be a number above 0, not {speed}.")
        if manner not in MANNERS:
            raise ValueError(f"There is no manner {manner!r}; known: {', '.join(MANNERS)}.")
        start = time.time() if now is None else EPOCH
        sizes = {"groups": groups, "instances": instances, "pairs": pairs}
        self.world = world if isinstance(world, World) else worlds.named(world, seed, start, sizes, zones)
        iam.draw_secrets(self.world.account)
        self.speed, self._real = speed, now is None
        self.manner, self._dice = manner, Random(seed)  # noqa: S311 (a range that can be repeated)
        self._tick = now or time.monotonic
        self._ticked = self._tick()
        # Guards the world and `_ticked`. Requests come from httpx's callers, from the server's event loop and
        # from who controls it: each catches up and acts under one hold, so that a request sees one moment.
        # Never held while an answer is delayed or a file is written: others go on. Nothing here takes it
        # twice; it is re-entrant for a signal handler that asks the sandbox on the thread it interrupted.
        self._lock = threading.RLock()
        self.url = IN_PROCESS

    @property
    def access(self) -> dict[str, str]:
        """Where the sandbox is and each way to sign in: what `drkit sandbox` prints as one line of JSON."""
        account = self.world.account
        return {
            "url": self.url,
            "iam_url": f"{self.url}/v3",
            "project_id": account.project_id,
            "project": account.project,
            "region": account.region,
            "username": account.username,
            "user_id": account.user_id,
            "domain": account.domain,
            **{name: getattr(account, name) for name in OPENS},
        }

    def transport(self) -> httpx.BaseTransport:
        """The way in for httpx without a socket: `httpx.Client(transport=...)`. Thread-safe."""
        return InProcess(self.handle, time.sleep if self._real else self.step)

    def handle(
        self, method: str, path: str, query: bytes | str, headers: Mapping[str, str], body: bytes
    ) -> Answer:
        """Answer one request. `path` and `query` as on the request line, percent-encoded."""
        text = query.decode("latin-1") if isinstance(query, bytes) else query
        lowered = {name.lower(): value for name, value in headers.items()}
        with self._lock:
            self._catch_up()
            call = IncomingCall(
                self.world, method.upper(), core.segments(path), text, lowered, body, origin=self.url
            )
            answer = core.answer(call, path, today=time.time() if self._real else None)
            answer = in_manner(answer, self.manner, self._dice)
            answer.headers["X-Drkit-Sandbox"] = f"{self.speed:g}"  # so that nobody takes practice for real
            return answer

    def step(self, seconds: float) -> None:
        """Let simulated time go on by so many seconds at once."""
        with self._lock:
            self._catch_up()
            agenda.pass_time(self.world, seconds, seconds)

    def fault(self, name: str, **where: Json) -> str:
        """Plant a fault of `FAULTS` and give its id. `ValueError` says what is not understood."""
        with self._lock:
            self._catch_up()
            return troubles.plant(self.world, name, where)

    def faults(self) -> list[Json]:
        """The faults that are planted: id, name, sentence, where, names, times, hits."""
        with self._lock:
            self._catch_up()
            return [faults.described(self.world, fault) for fault in self.world.faults.values()]

    def clear_faults(self) -> None:
        """Take back all faults: zones light up, links mend, stuck jobs end."""
        with self._lock:
            self._catch_up()
            troubles.clear(self.world)
            agenda.pass_time(self.world, 0, 0)

    def change_world(self, name: str) -> None:
        """Put another world under the sandbox, from its beginning; clients and their tokens go on.

        What was in the old one is gone, its jobs and faults too. `ValueError` when there is no such name.
        """
        with self._lock:
            self._catch_up()
            worlds.change(self.world, name)

    def change_to_copy(self, content: bytes) -> None:
        """Put the copy of a kept reading (the JSON that `drkit snapshot` writes) under the sandbox.

        What was in the old world is gone. `ValueError` with a sentence for what is no kept reading.
        """
        with self._lock:
            self._catch_up()
            worlds.change_to_copy(self.world, content)

    def state(self) -> Json:
        """What the control API shows: the world's name, time and counts, how its scenario stands, and which
        worlds there are.
        """
        with self._lock:
            self._catch_up()
            return control.state(self.world)

    def invariants(self) -> list[str]:
        """Sentences for what is inconsistent in the world; none when it is sound."""
        with self._lock:
            self._catch_up()
            return invariants.broken(self.world)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the world, without what opens it, to a file for its owner only, in the place of what was
        there.
        """
        with self._lock:
            self._catch_up()
            text = saving.text(self.world)
        saving.write(Path(path), text)

    @classmethod
    def load(
        cls,
        path: str | os.PathLike[str],
        *,
        speed: float = 10.0,
        now: Callable[[], float] | None = None,
        manner: str = "full",
    ) -> "Sandbox":
        """A sandbox that goes on with a saved world, at the time it was saved.

        Raises `ValueError` with a sentence when the file holds no world, `OSError` when it cannot be read.
        """
        try:
            text = Path(path).read_text()
        except UnicodeDecodeError:
            raise ValueError(f"{path} is not a saved world: it is not a text.") from None
        return cls(saving.world_from(text), speed=speed, now=now, manner=manner)

    @classmethod
    def fork(
        cls,
        content: bytes,
        *,
        speed: float = 10.0,
        now: Callable[[], float] | None = None,
        manner: str = "full",
    ) -> "Sandbox":
        """A sandbox whose world is a copy of the project in a kept reading; its state says of which.

        Raises `ValueError` with a sentence for what is no kept reading.
        """
        start = time.time() if now is None else EPOCH
        return cls(forking.fork(content, start), speed=speed, now=now, manner=manner)

    def _catch_up(self) -> None:
        ticked = self._tick()
        elapsed, self._ticked = max(0.0, ticked - self._ticked), ticked
        agenda.pass_time(self.world, elapsed * self.speed, elapsed)
