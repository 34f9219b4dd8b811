"""Tables of what is done: jobs, objections, runs and steps."""

import inspect
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from drkit import tables
from drkit.execution.states import RunPhase, StepPhase, StepState
from drkit.model import Change, Job, JobStatus, Operation
from drkit.rules import judge
from drkit.site import Site
from tests.facts import reading

NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)


def job(
    identity: str, *, done: bool, entities: tuple[tuple[str, str], ...] = (), subs: tuple[Job, ...] = ()
) -> Job:
    status = JobStatus.SUCCESS if done else JobStatus.RUNNING
    end = NOW + timedelta(seconds=95.6) if done else None
    return Job(identity, "attachReplicationPairNew", status, NOW, end, "", "", entities, subs)


class TestJobs:
    def test_say_how_long_they_took_and_what_they_are_about(self) -> None:
        about = (("replication_pair_id", "p1"), ("protected_instance_id", "i1"))
        frame = tables.jobs([job("j1", done=True, entities=about), job("j2", done=False)])
        assert frame["seconds"].tolist()[0] == 96
        assert list(frame["seconds"].isna()) == [False, True]
        assert list(frame["pair_id"]) == ["p1", ""]
        assert list(frame["instance_id"]) == ["i1", ""]
        assert frame["begin_at"].dtype == "datetime64[us, UTC]"
        assert list(frame.sort_values("status")["job_id"]) == ["j2", "j1"]

    def test_of_groups_are_told_by_their_sub_jobs(self) -> None:
        parts = [
            job(each, done=True, entities=(("server_group_id", "g1"), ("replication_pair_id", each)))
            for each in "ab"
        ]
        frame = tables.jobs([job("j1", done=True, subs=tuple(parts))])
        assert frame[["group_id", "pair_id", "sub_jobs"]].to_numpy().tolist() == [["g1", "", 2]]


class TestObjections:
    def test_are_one_row_each_with_what_is_what_would_have_to_be_and_what_to_do(self) -> None:
        inventory = reading(
            {
                "groups": {"shop": {"status": "reversing"}},
                "instances": {"db-01": {"group": "shop", "status": "protected", "slots": 3}},
                "pairs": {"data": {"group": "shop", "status": "protected"}},
            }
        )
        ids = {"pair_id": "data-id", "instance_id": "db-01-id"}
        attach = Change.of(Operation.ATTACH_PAIR, "shop-id", **ids, device="vdb")
        failover = Change.of(Operation.FAILOVER, "shop-id")
        frame = tables.objections([judge(attach, inventory), judge(failover, inventory)], inventory)
        assert frame[["subject", "pair", "instance", "operation", "code", "found"]].to_numpy().tolist() == [
            ["group shop", "data", "db-01", "attach pair", "SDRS.1024", "reversing"],
            ["pair data", "data", "db-01", "attach pair", "SDRS.0201", "device name 'vdb'"],
            ["group shop", "", "", "failover", "SDRS.1002", "reversing"],
        ]
        assert frame["wanted"][0] == "available or protected"
        assert frame["remedy"][0] == "Wait until it is no longer reversing, then read again."
        assert (
            frame["rule"][0] == "Bring the group into one of its two states of rest: available or protected."
        )

    def test_make_an_empty_table_where_all_is_allowed(self) -> None:
        empty = tables.objections([], reading({}))
        assert len(empty) == 0
        assert {str(each) for each in empty.dtypes} == {"str", "bool"}

    def test_have_a_row_for_a_rule_that_was_not_asked(self) -> None:
        inventory = reading({"groups": {"shop": {}}, "pairs": {"data": {"group": "shop"}}})
        drill = Change.of(Operation.CREATE_DRILL, "shop-id", name="spring", drill_vpc_id="")
        [row] = tables.objections([judge(drill, inventory)], inventory).to_dict("records")
        assert (row["asked"], row["code"], row["found"]) == (
            False,
            "",
            "not asked, for the quotas were not read",
        )
        assert row["rule"] == "Create a drill only while the quota for drills is not used up."


class TestRuns:
    def test_that_need_attention_sort_to_the_top(self) -> None:
        made = [
            {
                "run": f"r{number}",
                "title": "Attach 1 pair to db-01",
                "state": state,
                "groups": "shop",
                "backend": "PRACTICE",
                "started_at": NOW,
                "last_at": NOW,
                "held_by": "",
                "carried_out": "as planned",
                "objectives": "met",
                "kind": "change",
                "who": "duty on here",
                "seconds": 3,
            }
            for number, state in enumerate(["done", "interrupted", "unknown", "running"])
        ]
        frame = tables.runs(made)
        assert list(frame.sort_values("state")["state"]) == ["unknown", "interrupted", "running", "done"]
        assert set(map(str, RunPhase)) <= set(frame["state"].cat.categories)
        assert list(tables.runs([]).dtypes) == list(frame.dtypes)


class TestSteps:
    def test_are_shown_as_the_run_tells_them(self) -> None:
        states = [
            StepState("1", "Attach data", StepPhase.DONE, progress=100, started_at=NOW, ended_at=NOW),
            StepState("2", "Attach logs", StepPhase.UNKNOWN, "No answer came.", attempts=1),
        ]
        frame = tables.steps([each.row() for each in states])
        assert list(frame.sort_values("phase")["step"]) == ["2", "1"]
        assert list(frame["progress"].isna()) == [False, True]
        assert set(map(str, StepPhase)) == set(frame["phase"].cat.categories)
        assert isinstance(frame["ended_at"].dtype, pd.DatetimeTZDtype)


def test_each_table_has_the_columns_and_dtypes_that_are_promised() -> None:
    empty = {
        "jobs": tables.jobs([]),
        "objections": tables.objections([], reading({})),
        "ways": tables.ways([]),
        "runs": tables.runs([]),
        "steps": tables.steps([]),
    }
    full = {
        "jobs": tables.jobs([job("j1", done=True)]),
        "steps": tables.steps([StepState("1", "Look").row()]),
    }
    for name, frame in [*empty.items(), *full.items()]:
        kinds = {str(column): str(kind) for column, kind in frame.dtypes.items()}
        assert list(kinds.items()) == list(tables.COLUMNS[name].items())


@pytest.mark.parametrize("name", tables.COLUMNS)
def test_the_help_of_each_function_names_the_columns(name: str) -> None:
    method = {"objections": "why_not", "ways": "ways_out"}.get(name, name)
    for function in (getattr(tables, name), getattr(Site, method)):
        words = " ".join(inspect.getdoc(function).split())  # type: ignore[union-attr]  # each has a docstring
        listed = ", ".join(f"{column} ({kind})" for column, kind in tables.COLUMNS[name].items())
        assert words.endswith(f"Columns: {listed}.")
