"""Runs told by hand: entries as the journal keeps them, ten seconds apart, each bound to the one before."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from drkit.journal import Entry, EntryKind
from drkit.journal.entries import cleaned
from drkit.model import Backend, Change, Operation
from drkit.plan.objectives import Objectives
from drkit.plan.objectives import RunbookKind as Runbook
from drkit.plan.steps import ManualStep, Plan, Step
from drkit.report.evidence import Evidence
from drkit.report.gathering import gather

Data = Mapping[str, Any]
NOTHING: Data = {}
START = datetime(2026, 3, 1, 3, tzinfo=UTC)
PRACTICE = Backend(True, "sandbox", "sandbox-1", "practice", "p1")
REAL = Backend(False, "Open Telekom Cloud", "eu-de", "eu-de_shop", "0a1b2c")
GROUP = "g1"
AIMS = Objectives(
    Runbook.PLANNED_FAILOVER,
    "Work on the cooling of the first zone.",
    "The group billing.",
    "The invoice page answers.",
    ("Duty lead", "Database desk"),
    ((GROUP, 900),),
)


def change_step(key: str = "1", title: str = "Planned failover of billing") -> Step:
    change = Change.of(Operation.PLANNED_FAILOVER, GROUP, to="target")
    return Step(key, title, change, wave=1, undo="Fail back.")


def hand_step(key: str, title: str, *, needs: tuple[str, ...] = ("1",)) -> Step:
    asks = next((asks for asks in ManualStep if asks == title.partition(":")[0]), None)
    return Step(
        key, title, instruction="Look at it.", needs=needs, about=GROUP, wave=1, skippable=True, asks=asks
    )


def plan_of(*steps: Step, aims: Objectives | None = AIMS, backend: Backend = PRACTICE) -> Plan:
    groups, answers = ((GROUP, "billing"),), {GROUP: (("2",),)} if aims else {}
    title = "Planned failover of billing"
    return Plan(title, backend, groups, steps, START, objectives=aims, recovered_by=answers)


def usual_plan(aims: Objectives | None = AIMS, backend: Backend = PRACTICE) -> Plan:
    """A switch, somebody who says that the service answers, and somebody who accepts."""
    steps = (change_step(), hand_step("2", "Service answers: billing"), hand_step("3", "Accepted: billing"))
    return plan_of(*steps, aims=aims, backend=backend)


class Story:
    """A run's entries, told one by one."""

    def __init__(
        self, plan: Plan, more: Data = NOTHING, *, run_id: str = "run-1", start: datetime = START
    ) -> None:
        self.plan, self.run_id, self.start = plan, run_id, start
        self.entries: list[Entry] = []
        data = {"plan": plan.to_json(), "digest": plan.digest, "confirmed": "billing", "fail_fast": False}
        self.tell(EntryKind.PLANNED, data={**data, **more})

    def tell(
        self,
        kind: EntryKind,
        step: str = "",
        data: Data = NOTHING,
        *,
        job_id: str = "",
        fence: int = 1,
        who: str = "duty",
    ) -> "Story":
        seq = len(self.entries)
        at = self.start + timedelta(seconds=10 * seq)
        entry = Entry(self.run_id, seq, step, kind, at, who, "desk", "0.1.0", job_id, fence, cleaned(data))
        previous = self.entries[-1].hash if self.entries else ""
        self.entries.append(replace(entry, hash=entry.sealed_after(previous)))
        return self

    def sent(self, step: str = "1", behind: tuple[str, ...] = ()) -> "Story":
        """Intended, with what was read of the pairs, and accepted by the service."""
        change = self.plan.step(step).change
        assert change
        point = {"pairs": 4, "active": 4 - len(behind), "behind": list(behind), "read_at": START.isoformat()}
        told = {
            "change": change.to_json(),
            "before": {},
            "recovery_point": {**point, "method": "Synchronous."},
        }
        return self.tell(EntryKind.INTENDED, step, told).tell(EntryKind.SENT, step, job_id=f"job-{step}")

    def done(self, step: str = "1", more: Data = NOTHING) -> "Story":
        return self.tell(EntryKind.SETTLED, step, {"phase": "done", "sentence": "Done.", **more})

    def failed(self, step: str = "1") -> "Story":
        told = {"code": "SDRS.2005", "reason": "No capacity.", "remedy": "Make room, then retry."}
        return self.tell(EntryKind.SETTLED, step, {"phase": "failed", "sentence": "It failed.", **told})

    def resumed(self) -> "Story":
        return self.tell(EntryKind.NOTED, data={"resumed_by": "duty on desk"})

    def asked(self, step: str) -> "Story":
        return self.tell(EntryKind.NOTED, step, {"phase": "ready", "sentence": "Look at it."})

    def signed(self, step: str, *, passed: bool = True, note: str = "") -> "Story":
        phase = "done" if passed else "failed"
        told = {
            "phase": phase,
            "signed_by": "Database desk",
            "passed": passed,
            "note": note,
            "sentence": "Said Database desk.",
        }
        return self.asked(step).tell(EntryKind.SETTLED, step, told)

    def skipped(self, step: str, reason: str = "No time") -> "Story":
        told = {"phase": "skipped", "sentence": f"Skipped: {reason}", "reason": reason}
        return self.tell(EntryKind.SETTLED, step, told)

    def left(self, step: str) -> "Story":
        told = {"phase": "not sent", "sentence": "It needs step 1, which failed."}
        return self.tell(EntryKind.NOTED, step, told)

    def lost(self, step: str = "1") -> "Story":
        """What became of it could not be told."""
        return self.tell(EntryKind.NOTED, step, {"phase": "unknown", "sentence": "Cannot be told."})

    def ends(self, phase: str = "done", more: Data = NOTHING) -> "Story":
        return self.tell(EntryKind.SETTLED, data={"phase": phase, "sentence": f"Ended: {phase}.", **more})

    def stops(self) -> "Story":
        under_way = [{"step": "1", "title": "Planned failover of billing", "job_id": "job-1", "seen": ""}]
        told = {"phase": "stopped", "sentence": "Stopped by the operator.", "in_flight": under_way}
        return self.tell(EntryKind.STOPPED, data=told)

    def added(self, data: Data, step: str = "") -> "Story":
        """What people add, also after the end: it is written without a lease."""
        return self.tell(EntryKind.NOTED, step, data, fence=0)

    @property
    def evidence(self) -> Evidence:
        return gather(self.entries)


def usual(aims: Objectives | None = AIMS, backend: Backend = PRACTICE) -> Story:
    """A planned failover that went as planned, up to its end."""
    begun = Story(usual_plan(aims, backend)).sent().done()
    return begun.signed("2").signed("3", note="Totals match.").ends()
