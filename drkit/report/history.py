"""What many runs show together, as tables: one function per table, from evidence alone (pure).

Durations are seconds, on the practice range those of the service's time; times are UTC. A table keeps its
columns and their types when it is empty.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from statistics import median
from typing import TYPE_CHECKING, Any

from drkit.report.evidence import TO_THE_END, Attempt, Evidence, StepEvidence

if TYPE_CHECKING:
    import pandas as pd

Runs = Sequence[Evidence]

_MOMENT = "datetime64[us, UTC]"
_REHEARSALS = {
    "group": "str",
    "kind": "str",
    "started_at": _MOMENT,
    "carried_out": "str",
    "objectives": "str",
    "recovery_seconds": "Float64",
    "people_seconds": "Float64",
    "elapsed_seconds": "Float64",
    "target_seconds": "Int64",
    "kept": "boolean",
    "deviations": "int64",
    "open_findings": "int64",
    "backend": "str",
    "speed": "str",
    "run": "str",
}
_STEPS = {
    "step": "str",
    "times": "int64",
    "usual_seconds": "float64",
    "fastest_seconds": "float64",
    "slowest_seconds": "float64",
    "slowest_run": "str",
}
_FAILURES = {
    "code": "str",
    "step": "str",
    "times": "int64",
    "sentence": "str",
    "last_at": _MOMENT,
    "last_run": "str",
}
_OVERDUE = {"group": "str", "last_rehearsal": _MOMENT, "days": "Int64", "backend": "str"}
_FINDINGS = {
    "finding": "str",
    "owner": "str",
    "due": "datetime64[s]",
    "overdue": "boolean",
    "number": "int64",
    "noted_at": _MOMENT,
    "run": "str",
}


def rehearsals(runs: Runs) -> "pd.DataFrame":
    """One row per rehearsal and group, the newest first: recovery time against target, the verdict."""
    return _table(
        _REHEARSALS, reversed([row for each in runs if each.objectives for row in _recoveries(each)])
    )


def _recoveries(run: Evidence) -> Iterator[dict[str, Any]]:
    clocks = {each.group_id: each for each in run.clocks}
    for (key, name), told in zip(run.groups, run.verdict.groups, strict=True):
        clock = clocks.get(key)
        yield {
            "group": name,
            "kind": run.kind,
            "started_at": run.started_at,
            "carried_out": told.carried_out.word,
            "objectives": told.objectives.word,
            "recovery_seconds": round(clock.seconds, 1) if clock and clock.until else None,
            "people_seconds": round(clock.people, 1) if clock and clock.until else None,
            "elapsed_seconds": round(clock.elapsed, 1) if clock and clock.accepted else None,
            "target_seconds": clock.target if clock else None,
            "kept": clock.kept if clock else None,
            "deviations": len(run.deviations),
            "open_findings": sum(each.open for each in run.findings),
            "backend": run.backend.label,
            "speed": ", ".join(f"{each:g}" for each in run.speeds),
            "run": run.run_id,
        }


def steps(runs: Runs) -> "pd.DataFrame":
    """How long each kind of step takes, the slowest first; only steps that were done at once count.

    For a change that is the service's work alone; what people do has kinds of its own.
    """
    found: defaultdict[str, list[tuple[float, str]]] = defaultdict(list)
    for run in runs:
        for step in run.steps:
            if step.phase == "done" and step.seconds is not None and len(step.attempts) < 2:
                found[_words(step)].append((round(_worked(step), 1), run.run_id))
    rows = (
        {
            "step": kind,
            "times": len(taken),
            "usual_seconds": median(seconds for seconds, _ in taken),
            "fastest_seconds": min(taken)[0],
            "slowest_seconds": max(taken)[0],
            "slowest_run": max(taken)[1],
        }
        for kind, taken in found.items()
    )
    return _table(_STEPS, rows).sort_values("slowest_seconds", ascending=False, ignore_index=True)


def _worked(step: StepEvidence) -> float:
    counted = (each for each in step.stretches if step.how != "change" or not each.people)
    return sum(each.end - each.start for each in counted)


def failures(runs: Runs) -> "pd.DataFrame":
    """Failed attempts by the service's code and the kind of step, the most frequent first."""
    found: defaultdict[tuple[str, str], list[tuple[Attempt, str]]] = defaultdict(list)
    for run in runs:
        for step in run.steps:
            for each in step.attempts:
                if each.outcome == "failed":
                    found[each.code or "no code", _words(step)].append((each, run.run_id))
    rows = (
        {
            "code": code,
            "step": kind,
            "times": len(attempts),
            "sentence": attempts[-1][0].sentence,
            "last_at": attempts[-1][0].ended_at,
            "last_run": attempts[-1][1],
        }
        for (code, kind), attempts in found.items()
    )
    return _table(_FAILURES, rows).sort_values("times", ascending=False, ignore_index=True, kind="stable")


def overdue(runs: Runs, now: datetime, days: int, groups: Iterable[str] = ()) -> "pd.DataFrame":
    """Groups without a proving rehearsal for more than so many days; those without any come first.

    Counted are the groups of all runs, and `groups`, by name, even if no run ever touched them.
    """
    last: dict[tuple[str, str], datetime | None] = {}
    for run in runs:
        for told in run.verdict.groups:
            name, carried_out = told.group, told.carried_out.word
            proved = run.objectives and run.objectives.kind.recovers and carried_out in TO_THE_END
            before = last.get((run.backend.label, name))
            last[run.backend.label, name] = run.started_at if proved else before
    known = {name for _, name in last}
    last |= {("", name): None for name in groups if name not in known}
    rows = [
        {"group": name, "last_rehearsal": at, "days": (now - at).days if at else None, "backend": place}
        for (place, name), at in last.items()
        if at is None or (now - at).days > days
    ]
    return _table(_OVERDUE, rows).sort_values(
        "last_rehearsal", na_position="first", ignore_index=True, kind="stable"
    )


def findings(runs: Runs, today: date) -> "pd.DataFrame":
    """Open findings, the one due first on top."""
    rows = (
        {
            "finding": finding.text,
            "owner": finding.owner,
            "due": finding.due,
            "overdue": finding.overdue(today),
            "number": finding.number,
            "noted_at": finding.noted_at,
            "run": run.run_id,
        }
        for run in runs
        for finding in run.findings
        if finding.open
    )
    return _table(_FINDINGS, rows).sort_values("due", ignore_index=True, kind="stable")


def _words(step: StepEvidence) -> str:
    """The kind of a step as a table shows it."""
    return step.kind.replace("_", " ")


def _table(columns: Mapping[str, str], rows: Iterable[Mapping[str, Any]]) -> "pd.DataFrame":
    import pandas as pd  # noqa: PLC0415  # loaded with the first table: whoever is refused waits for none

    return pd.DataFrame(list(rows), columns=list(columns)).astype(dict(columns))
