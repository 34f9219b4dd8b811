"""Protecting servers, with or without a screen: pick, group, plan, start, and what was made."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from drkit.errors import InputError
from drkit.execution import forecast, learned, planned
from drkit.model import Inventory, Operation, ProtectedInstance, ProtectionGroup, ReplicationPair
from drkit.plan import Plan, Protection, RunbookKind, groups_to_be, plan_protection
from drkit.rules import Candidate, Protectable, candidates
from drkit.runbooks.opening import filled_in, runbook_of, runbook_offer
from drkit.runbooks.practice import world_name
from drkit.runbooks.requests import ProtectRequest
from drkit.runbooks.rows import frame, plan_rows, whole_words
from drkit.runbooks.session import RunbookSession
from drkit.runbooks.unattended import Unattended
from drkit.showing import first_few

if TYPE_CHECKING:
    from pandas import DataFrame

_OURS = {Operation.CREATE_GROUP, Operation.CREATE_INSTANCE, Operation.ENABLE_PROTECTION}


@dataclass(frozen=True, slots=True)
class MadeGroup:
    """A group that a run made, as it is now; `free` are its pairs that are attached to nothing."""

    group: ProtectionGroup
    instances: tuple[ProtectedInstance, ...]
    pairs: tuple[ReplicationPair, ...]
    free: tuple[ReplicationPair, ...]


class ProtectSession(RunbookSession[ProtectRequest]):
    """Protecting some servers of the project."""

    first = "Read the servers first."

    def restart(self, request: ProtectRequest) -> None:
        """Forget everything that was chosen; another profile means another site."""
        super().restart(request)
        self.candidates: dict[str, Candidate] = {}
        self.picked: tuple[str, ...] = ()

    def survey(self) -> Inventory:
        """Read the whole project, and judge every server."""
        reading = self.site.client.inventory(disks=True, quotas=True, domains=True)
        self.overview = self.inventory = reading
        self.world = world_name(self.site)
        self.candidates = {each.server.id: each for each in candidates(reading)}
        return reading

    def requested_servers(self) -> tuple[str, ...]:
        """The ids of the servers that the parameters name. Raises `UnknownNameError`."""
        return self.request.resolved_servers(self.reading)

    def take(self, server_ids: tuple[str, ...]) -> None:
        """Take these servers; raises `InputError` for none, and for one that cannot be protected."""
        if not server_ids:
            raise InputError("Pick at least one server that can be protected.")
        wrong = [each for key in server_ids if (each := self.candidates[key]).verdict is not Protectable.YES]
        if wrong:
            reasons = first_few(
                (f"{each.server.name}: {'; '.join(each.reasons)}" for each in wrong), between=". "
            )
            raise InputError(f"Of those that are picked {len(wrong)} cannot be protected. {reasons}.")
        self.picked = server_ids

    def draft(self, wanted: Protection) -> Plan:
        """The plan for the servers that were taken. Raises as `plan_protection` does."""
        asked = replace(wanted, servers=self.picked)
        groups, _ = groups_to_be(self.reading, asked)
        names = [("", each.name) for each in groups]
        return planned(self.site.journal, names, lambda: plan_protection(self.reading, asked))

    def rows(self, plan: Plan) -> list[dict[str, str]]:
        """The whole plan as plain rows, with how long each step takes."""
        return plan_rows(plan, self._ahead(plan))

    def whole_words(self, plan: Plan) -> str:
        """How long the whole will take, and how that is known."""
        return whole_words(plan, self._ahead(plan))

    def _ahead(self, plan: Plan) -> Any:  # noqa: ANN401  # a Forecast
        past, pace = learned(self.site.journal, self.site.backend), 1 / self.site.client.speed
        return forecast(plan, past, self.clock.now(), pace=pace)

    def made(self) -> tuple[MadeGroup, ...]:
        """The groups of the run as they are now, those of them that are there."""
        names = {name for _, name in self.drafted.groups}
        self.inventory = reading = self.site.client.inventory()
        return tuple(
            MadeGroup(
                group,
                reading.instances_of(group.id),
                reading.pairs_of(group.id),
                tuple(each for each in reading.pairs_of(group.id) if not each.attachments),
            )
            for group in reading.groups.values()
            if group.name in names
        )

    def next_runbook(self, way: str, made: MadeGroup) -> Path:
        """The runbook that goes on with a group that was made, filled in: "attach" what is left, or "drill".

        `InputError` where it cannot be laid beside this one.
        """
        name = made.group.name
        if way == "drill":
            return runbook_of(runbook_offer(RunbookKind.DRILL, made.group.id, self.reading), self.profile)
        of_one = {"instance": made.instances[0].name} if len(made.instances) == 1 else {}
        pairs = [pair.name for pair in made.free]
        return filled_in(
            "20_attach_pairs.ipynb", name, self.profile, {"group": name, **of_one, "pairs": pairs}
        )

    def _refuses(self, plan: Plan) -> str:
        operations = {step.change.operation for step in plan.steps if step.change}
        ours = Operation.CREATE_GROUP in operations and operations <= _OURS and len(operations) > 1
        return "" if ours else f"does not protect servers: {plan.title}."

    def _take_up(self, plan: Plan) -> None:
        self.survey()
        self.picked = tuple(
            step.change.server_id for step in plan.steps if step.change and step.change.server_id
        )


class UnattendedProtect(Unattended[ProtectSession]):
    """The steps of protecting servers by the same names; each does its work at once and gives a table."""

    def choose(self) -> "DataFrame":
        """Read the project and take the servers of the parameters; gives their rows."""
        session = self.session
        if session.request.run:
            session.resume(session.request.run, attended=False)
        else:
            session.survey()
            session.take(session.requested_servers())
        return frame(map(_row, (session.candidates[key] for key in session.picked)))

    def arrange(self) -> "DataFrame":
        """Make the plan; gives its steps. Raises `RefusedError` with every objection."""
        session = self.session
        if session.run is None:
            plan = session.draft(session.request)
            if plan.left_out:
                names = first_few(f"{each.subject}: {each.objections[0].found}" for each in plan.left_out)
                raise InputError(f"Nothing was sent: some servers come into no group. {names}.")
            session.plan = plan
        return frame(session.rows(session.drafted))

    def confirm(self) -> "DataFrame":
        """Print the plan, and start it when the parameter confirm has the names of its groups."""
        session, plan = self.session, self.session.drafted
        what = "the names of the groups that will be made"
        return self._confirmed(session.whole_words(plan), what, session.rows(plan))

    def run(self) -> "DataFrame":
        """Wait until the run has ended; gives what became of each step."""
        dry = self.session.request.dry_run
        return frame(self.session.rows(self.session.drafted)) if dry else self._ended()

    def result(self) -> "DataFrame":
        """The groups that were made, as they are now."""
        made = () if self.session.request.dry_run else self.session.made()
        return frame(
            {
                "group": one.group.name,
                "status": str(one.group.status),
                "instances": len(one.instances),
                "pairs": len(one.pairs),
                "attached_to_nothing": ", ".join(pair.name for pair in one.free),
            }
            for one in made
        )


def _row(candidate: Candidate) -> dict[str, object]:
    server = candidate.server
    return {
        "server": server.name,
        "zone": server.zone,
        "flavor": server.flavor,
        "disks": len(candidate.disks),
        "gb": candidate.size_gb,
        "server_id": server.id,
    }
