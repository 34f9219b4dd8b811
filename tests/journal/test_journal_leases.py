import multiprocessing
import os
import subprocess
import sys
import threading
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from drkit.clock import SteppedClock, SystemClock
from drkit.errors import LeaseHeldError, LeaseLostError
from drkit.journal import EntryKind, Journal, LeaseHolder
from drkit.journal.database import locate
from tests.journal.stores import begun, new_run, opened

TWO = (("g1", "erp"), ("g2", "crm"))


def elsewhere(where: str) -> None:
    """Make the leases those of another machine, of whose processes nothing is known here."""
    engine = create_engine(locate(where))
    with engine.begin() as connection:
        connection.execute(text("UPDATE drkit_leases SET place = 'ops9 pid:[1]', host = 'ops9'"))
    engine.dispose()


def expire(where: str) -> None:
    engine = create_engine(locate(where))
    with engine.begin() as connection:
        connection.execute(text("UPDATE drkit_leases SET expires_at = '2001-01-01'"))
    engine.dispose()


def test_a_second_run_on_a_group_is_refused_and_told_who_since_when_doing_what(journal: Journal) -> None:
    begun(journal)
    with pytest.raises(LeaseHeldError) as refused:
        journal.start(new_run("r2", TWO))
    said = str(refused.value)
    assert "Group 'erp' is held by duty on " in said
    assert f"process {os.getpid()}" in said
    assert " UTC, run r1: Attach a pair" in said
    assert [each.id for each in journal.runs()] == ["r1"]
    assert [each.group_id for each in journal.leases()] == ["g1"]
    assert [each.group_id for each in refused.value.leases] == ["g1"]
    assert refused.value.run_id == "r1"


def test_reading_is_free_while_a_run_holds_the_group(journal: Journal, where: str) -> None:
    begun(journal)
    reader = opened(where, who="second")
    assert reader.runs()[0].state == "running"
    assert "duty on" in reader.runs()[0].held_by
    assert reader.entries("r1")
    reader.close()


def test_a_run_that_ended_gives_its_groups_free(journal: Journal) -> None:
    begun(journal).close(EntryKind.SETTLED, {"phase": "done"})
    assert journal.leases() == ()
    journal.start(new_run("r2"))
    assert [each.run_id for each in journal.leases("r2")] == ["r2"]
    assert journal.leases("r1") == ()


def test_runs_on_different_groups_do_not_meet(journal: Journal) -> None:
    begun(journal)
    journal.start(new_run("r2", (("g2", "crm"),)))
    assert [each.run_id for each in journal.leases()] == ["r1", "r2"]


def test_an_expired_lease_is_taken_over_and_that_is_written_down(journal: Journal, where: str) -> None:
    old = begun(journal)
    elsewhere(where)
    expire(where)
    new = journal.start(new_run("r2"))
    assert new.fence > old.fence
    takeover = journal.entries("r2")[1]
    assert takeover.kind is EntryKind.NOTED
    assert takeover.data["takeover"][0]["from"].startswith("duty on ops9")


def test_a_holder_that_wakes_up_late_can_neither_write_nor_end_the_run(journal: Journal, where: str) -> None:
    old = begun(journal)
    expire(where)
    journal.start(new_run("r2"))
    for write in (
        lambda: old.append(EntryKind.INTENDED, "1"),
        old.renew,
        lambda: old.close(EntryKind.SETTLED, {"phase": "done"}),
    ):
        with pytest.raises(LeaseLostError, match=r"held by duty on .* run r2"):
            write()
    assert len(journal.entries("r1")) == 1
    assert [each.run_id for each in journal.leases()] == ["r2"]


def test_a_run_that_lost_one_of_two_groups_has_lost_the_right_to_write(journal: Journal, where: str) -> None:
    both = journal.start(new_run("r1", TWO))
    expire(where)
    journal.start(new_run("r2", (("g2", "crm"),)))
    with pytest.raises(LeaseLostError):
        both.append(EntryKind.INTENDED, "1")


def test_a_lease_that_is_gone_altogether_is_lost_too(journal: Journal, where: str) -> None:
    hold = begun(journal)
    engine = create_engine(locate(where))
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM drkit_leases"))
    engine.dispose()
    with pytest.raises(LeaseLostError, match="nobody any more"):
        hold.renew()


def test_writing_renews_the_lease(kept: Journal, clock: SteppedClock) -> None:
    hold = begun(kept)
    for _ in range(5):
        clock.advance(40)
        hold.append(EntryKind.NOTED, "1")
    clock.advance(40)
    hold.renew()
    clock.advance(59)
    assert not kept.leases()[0].expired
    clock.advance(1)
    assert kept.leases()[0].expired


def test_postgresql_judges_expiry_by_its_own_clock_not_by_a_machine_whose_clock_is_wrong(
    tmp_path: Path,
) -> None:
    from tests.journal.stores import store

    with store("postgresql", tmp_path) as where:
        fast = SteppedClock()
        journal = Journal.open(where, fast)
        begun(journal)
        elsewhere(where)
        fast.advance(1e6)
        with pytest.raises(LeaseHeldError):
            journal.start(new_run("r2"))
        journal.close()


def test_an_operator_who_knows_better_can_take_over_at_once(journal: Journal, where: str) -> None:
    old = begun(journal)
    elsewhere(where)
    with pytest.raises(LeaseHeldError, match="takeover"):
        journal.hold("r1")
    new = journal.hold("r1", takeover=True)
    assert new.who == "duty"
    assert new.holder.startswith("duty on ")
    assert [each.data.keys() for each in journal.entries("r1")[1:]] == [{"resumed_by"}, {"takeover"}]
    new.append(EntryKind.NOTED, "1")
    with pytest.raises(LeaseLostError):
        old.append(EntryKind.NOTED, "1")


def test_a_holder_in_this_process_that_gave_up_is_known_to_be_gone(journal: Journal) -> None:
    hold = begun(journal)
    with pytest.raises(LeaseHeldError):
        journal.hold("r1")
    hold.abandon()
    assert journal.hold("r1").fence > hold.fence


def test_a_holder_whose_process_died_on_this_machine_need_not_be_waited_for(
    journal: Journal, where: str
) -> None:
    program = (
        "import sys; from tests.journal.stores import begun, opened; begun(opened(sys.argv[1], who='second'))"
    )
    subprocess.run([sys.executable, "-c", program, where], check=True)
    (lease,) = journal.leases()
    assert lease.who == "second"
    assert lease.expired
    assert [each.state for each in journal.runs()] == ["interrupted"]
    assert journal.hold("r1").who == "duty"


class TestWhetherAHolderIsGone:
    here = LeaseHolder("duty", "ops1", "ops1 pid:[1]", 41)

    def test_nothing_is_known_of_other_machines(self) -> None:
        assert not self.here.sees_gone("ops2 pid:[1]", 1, 0)

    def test_nothing_is_known_where_the_place_is_not_told(self) -> None:
        assert not LeaseHolder("duty", "ops1", "", 41).sees_gone("", 99999999, 0)

    def test_a_process_that_runs_is_there(self) -> None:
        assert not self.here.sees_gone(self.here.place, os.getpid(), 0)

    def test_a_process_that_ended_is_gone(self) -> None:
        ended = subprocess.Popen([sys.executable, "-c", ""])
        ended.wait()
        assert self.here.sees_gone(self.here.place, ended.pid, 0)

    def test_a_process_of_somebody_else_is_there(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(_pid: int, _signal: int) -> None:
            raise PermissionError

        monkeypatch.setattr(os, "kill", refuse)
        assert not self.here.sees_gone(self.here.place, 1, 0)

    def test_without_proc_no_place_is_told(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(_path: Path) -> Path:
            raise FileNotFoundError

        monkeypatch.setattr(Path, "readlink", refuse)
        assert LeaseHolder.here("duty").place == ""

    def test_the_user_of_a_hub_is_who_it_says(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("JUPYTERHUB_USER", "person")
        assert LeaseHolder.here().who == "person"

    def test_a_user_without_a_name_is_told_by_number(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def nobody() -> str:
            raise OSError

        monkeypatch.delenv("JUPYTERHUB_USER", raising=False)
        monkeypatch.setattr("getpass.getuser", nobody)
        assert LeaseHolder.here().who == f"uid {os.getuid()}"


def contend(
    where: str, number: int, ready: "threading.Barrier", results: "multiprocessing.Queue[str]"
) -> None:
    journal = Journal.open(where, SystemClock(), who=f"operator {number}")
    ready.wait()
    for round_ in range(5):
        try:
            hold = journal.start(new_run(f"r-{number}-{round_}"))
        except LeaseHeldError:
            results.put("refused")
        else:
            for _ in range(3):
                hold.append(EntryKind.NOTED, "1")
            hold.close(EntryKind.SETTLED, {"phase": "done"})
            results.put("held")
    journal.close()


@pytest.mark.slow
def test_two_processes_contending_for_a_group_never_hold_it_at_the_same_time(where: str) -> None:
    opened(where).close()
    spawn = multiprocessing.get_context("spawn")
    ready, results = spawn.Barrier(2), spawn.Queue()
    racers = [spawn.Process(target=contend, args=(where, number, ready, results)) for number in (1, 2)]
    for each in racers:
        each.start()
    outcomes = [results.get(timeout=60) for _ in range(10)]
    for each in racers:
        each.join()
    journal = opened(where)
    held = journal.runs()
    assert len(held) == outcomes.count("held") > 0
    assert all(journal.verify(each.id).holds for each in held)
    spans = sorted((entries[0].fence, entries) for entries in (journal.entries(each.id) for each in held))
    assert len({fence for fence, _ in spans}) == len(spans)
    for (_, one), (_, other) in pairwise(spans):
        assert one[-1].at <= other[0].at
    journal.close()
