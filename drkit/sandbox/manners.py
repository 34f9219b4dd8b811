"""The manners in which real services answer: fewer keys, other nulls.

The response tables of the reference list every key; its printed examples leave some out, and real answers
leave out more. A client that was only ever shown whole answers fails at the first real one.
"""

from collections.abc import Callable, Mapping
from random import Random
from typing import Final

from drkit.sandbox.answers import Answer, ok
from drkit.sandbox.things import Json

MANNERS: Final = ("full", "reference", "sparse", "mixed")

_LISTINGS: Final = {
    "server_groups": "server_group",
    "protected_instances": "protected_instance",
    "replications": "replication",
    "disaster_recovery_drills": "disaster_recovery_drill",
}
_KINDS: Final = frozenset(_LISTINGS.values())
_MANDATORY: Final = frozenset({"id", "status", "server_group_id"})
_DISPENSABLE: Final = frozenset(
    {
        "description",
        "progress",
        "created_at",
        "updated_at",
        "domain_id",
        "domain_name",
        "tags",
        "health_status",
    }
)
"""What no decision rests on: a mixed answer may leave any of it out."""


def in_manner(answer: Answer, manner: str, dice: Random) -> Answer:
    """The answer as a service of that manner gives it; only things of SDRS are told otherwise."""
    if manner == "full" or answer.status != 200 or not answer.body:
        return answer
    body = answer.json()
    if not isinstance(body, dict) or not (body.keys() & (_LISTINGS.keys() | _KINDS)):
        return answer
    change = _CHANGES[dice.choice(("full", "reference", "lean")) if manner == "mixed" else manner]
    told = {key: _changed(key, value, change, dice) for key, value in body.items()}
    return Answer(answer.status, ok(told).body, answer.headers, answer.lost, answer.delay)


Change = Callable[[str, Mapping[str, Json], Random], dict[str, Json]]


def _changed(key: str, value: Json, change: Change, dice: Random) -> Json:
    if key in _LISTINGS and isinstance(value, list):
        return [change(_LISTINGS[key], row, dice) for row in value]
    return change(key, value, dice) if key in _KINDS and isinstance(value, dict) else value


def _full(_kind: str, row: Mapping[str, Json], _dice: Random) -> dict[str, Json]:
    return dict(row)


def _as_printed(kind: str, row: Mapping[str, Json], _dice: Random) -> dict[str, Json]:
    """As the examples on the pages: "Querying Replication Pairs" and "Querying the Details of a Protection
    Group". `failure_detail` comes with the status error only.
    """
    if kind == "replication":
        failed = row["status"] == "error"
        return {key: value for key, value in row.items() if failed or key != "failure_detail"}
    if kind == "server_group":
        nulls = dict.fromkeys(("protected_status", "replication_status", "health_status"))
        return {**row, **nulls, "description": row["description"] or None}
    return dict(row)


def _sparse(_kind: str, row: Mapping[str, Json], _dice: Random) -> dict[str, Json]:
    return {key: value for key, value in row.items() if key in _MANDATORY}


def _lean(_kind: str, row: Mapping[str, Json], dice: Random) -> dict[str, Json]:
    return {key: value for key, value in row.items() if key not in _DISPENSABLE or dice.random() < 0.5}


_CHANGES: Final[Mapping[str, Change]] = {
    "full": _full,
    "reference": _as_printed,
    "sparse": _sparse,
    "lean": _lean,
}
