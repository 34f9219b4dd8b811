"""A recording of what was read of a real project, answered from again: the same answers to the same requests.

The file is what `drkit record` writes: JSON with the form "drkit-talk-1". Signing in is the range's own; what
was not recorded is answered with 404 in words, and nothing can be changed.
"""

import json
from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl

from drkit.sandbox.answers import Answer, gateway, ok
from drkit.sandbox.box import Sandbox
from drkit.sandbox.things import Account, Json
from drkit.sandbox.world import World

FORM: Final = "drkit-talk-1"
_VERSIONS: Final = ("v1", "v2", "v3")


def recording(content: bytes) -> Json:
    """What is recorded in a file. `ValueError` with a sentence for what is no recording."""
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        raise ValueError("This is no recording: it is not JSON.") from None
    if not isinstance(document, dict) or document.get("form") != FORM:
        raise ValueError(
            f"This is no recording of a project, or one of a newer drkit: it does not say {FORM}."
        )
    talks = document.get("talks")
    texts = (document.get(key) for key in ("cloud", "project", "project_id", "region", "recorded_at"))
    if not isinstance(talks, list) or not all(isinstance(it, str) for it in texts):
        raise ValueError("This recording is damaged; ask for another one.")
    return document


class Replay(Sandbox):
    """A backend that answers from a recording. `ValueError` with a sentence for what is none."""

    def __init__(self, content: bytes, *, speed: float = 1.0) -> None:
        self.document = document = recording(content)
        world = World(name="recording")
        world.account = Account(
            region=document["region"],
            project_id=document["project_id"],
            project=document["project"],
            domain_id="recorded-domain",
            user_id="recorded-user",
        )
        world.facts = {"domains": {}}
        super().__init__(world, speed=speed)
        self._answers: dict[str, list[Answer]] = {}
        try:
            for talk in document["talks"]:
                self._answers.setdefault(_asked(talk), []).append(_answer(talk))
        except (TypeError, KeyError, ValueError) as error:
            raise ValueError(f"This recording is damaged: {error}; ask for another one.") from None

    def handle(
        self, method: str, path: str, query: bytes | str, headers: Mapping[str, str], body: bytes
    ) -> Answer:
        """Answer from the recording; asked the same once more, the next answer, and the last one for good."""
        answer = super().handle(method, path, query, headers, body)
        version, _, rest = path.strip("/").partition("/")
        project, _, inside = rest.partition("/")
        if version not in _VERSIONS or project != self.world.account.project_id or answer.status == 401:
            return answer
        text = query.decode("latin-1") if isinstance(query, bytes) else query
        key = _key(method.upper(), f"/{inside}", parse_qsl(text, keep_blank_values=True), body)
        with self._lock:
            known = self._answers.get(key, [])
            found = known.pop(0) if len(known) > 1 else known[0] if known else _unknown(method, inside)
        return Answer(found.status, found.body, {**answer.headers, **found.headers})


def _asked(talk: Json) -> str:
    body = json.dumps(talk["body"]).encode() if talk["body"] is not None else b""
    return _key(talk["method"], talk["path"], [(key, value) for key, value in talk["query"]], body)


def _key(method: str, path: str, query: list[tuple[str, str]], body: bytes) -> str:
    content = json.loads(body) if body else None
    return json.dumps([method, path, sorted(query), content], sort_keys=True)


def _answer(talk: Json) -> Answer:
    return (
        ok(talk["answer"], int(talk["status"])) if talk["answer"] is not None else Answer(int(talk["status"]))
    )


def _unknown(method: str, inside: str) -> Answer:
    error = gateway(404, "RECORDING", f"{method} /{inside[:200]} was not recorded.")
    return ok(error.body, error.status)
