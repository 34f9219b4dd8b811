"""The attach runbook without a screen: the parameters decide everything, and the run is waited for.

What the parameters leave open is refused before anything is sent; the same cells raise the errors that
`drkit run` turns into its exit code.
"""

from pandas import DataFrame

from drkit import tables
from drkit.errors import DrkitError, InputError, NotConfirmedError, RefusedError
from drkit.execution import RunPhase, RunState, StepPhase
from drkit.forms.attach.task import AttachTask
from drkit.forms.attach.words import planned_rows
from drkit.forms.markup import count
from drkit.forms.progress import EVERY
from drkit.headless import aligned, report_outcome
from drkit.plan import Plan


class UnattendedAttach:
    """The steps of the runbook by the same names; each does its work at once and gives a table."""

    def __init__(self, task: AttachTask) -> None:
        self.task = task

    def choose(self) -> DataFrame:
        """Read the group and the instance of the parameters; gives the instance's row."""
        wish = self.task.wish
        if wish.run:
            self.task.resume(wish.run, attended=False)
        else:
            group_id, instance_id = self.task.wished(self.task.survey())
            if not instance_id:
                raise InputError("Nobody is here to choose: give the parameter instance, by name or id.")
            self.task.read(group_id, instance_id)
        shown = tables.instances(self.task.reading)
        return shown[shown["instance_id"] == self.task.instance_id]

    def pick(self) -> DataFrame:
        """Judge the pairs of the parameters; gives their rows."""
        if self.task.run is None:
            self.task.judge(self.task.wish.prefix)
            self.task.picked = tuple(each.id for each in self.task.wished_pairs())
            if not self.task.picked:
                raise InputError("Nobody is here to pick: give the parameter pairs, names or ids.")
        shown = tables.pairs(self.task.reading)
        return shown[shown["pair_id"].isin(self.task.picked)]

    def plan(self) -> DataFrame:
        """Make the plan; gives its steps. Raises `RefusedError` where it would leave something out."""
        if self.task.run is None:
            plan = self.task.draft(self.task.picked, self.task.wished_devices())
            if plan.left_out and not (self.task.wish.skip_refused and plan.steps):
                raise _refusal(plan)
            self.task.plan = plan
        return DataFrame(planned_rows(self.task.reading, self.task.drafted))

    def confirm(self) -> str:
        """Start the run when the parameter confirm is the name of the group; gives a sentence.

        Otherwise the plan is printed, for the terminal of `drkit run`, and nothing is sent.
        """
        task = self.task
        if task.run is None:
            if task.wish.confirm != task.group.name:
                print(*aligned(planned_rows(task.reading, task.drafted)), sep="\n")  # noqa: T201
                raise NotConfirmedError(
                    "Nothing was sent: to have this plan carried out, give the name of the group, "
                    f"{task.group.name!r}, as the parameter confirm; it was {task.wish.confirm!r}."
                )
            report_outcome(3, "Changes were being sent; `drkit runs` knows how far it got.")
            try:
                task.start(task.wish.confirm, fail_fast=task.wish.fail_fast, attended=False)
            except DrkitError as error:  # whatever it was, it came before the first change
                report_outcome(error.exit_code, "Nothing was sent.")
                raise
        return f"{task.drafted.title}, on {task.drafted.backend.label}"

    def run(self) -> DataFrame:
        """Wait until the run has ended; gives what became of each step."""
        state = self._ended()
        _report(state)
        return tables.steps(state.rows())

    def result(self) -> DataFrame:
        """What is attached to the instance now."""
        self.task.read(self.task.group.id, self.task.instance_id)
        shown = tables.attachments(self.task.reading)
        return shown[shown["instance_id"] == self.task.instance_id]

    def _ended(self) -> RunState:
        """Wait for the end; what changes meanwhile is printed, for the terminal of `drkit run`."""
        run = self.task.started
        told: dict[str, StepPhase] = {}
        while True:
            state = run.wait(EVERY)
            for each in state.steps:
                if told.get(each.key, StepPhase.WAITING) != each.phase:
                    print(f"{self.task.clock.now():%H:%M:%SZ} {each.phase:8} {each.title}")  # noqa: T201
                told[each.key] = each.phase
            if state.phase == RunPhase.WAITING_FOR_OPERATOR:
                run.stop("Nobody is here to answer")
            elif state.phase != RunPhase.RUNNING:
                return state


def _report(state: RunState) -> None:
    rows = [
        {
            "state": each.phase.value,
            "step": each.title,
            "result": each.words,
            "code": each.code,
            "job": each.job_id,
        }
        for each in state.steps
    ]
    left = [
        {"state": "not sent", "step": each.subject, "result": " ".join(map(str, each.objections))}
        for each in state.plan.left_out
    ]
    report_outcome(state.exit_code, f"{state.sentence} It is kept as run {state.run_id}.", [*rows, *left])


def _refusal(plan: Plan) -> RefusedError:
    """All reasons in one error; nothing was sent."""
    told = "\n".join(f"- {each.subject}: {' '.join(map(str, each.objections))}" for each in plan.left_out)
    asked = len(plan.left_out) + len(plan.steps)
    refused = f"{len(plan.left_out)} of {count(asked, 'pair')} cannot be attached"
    advice = " Give skip_refused=true to attach the others." if plan.steps else ""
    return RefusedError(
        f"Nothing was sent: {refused}.{advice}\n{told}",
        [one for each in plan.left_out for one in each.objections],
    )
