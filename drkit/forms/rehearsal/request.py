"""What a notebook's parameters ask of a rehearsal, and how their texts are read."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from drkit.errors import InputError, UnknownNameError
from drkit.model import parse_time
from drkit.plan import Objectives, RunbookKind, read_seconds

EVERY_GROUP = "*"


@dataclass(frozen=True, slots=True)
class RehearsalRequest:
    """The parameters of a rehearsal; nearly all may be empty when somebody is there to say more.

    `kind` is one of the runbooks ("dr_drill", "planned_failover", "failback", "failover", "reprotect",
    "restart", "cleanup"). `waves` are names or ids of groups, those that go side by side joined by "+". `rto`
    has spans of time by group ("15 min"; "*" stands for every group), `checks` health checks by group.
    `declared_at` is a time in UTC. `confirm`, `signed_by`, `attest` and `dry_run` count without a screen:
    `attest` has the answers to manual steps by title, or by its part before the colon: "passed: note",
    "failed: note" or "skip: reason". `run` is an earlier run to go on with.
    """

    kind: str
    profile: str = ""
    waves: Sequence[str] = ()
    scenario: str = ""
    scope: str = ""
    criteria: str = ""
    participants: Sequence[str] = ()
    expert_absent: bool = False
    rto: Mapping[str, str] = field(default_factory=dict)
    rpo: str = "0 s"
    declared_what: str = ""
    declared_by: str = ""
    declared_at: str = ""
    checks: Mapping[str, str] = field(default_factory=dict)
    hard: bool = False
    drill_name: str = ""
    drill_vpc_id: str = ""
    drills: Sequence[str] = ()
    confirm: str = ""
    signed_by: str = ""
    attest: Mapping[str, str] = field(default_factory=dict)
    dry_run: bool = False
    run: str = ""
    follows: str = ""

    def kinds(self) -> RunbookKind:
        """The runbook. Raises `UnknownNameError`."""
        try:
            return RunbookKind(self.kind)
        except ValueError:
            raise UnknownNameError.among("runbook", self.kind, RunbookKind) from None

    def split(self, known: Collection[str] = ()) -> tuple[tuple[str, ...], ...]:
        """The groups of each wave, as they are named; a `known` name may have a + of its own."""
        waves = ([each] if each in known else each.split("+") for each in self.waves)
        return tuple(filter(None, (tuple(filter(None, map(str.strip, wave))) for wave in waves)))

    def objectives(self, groups: Mapping[str, str]) -> Objectives:
        """The objectives for the groups (names by id), not yet checked. Raises `InputError`."""
        ids = {name: key for key, name in groups.items()}
        every = dict.fromkeys(groups, self.rto[EVERY_GROUP]) if EVERY_GROUP in self.rto else {}
        named = {ids.get(key, key): each for key, each in self.rto.items() if key != EVERY_GROUP}
        return Objectives(
            kind=self.kinds(),
            scenario=self.scenario.strip(),
            scope=self.scope.strip(),
            criteria=self.criteria.strip(),
            participants=tuple(each.strip() for each in self.participants if each.strip()),
            rto_targets=tuple((key, read_seconds(each)) for key, each in (every | named).items()),
            rpo_target=read_seconds(self.rpo or "0 s"),
            expert_absent=self.expert_absent,
            declared_what=self.declared_what.strip(),
            declared_by=self.declared_by.strip(),
            declared_at=read_moment(self.declared_at),
            follows=self.follows,
        )


def read_moment(text: str) -> datetime | None:
    """A time in UTC, as "2026-11-20 03:05"; None where nothing is given. Raises `InputError`."""
    if not text.strip():
        return None
    try:
        return parse_time(text)
    except ValueError:
        raise InputError(f"{text!r} is no time; write it in UTC as 2026-11-20 03:05.") from None
