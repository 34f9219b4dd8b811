"""What a rehearsal is measured against, fixed before the start and kept in its plan."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Self

from drkit.errors import InputError
from drkit.showing import shows

LONGEST_TEXT = 2000
LONGEST_TARGET = timedelta(days=30)


class RunbookKind(StrEnum):
    """The runbooks that are measured."""

    DRILL = "dr_drill"
    PLANNED_FAILOVER = "planned_failover"
    FAILBACK = "failback"
    FAILOVER = "failover"
    REPROTECT = "reprotect"
    RESTART = "restart"
    CLEANUP = "cleanup"

    @property
    def words(self) -> str:
        """The name as people write it: "planned failover", "DR drill"."""
        return _WORDS.get(self, self.value.replace("_", " "))

    @property
    def recovers(self) -> bool:
        """Whether a service is brought back, so that a recovery time is measured."""
        return self not in {RunbookKind.REPROTECT, RunbookKind.CLEANUP}

    @property
    def switches(self) -> bool:
        """Whether production is switched, so that there is a recovery point to judge."""
        return self in {RunbookKind.PLANNED_FAILOVER, RunbookKind.FAILBACK, RunbookKind.FAILOVER}

    @property
    def beside(self) -> bool:
        """Whether production goes on meanwhile, and what is done is done beside it."""
        return self in {RunbookKind.DRILL, RunbookKind.CLEANUP}

    @property
    def declared(self) -> bool:
        """Whether somebody must have declared the disaster first."""
        return self is RunbookKind.FAILOVER


_WORDS = {
    RunbookKind.DRILL: "DR drill",
    RunbookKind.REPROTECT: "re-protection",
    RunbookKind.RESTART: "restart of production",
    RunbookKind.CLEANUP: "clean-up of a DR drill",
}


_SPAN = re.compile(r"(?:(\d+)\s*h)?\s*(?:(\d+)\s*m(?:in)?)?\s*(?:(\d+)\s*s?)?", re.IGNORECASE)


def read_seconds(text: str) -> int:
    """Read a span of time as seconds: "900", "15 min", "1 h 30 min"; a number alone is seconds.

    Raises `InputError`.
    """
    match = _SPAN.fullmatch(text.strip())
    if not match or not any(match.groups()):
        raise InputError(f"{text!r} is no span of time; write it as 15 min, 1 h 30 min or 900 s.")
    hours, minutes, seconds = (int(each or 0) for each in match.groups())
    return hours * 3600 + minutes * 60 + seconds


def spell_seconds(seconds: int) -> str:
    """A span of time as `read_seconds` reads it: "15 min", "1 h 30 min", "45 s"."""
    hours, rest = divmod(seconds, 3600)
    parts = ((hours, "h"), (rest // 60, "min"), (rest % 60, "s"))
    return " ".join(f"{count} {unit}" for count, unit in parts if count) or "0 s"


@shows("kind", "scenario")
@dataclass(frozen=True, slots=True)
class Objectives:
    """Why a rehearsal is done, by whom, and what counts as success.

    `criteria` says what counts as recovered; `rto_targets` are seconds by group id; `rpo_target` is in
    seconds (0: every pair is to be synchronised at the switch). The `declared_` fields tell, for a failover,
    what happened, who declared it and since when (UTC). `expert_absent` says that the people who
    usually do this kept out of it. With `second_person` somebody of another login than the runner's approves
    the plan before its first change, and accepts the record. `follows` is the run that this one goes on from,
    for example the planned failover that failed.
    """

    kind: RunbookKind
    scenario: str
    scope: str
    criteria: str
    participants: tuple[str, ...]
    rto_targets: tuple[tuple[str, int], ...] = ()
    rpo_target: int = 0
    expert_absent: bool = False
    declared_what: str = ""
    declared_by: str = ""
    declared_at: datetime | None = None
    follows: str = ""
    second_person: bool = False

    def target(self, group_id: str) -> int | None:
        """The RTO target of a group in seconds; None where none was set."""
        return dict(self.rto_targets).get(group_id)

    def continued(self, kind: RunbookKind, follows: str, since: datetime | None = None) -> Self:
        """The same objectives for the runbook that goes on from a run.

        Where the service was not back yet, `since` says from when its recovery clock ran: it goes on, from
        the declared event, else from there. None: it was back, and what comes now is an event of its own.
        """
        if since is None:
            none = replace(self, declared_what="", declared_by="", declared_at=None)
            return replace(none, kind=kind, follows=follows)
        return replace(self, kind=kind, follows=follows, declared_at=self.declared_at or since)

    def faults(self, groups: Mapping[str, str], now: datetime) -> dict[str, str]:
        """What is wrong, as a sentence per field; empty when the start may come.

        `groups` are the names of the plan's groups by id.
        """
        faults = dict(self._missing()) | self._target_faults(groups)
        if self.declared_at is not None and self.declared_at.tzinfo is None:
            faults["declared_at"] = "Say the time of the declaration with its time zone."
        elif self.declared_at is not None and self.declared_at > now:
            faults["declared_at"] = (
                f"The declaration cannot lie ahead: {self.declared_at:%Y-%m-%d %H:%M} UTC is after now, "
                f"{now:%Y-%m-%d %H:%M} UTC."
            )
        return faults

    def check(self, groups: Mapping[str, str], now: datetime) -> Self:
        """The objectives themselves; raises `InputError` with every fault in one text."""
        if faults := self.faults(groups, now):
            raise InputError("\n".join(f"{field}: {sentence}" for field, sentence in faults.items()))
        return self

    def _missing(self) -> Iterable[tuple[str, str]]:
        wanted = {
            "scenario": "Say what is rehearsed, or what happened.",
            "scope": "Say what is in scope.",
            "criteria": "Say what counts as recovered, so that success can be told afterwards.",
        }
        if self.kind.declared:
            wanted["declared_what"] = "Say what happened."
            wanted["declared_by"] = "Say who declared the disaster."
            if self.declared_at is None:
                yield "declared_at", "Say since when; the recovery time is counted from there."
        for field, sentence in wanted.items():
            if not getattr(self, field).strip():
                yield field, sentence
        for field in ("scenario", "scope", "criteria", "declared_what", "declared_by"):
            if len(getattr(self, field)) > LONGEST_TEXT:
                yield field, f"At most {LONGEST_TEXT} characters."
        if not self.participants or not all(each.strip() for each in self.participants):
            yield "participants", "Name everybody who takes part, at least one."
        elif any("\n" in each or len(each) > 200 for each in self.participants):
            yield "participants", "One name is one line of at most 200 characters."

    def _target_faults(self, groups: Mapping[str, str]) -> dict[str, str]:
        targets = dict(self.rto_targets)
        longest = int(LONGEST_TARGET.total_seconds())
        wrong = [groups.get(key, key) for key, value in targets.items() if not 0 < value <= longest]
        if strangers := [key for key in targets if key not in groups]:
            return {"rto_targets": f"No group of this plan: {', '.join(strangers)}."}
        if wrong:
            return {"rto_targets": f"Between 1 second and 30 days, please: {', '.join(wrong)}."}
        unset = [name for key, name in groups.items() if key not in targets]
        if self.kind.recovers and unset:
            return {"rto_targets": f"Set the time in which it has to be back, for: {', '.join(unset)}."}
        if self.rpo_target < 0:
            return {"rpo_target": "The RPO target is a number of seconds, 0 or more."}
        return {}

    def to_json(self) -> dict[str, Any]:
        """The objectives as JSON values."""
        when = self.declared_at.isoformat() if self.declared_at else None
        return {**asdict(self), "kind": self.kind.value, "declared_at": when}

    @classmethod
    def from_json(cls, source: Mapping[str, Any]) -> Self:
        """What `to_json` wrote, also after a trip through a JSON text."""
        when = source["declared_at"]
        read = {
            "kind": RunbookKind(source["kind"]),
            "participants": tuple(source["participants"]),
            "rto_targets": tuple((key, seconds) for key, seconds in source["rto_targets"]),
            "declared_at": datetime.fromisoformat(when) if when else None,
        }
        return cls(**{**source, **read})
