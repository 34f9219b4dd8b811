"""`PlanBuilder`: a plan in the making, each change judged on what the ones before it leave."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from drkit.errors import IN_THE_TABLE, EffectUnknownError, RefusedError
from drkit.model import Change, Inventory, Operation, ProtectionGroup
from drkit.plan.commands import against
from drkit.plan.objectives import Objectives, RunbookKind, spell_seconds
from drkit.plan.readiness import spelled_out, way_there
from drkit.plan.steps import PAUSE, READ, Answers, ManualStep, Plan, Step
from drkit.rules import Objection, Projection, judge_in
from drkit.showing import count, first_few

SWITCHES = {
    Operation.PLANNED_FAILOVER: RunbookKind.PLANNED_FAILOVER,
    Operation.FAILOVER: RunbookKind.FAILOVER,
    Operation.REPROTECT: RunbookKind.REPROTECT,
    Operation.CREATE_DRILL: RunbookKind.DRILL,
}
"""The operations that a way is searched to when they are refused, and the runbook about each."""
_LONGER_WITH_MORE_PAIRS = {*SWITCHES, Operation.DELETE_DRILL}


class PlanBuilder:
    """Collects steps in order. What is refused is collected too, and `plan` raises all of it at once.

    `world` is what the steps so far will leave. After the first objection to a group its further steps are
    not judged: they would only be refused for the same reason. A rule that could not be asked is noted.
    """

    def __init__(
        self,
        inventory: Inventory,
        operation: Operation,
        groups: Sequence[ProtectionGroup],
        objectives: Objectives,
    ) -> None:
        self.inventory, self._operation = inventory, operation
        self._groups, self._objectives = groups, objectives
        self.notes: list[str] = []
        self._steps: list[Step] = []
        self.world = Projection.of(inventory)
        self._objections: list[Objection] = []
        self._refused: dict[str, tuple[str, ...]] = {}
        self._recovered: dict[str, Answers] = {}
        self._first: tuple[str, ...] = ()  # what every step waits for that waits for no other
        if objectives.second_person:
            words = "reads the record until somebody of another login has approved it: drkit approve RUN"
            self._first = (self.ask(ManualStep.APPROVED, named(groups), words, "", skippable=False),)

    def send(
        self,
        title: str,
        change: Change,
        *,
        needs: Iterable[str] = (),
        undo: str = "",
        skippable: bool = False,
        wave: int = 0,
    ) -> str:
        """A step that sends a change; its key. Raises `EffectUnknownError`."""
        self._judge(change, title)
        pairs = self.inventory.pairs_of(change.group_id)
        return self._add(
            Step(
                self.next_key,
                title,
                change,
                needs=tuple(needs),
                undo=undo,
                skippable=skippable,
                wave=wave,
                size=len(pairs) if change.operation in _LONGER_WITH_MORE_PAIRS else 0,
            )
        )

    def ask(
        self,
        asks: ManualStep,
        name: str,
        instruction: str,
        about: str,
        *,
        needs: Iterable[str] = (),
        after: Iterable[str] = (),
        skippable: bool = True,
        wave: int = 0,
    ) -> str:
        """A step that a person does for the thing of that name, and signs; its key.

        What a reading can tell (`READ`) no person is asked: then the step is read until it holds.
        """
        return self._add(
            Step(
                self.next_key,
                f"{asks}: {name}",
                check=READ.get(asks, ""),
                instruction=instruction,
                needs=tuple(needs),
                after=tuple(after),
                skippable=skippable,
                wave=wave,
                about=about,
                asks=asks,
            )
        )

    def probe(self, title: str, check: str, about: str, *, needs: Iterable[str], wave: int = 0) -> str:
        """A step that repeats a health check until it holds; its key."""
        return self._add(
            Step(
                self.next_key, title, check=check, needs=tuple(needs), skippable=True, wave=wave, about=about
            )
        )

    def pause(self, title: str, seconds: int, about: str, *, needs: Iterable[str], wave: int = 0) -> str:
        """A step that lets some seconds of the service's time pass; its key."""
        return self._add(
            Step(
                self.next_key,
                title,
                check=f"{PAUSE}{seconds}",
                instruction=f"lets {spell_seconds(seconds)} pass before what comes next",
                needs=tuple(needs),
                skippable=True,
                wave=wave,
                about=about,
            )
        )

    def recovered(self, group_id: str, answers: Answers) -> None:
        """Say which steps tell that the service of a group answers."""
        self._recovered[group_id] = answers

    def plan(self, title: str) -> Plan:
        """The finished plan. Raises `RefusedError` with every objection when something is not allowed."""
        if self._objections:
            raise RefusedError(self._refusal(title), self._objections)
        return Plan(
            title=title,
            backend=self.inventory.backend,
            groups=tuple((each.id, each.name) for each in self._groups),
            steps=tuple(self._steps),
            read_at=self.inventory.read_at,
            notes=tuple(dict.fromkeys(self.notes)),
            objectives=self._objectives,
            recovered_by=self._recovered,
        )

    def _refusal(self, title: str) -> str:
        lines = [f"{title} cannot start now, and nothing was sent. {count(len(self._objections), 'reason')}:"]
        lines.append(
            first_few((against(each, self.inventory) for each in self._objections), IN_THE_TABLE, "\n")
        )
        for group in self._groups:
            if way := self._refused.get(group.id):
                lines.append(f"The shortest legal way to it for {group.name}:")
                lines += [f"{number}. {step}" for number, step in enumerate(way, start=1)]
        return "\n".join(lines)

    @property
    def next_key(self) -> str:
        """The key that the next step will have."""
        return str(len(self._steps) + 1)

    def _add(self, step: Step) -> str:
        waits = step.needs or step.after
        self._steps.append(step if waits else replace(step, needs=self._first))
        return step.key

    def _judge(self, change: Change, title: str) -> None:
        if change.group_id in self._refused:
            return
        verdict = judge_in(change, self.world)
        self.notes.extend(map(str, verdict.unread))
        if verdict.objections:
            self._objections.extend(verdict.objections)
            self._refused[change.group_id] = self._way(change.group_id)
            return
        try:
            self.world = self.world.after(change)
        except EffectUnknownError as error:
            raise EffectUnknownError(f"Step {self.next_key} ({title}): {error}") from None

    def _way(self, group_id: str) -> tuple[str, ...]:
        kind = SWITCHES.get(self._operation)
        known = kind and group_id in self.inventory.groups
        return spelled_out(way_there(self.inventory, group_id, kind)) if kind and known else ()


def distinct(inventory: Inventory, group_id: str) -> ProtectionGroup:
    """A group under a name that tells it from all others, for a plan and what is typed to confirm it."""
    return replace(inventory.groups[group_id], name=inventory.called(group_id))


def named(groups: Iterable[ProtectionGroup]) -> str:
    """The names of groups as one text."""
    return ", ".join(each.name for each in groups)
