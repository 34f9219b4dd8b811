"""Removing a group's protection, with or without a screen: choose, plan, start, account for what stays."""

from dataclasses import replace
from typing import TYPE_CHECKING

from drkit.execution import Run, RunState, planned, recorded
from drkit.model import Inventory, Operation
from drkit.plan import Plan, Removal, plan_removal
from drkit.runbooks.answers import Answers
from drkit.runbooks.requests import RemovalRequest
from drkit.runbooks.rows import frame
from drkit.runbooks.session import RunbookSession
from drkit.runbooks.unattended import Unattended
from drkit.showing import count

if TYPE_CHECKING:
    from pandas import DataFrame


class RemovalSession(RunbookSession[RemovalRequest]):
    """Taking the protection of one group away."""

    surveys = ("groups",)
    first = "Choose the protection group first."

    def draft(self, group: str, removal: Removal) -> Plan:
        """Read the group (name or id) and plan; raises `RefusedError` with every objection."""
        group_id = self.surveyed.group(group).id
        self.request = replace(self.request, group=group_id)
        self.inventory = reading = self.site.client.inventory(group_id, disks=True)
        named = [(group_id, reading.groups[group_id].name)] if group_id in reading.groups else []
        self.plan = planned(self.site.journal, named, lambda: plan_removal(reading, group_id, removal))
        return self.plan

    def rows(self) -> list[dict[str, str]]:
        """The whole plan as plain rows: what is done, and by whom."""
        by = "looked up, or a person says so"
        return [
            {"step": step.key, "title": step.title, "how": "drkit" if step.change else by}
            for step in self.drafted.steps
        ]

    def left(self) -> Inventory:
        """What there is now, read anew: of a group that is gone nothing is in it."""
        self.overview = self.site.client.inventory()
        return self.overview

    def _refuses(self, plan: Plan) -> str:
        sent = [step.change.operation for step in plan.steps if step.change]
        ours = sent[-1:] == [Operation.DELETE_GROUP] and len(plan.steps) > 1
        return "" if ours else f"does not remove a protection: {plan.title}."

    def _take_up(self, plan: Plan) -> None:  # noqa: ARG002 - the group may be gone by now
        self.survey()
        self.inventory = self.overview


class UnattendedRemoval(Unattended[RemovalSession]):
    """The steps of removing a protection by the same names; each does its work at once."""

    def __init__(self, session: RemovalSession) -> None:
        super().__init__(session)
        request = session.request
        self.answers = Answers(request.attest, request.signed_by, "the parameter signed_by")

    def choose(self) -> "DataFrame":
        """Read the group of the parameters and make the plan; gives its steps. Raises `RefusedError`."""
        session, request = self.session, self.session.request
        before = None
        if request.run:
            before = recorded(session.site.journal, request.run)
            session.resume(request.run, attended=False)
        else:
            session.survey()
            session.draft(request.group, Removal(request.with_disks, request.with_servers, request.with_eip))
        self.answers.check(session.drafted, before)
        return frame(session.rows())

    def confirm(self) -> "DataFrame":
        """Print what goes and what stays, and start when the parameter confirm is the name of the group."""
        steps = count(len(self.session.drafted.steps), "step")
        return self._confirmed(steps, "the name of the group", self.session.rows())

    def run(self) -> "DataFrame":
        """Wait until nothing is left to do or nobody can answer; gives what became of each step."""
        return frame(self.session.rows()) if self.session.request.dry_run else self._ended()

    def result(self) -> "DataFrame":
        """The groups that are there now."""
        return self.session.site.groups()

    def _answer(self, run: Run, state: RunState) -> bool:
        return self.answers.give(run, state)
