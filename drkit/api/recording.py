"""Recordings of what was read of a real project, to be sent to whoever looks for a bug.

A recording holds requests and answers in other words (`pseudonyms`), without headers and without the sign-in.
While one is made nothing but reads leaves this process. It can be answered from again, and loaded as a
practice world (`drkit sandbox --replay`, `--from`).
"""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Final

from drkit.api.pseudonyms import Pseudonyms
from drkit.api.responses import Response
from drkit.api.wire import Json, Request
from drkit.errors import InputError
from drkit.model import Backend

FORM: Final = "drkit-talk-1"
UNREADABLE: Final = "this was no JSON"


class Recording:
    """What was asked and answered since it began, in order. Thread-safe."""

    def __init__(self) -> None:
        self._pseudonyms, self._lock = Pseudonyms(), threading.Lock()
        self._talks: list[dict[str, Json]] = []

    def __len__(self) -> int:
        return len(self._talks)

    def hear(self, request: Request, answer: Response) -> None:
        """Keep a request in the project and its answer; of the sign-in nothing is kept."""
        if request.service not in {"sdrs", "ecs", "evs", "cts"} or request.path == "/":
            return
        with self._lock:
            other = self._pseudonyms
            self._talks.append(
                {
                    "service": request.service,
                    "method": request.method,
                    "path": "/".join(map(self._segment, request.path.split("/"))),
                    "query": [[key, self._parameter(key, value)] for key, value in request.query],
                    "body": other.of(request.body),
                    "status": answer.status,
                    "answer": self._answer(answer.body),
                }
            )

    def document(self, backend: Backend, at: datetime, version: str) -> bytes:
        """The recording as JSON. InputError where nothing was heard."""
        if not self._talks:
            raise InputError("Nothing was read, so there is nothing to record.")
        other = self._pseudonyms
        content = {
            "form": FORM,
            "drkit": version,
            "recorded_at": at.isoformat(timespec="seconds"),
            "cloud": backend.cloud,
            "region": backend.region,
            "project": other.text(backend.project),
            "project_id": other.ids(backend.project_id),
            "talks": self._talks,
        }
        return json.dumps(content, indent=1, ensure_ascii=False).encode()

    def _segment(self, segment: str) -> str:
        other = self._pseudonyms.ids(segment)
        return other if other != segment or _known(segment) else self._pseudonyms.text(segment)

    def _parameter(self, key: str, value: str) -> str:
        return value if value.isdecimal() else self._pseudonyms.text(value, key)

    def _answer(self, body: bytes) -> Json:
        try:
            return self._pseudonyms.of(json.loads(body)) if body else None
        except (ValueError, RecursionError):
            return UNREADABLE


def _known(segment: str) -> bool:
    """Whether a part of a path is a word of the service's."""
    return re.fullmatch(r"[a-z_-]{0,24}", segment) is not None


_recordings: list[Recording] = []  # of this process: requests leave from many threads


@contextmanager
def recorded() -> Iterator[Recording]:
    """Within this, everything that is read is recorded, and nothing else leaves. One at a time."""
    if _recordings:
        raise InputError("A recording is being made already.")
    _recordings.append(Recording())
    try:
        yield _recordings[0]
    finally:
        _recordings.clear()


def overhear(request: Request, answer: Response) -> None:
    """Keep what was asked and answered, where somebody records."""
    for recording in tuple(_recordings):
        recording.hear(request, answer)


def refusal(request: Request) -> str:
    """Why a request does not leave while somebody records; empty where it may."""
    if _recordings and request.changes:
        return "a recording is being made, and nothing but reads leaves. Nothing was sent."
    return ""
