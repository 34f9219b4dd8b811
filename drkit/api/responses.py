"""Answers to JSON, or to the right error. Pure; whatever a server says is untrusted text here.

Source: the chapter on status codes of the SDRS API reference, and the error bodies of SDRS, ECS, EVS, IAM
and the gateway before them: {"error": {"code", "message"}}, {"badrequest": {...}}, {"itemNotFound": {...}},
{"error_code", "error_msg"}, or no JSON at all.
"""

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from drkit.api.diagnosis import of_refusal
from drkit.api.secret import Secret
from drkit.api.wire import Json, Request
from drkit.errors import (
    BusyError,
    DrkitError,
    GoneError,
    OutcomeUnknownError,
    ServiceError,
    SignInError,
    UnavailableError,
    WireError,
)
from drkit.showing import clean

GONE = frozenset({"SDRS.1013", "SDRS.1320", "SDRS.1608", "SDRS.1902"})
"""The codes under which the service says "not found" with status 400: group, instance, pair, drill."""

SHORTEST_SECRET = 16
"""Characters from which on a secret is hidden in values too: tokens and keys are longer."""


@dataclass(frozen=True, slots=True)
class Response:
    """A whole answer: status, headers by lower-case name, body."""

    status: int
    headers: Mapping[str, str] = field(repr=False)  # the sign-in's answer carries the token here
    body: bytes = field(repr=False)

    @property
    def request_id(self) -> str:
        """What the service's support asks for."""
        return clean(self.headers.get("x-request-id", ""), 80)


def decode(answer: Response, request: Request, secrets: Collection[Secret] = ()) -> Json:
    """The JSON of an answer (None where it has no body, status 204), or the error it stands for.

    Below 300 anything that is no JSON is a `WireError`, 300 and more a `ServiceError` or one of its kinds.
    For a change everything that leaves open whether the service took it is an `OutcomeUnknownError`: an
    unreadable success, 5xx, and 408, which a gateway also says when it gave up on the service behind it.
    """
    if answer.status == 204:
        return None
    if answer.status < 300:
        try:
            return _content(answer.body, request, secrets)
        except ValueError:
            said = f"{answer.status} but no readable JSON: {_words(answer.body, secrets)!r}"
            raise _unreadable(request, said, answer) from None
    error = refusal(answer, request, secrets)
    if request.changes and (answer.status >= 500 or answer.status == 408):
        sentence = f"{error} Whether the change was taken is not known{_ask(answer)}."
        raise OutcomeUnknownError(sentence, request_id=answer.request_id)
    raise error


def refusal(answer: Response, request: Request, secrets: Collection[Secret] = ()) -> ServiceError:
    """The error that an answer of 300 and more stands for, with its code, message and request id."""
    code, message = _fault(answer, secrets)
    kind = _kind(answer.status, code)
    shown = clean(_hidden(message, secrets))
    error = kind(
        answer.status,
        clean(_hidden(code, secrets), 40),
        shown,
        where=request.where,
        request_id=answer.request_id,
        advice=of_refusal(request.service, answer.status, code, shown, request.where),
    )
    if isinstance(error, BusyError):
        error.retry_after = retry_after(answer)
    return error


def job_id(answer: Response, request: Request, body: Json) -> str:
    """The job id in the answer to a change; without one nobody knows what became of it."""
    found = body.get("job_id") if isinstance(body, dict) else None
    if isinstance(found, str) and re.fullmatch(r"[\w.:-]{1,128}", found):
        return found
    raise _unreadable(request, f"{answer.status} without a job id", answer)


def token_refused(answer: Response) -> bool:
    """Whether the service, or the gateway before it, says that it did not accept the token.

    That is said before the call is looked at. Codes: the gateway's APIGW.0301 (not authenticated) and
    APIGW.0307 (renew the token), Keystone's own 401, and SDRS.0002 (invalid tenant token, status 400).
    """
    code, _message = _fault(answer) if answer.status in {400, 401} else ("", "")
    return code in {"APIGW.0301", "APIGW.0307", "SDRS.0002"} or (answer.status, code) == (401, "401")


def retry_after(answer: Response) -> float | None:
    """The seconds of the Retry-After header, also where it is a date; None without one."""
    text = answer.headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d{1,9}", text):
        return float(text)
    then, now = _date(text), _date(answer.headers.get("date", ""))
    return max((then - now).total_seconds(), 0.0) if then and now else None


def skew(answer: Response, now: datetime) -> float:
    """How many seconds this machine's clock is ahead of the service's; 0 where it does not tell its own."""
    there = _date(answer.headers.get("date", ""))
    return (now - there).total_seconds() if there else 0.0


def _kind(status: int, code: str) -> type[ServiceError]:
    if status == 401 or code == "SDRS.0002":
        return SignInError
    if code in GONE or (status == 404 and code and not code.startswith("APIGW.")):
        return GoneError  # a 404 of the gateway or of a proxy says that the address is wrong, no more
    if status == 429:
        return BusyError
    return UnavailableError if status >= 500 or status == 408 else ServiceError


def _fault(answer: Response, secrets: Collection[Secret] = ()) -> tuple[str, str]:
    if answer.status < 400:
        return "", "this address leads elsewhere, which is not followed; check the endpoints of the profile"
    try:
        body = read_json(answer.body)
    except ValueError:
        body = None
    inner = [each for each in body.values() if isinstance(each, dict)] if isinstance(body, dict) else []
    for source in (*inner, body):
        if isinstance(source, dict) and (message := _first(source, "message", "error_msg", "msg")):
            return _first(source, "code", "error_code"), message
    return "", _words(answer.body, secrets) or "no reason given"


def _first(source: Mapping[str, Any], *keys: str) -> str:
    texts = (str(source[key]) for key in keys if isinstance(source.get(key), (str, int)))
    return next((each for each in texts if each), "")


def read_json(body: bytes) -> Json:
    """The JSON of some bytes; ValueError where they are none, or nested too deep."""
    try:
        return json.loads(body, parse_constant=_refuse)
    except RecursionError:
        raise ValueError("nested too deep") from None


def _refuse(word: str) -> None:
    raise ValueError(f"{word} is no JSON")


def _words(body: bytes, secrets: Collection[Secret]) -> str:
    """What a page that is no JSON says: its title, else its text without the tags."""
    text = _hidden(body.decode("utf-8", "replace"), secrets)[:4000]
    title = re.search(r"<title[^<>]*>([^<]*)", text, re.IGNORECASE)
    return clean(title[1] if title else re.sub(r"<[^<>]*>", " ", text))


def _content(body: bytes, request: Request, secrets: Collection[Secret]) -> Json:
    """The JSON with every long secret hidden that it repeats; a short one can be part of a name or an id.

    Looked for in the bytes first, which costs little; but escapes can spell a secret in another way.
    """
    long = [secret for secret in secrets if len(secret.reveal()) >= SHORTEST_SECRET]
    read = request.reader or read_json
    if not long or not _may_repeat(body, long):
        return read(body)
    content = read_json(body)
    hidden = _hidden_in(content, long)
    return hidden if hidden != content else read(body)


def _may_repeat(body: bytes, secrets: Collection[Secret]) -> bool:
    return b"\\" in body or any(secret.reveal().encode() in body for secret in secrets)


def _hidden_in(value: Json, secrets: Collection[Secret]) -> Json:
    if isinstance(value, str):
        return _hidden(value, secrets)
    if isinstance(value, list):
        return [_hidden_in(item, secrets) for item in value]
    if isinstance(value, dict):
        return {key: _hidden_in(item, secrets) for key, item in value.items()}
    return value


def _hidden(text: str, secrets: Collection[Secret]) -> str:
    for secret in secrets:
        text = text.replace(secret.reveal(), "***") if secret else text
    return text


def _unreadable(request: Request, said: str, answer: Response) -> DrkitError:
    if request.changes:
        sentence = (
            f"{request.where} answered {said}. Whether the change was taken is not known{_ask(answer)}."
        )
        return OutcomeUnknownError(sentence, request_id=answer.request_id)
    return WireError(f"{request.where} answered {said}{_ask(answer)}.")


def _ask(answer: Response) -> str:
    return f" (request id {answer.request_id})" if answer.request_id else ""


def _date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
