import multiprocessing
import os
import subprocess
import sys
import threading
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from drkit.clock import SteppedClock, SystemClock
from drkit.errors import JournalDamagedError, LeaseHeldError, LeaseLostError
from drkit.journal import EntryKind, Journal, LeaseHolder, processes
from drkit.journal.database import locate
from drkit.journal.processes import Process
from tests.journal.stores import begun, new_run, opened

TWO = (("g1", "erp"), ("g2", "crm"))


def elsewhere(where: str) -> None:
    """Make the leases those of another machine, of whose processes nothing is known here."""
    engine = create_engine(locate(where))
    with engine.begin() as connection:
        connection.execute(text("UPDATE drkit_leases SET place = 'ops9 pid:[1]', host = 'ops9'"))
    engine.dispose()


def expire(where: str) -> None:
    """Make the leases those of a machine of which nothing is known here, and their time up."""
    elsewhere(where)
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


def test_writing_renews_the_lease(kept: Journal, clock: SteppedClock, file: Path) -> None:
    hold = begun(kept)
    elsewhere(str(file))
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


HOLDS = (
    "import sys; from tests.journal.stores import begun, opened\n"
    "hold = begun(opened(sys.argv[1], who='second')); print('holds', flush=True); sys.stdin.read()"
)


def test_a_holder_that_is_there_is_not_taken_over_by_a_clock_that_goes_two_hours_fast(
    journal: Journal, clock: SteppedClock, where: str
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDS, where], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout
        assert other.stdout.readline() == b"holds\n"
        clock.advance(7200)
        for late in (SystemClock(), clock):
            with Journal.open(where, late) as second, pytest.raises(LeaseHeldError, match="second on"):
                second.start(new_run("r2"))
        assert journal.hold("r1", takeover=True).who == "duty"
        other.communicate()


def test_a_holder_in_this_process_is_there_for_another_journal_on_the_same_place_too(
    journal: Journal, clock: SteppedClock, where: str
) -> None:
    hold = begun(journal)
    clock.advance(7200)
    with Journal.open(where, clock) as second:
        with pytest.raises(LeaseHeldError):
            second.hold("r1")
        hold.abandon()
        assert second.hold("r1").fence > hold.fence


def test_the_end_of_a_run_in_one_journal_frees_nothing_in_another(journal: Journal, tmp_path: Path) -> None:
    hold = begun(journal)
    with opened(tmp_path / "other.sqlite") as other:
        same = begun(other)
        assert same.fence == hold.fence
        same.close(EntryKind.SETTLED, {"phase": "done"})
        begun(other, "r2").abandon()
    with pytest.raises(LeaseHeldError):
        journal.start(new_run("r2"))


def test_a_lease_that_an_earlier_drkit_wrote_is_judged_by_its_time(journal: Journal, where: str) -> None:
    begun(journal)
    engine = create_engine(locate(where))
    with engine.begin() as connection:
        place = f"{os.uname().nodename} {Path('/proc/self/ns/pid').readlink()}"
        connection.execute(text("UPDATE drkit_leases SET place = :place"), {"place": place})
    engine.dispose()
    assert not journal.leases()[0].expired


@pytest.mark.parametrize("column", ["since", "heard_at", "pid"])
def test_a_lease_that_was_altered_beyond_reading_is_called_damaged(
    kept: Journal, file: Path, column: str
) -> None:
    begun(kept)
    engine = create_engine(locate(file))
    with engine.begin() as connection:
        connection.execute(text(f"UPDATE drkit_leases SET {column} = 'x'"))
        connection.execute(text("UPDATE drkit_leases SET place = substr(place, 1, length(place) - 9)"))
    engine.dispose()
    with pytest.raises(JournalDamagedError, match="Who holds group 'g1' cannot be read"):
        kept.leases()


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


class TestWhetherAProcessIsSeen:
    here = Process.here("ops1")

    def ended(self) -> Process:
        """One that ran here and was waited for."""
        child = subprocess.Popen([sys.executable, "-c", ""])
        born = processes._born(child.pid)
        child.wait()
        assert born
        return replace(self.here, pid=child.pid, born=born)

    def test_itself_it_sees(self) -> None:
        assert self.here.sees(self.here) is True

    @pytest.mark.parametrize("place", ["ops2", "", "ops1 pid:[1]"])
    def test_nothing_is_known_of_another_machine_boot_or_container(self, place: str) -> None:
        assert self.here.sees(replace(self.ended(), place=place)) is None

    def test_nothing_is_known_where_the_own_place_is_not(self) -> None:
        assert Process(os.getpid()).sees(Process(99999999)) is None

    def test_one_that_ended_is_gone(self) -> None:
        assert self.here.sees(self.ended()) is False

    def test_one_that_ended_is_gone_although_its_number_was_given_out_again(self) -> None:
        assert self.here.sees(replace(self.here, born="1")) is False

    def test_a_zombie_is_gone(self) -> None:
        child = subprocess.Popen(
            [sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE
        )
        other = replace(self.here, pid=child.pid, born=processes._born(child.pid) or "")
        assert self.here.sees(other) is True
        child.kill()
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # it ended, and nobody took that up
        os.kill(child.pid, 0)
        assert self.here.sees(other) is False
        child.communicate()

    def test_one_of_somebody_else_is_seen_by_its_start(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(_pid: int, _signal: int) -> None:
            raise PermissionError

        monkeypatch.setattr(os, "kill", refuse)
        assert self.here.sees(self.here) is True

    def test_nothing_is_known_of_one_that_is_there_and_that_proc_hides(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setattr(processes, "_PROC", tmp_path)
        assert self.here.sees(self.here) is None

    def test_without_proc_it_does_not_know_where_it_is(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setattr(processes, "_PROC", tmp_path)
        assert Process.here("ops1") == Process(os.getpid())

    @pytest.mark.parametrize(("number", "known"), [("1", False), ("", True)])
    def test_a_proc_of_another_namespace_tells_nothing(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, number: str, known: bool
    ) -> None:
        for name in ("sys", "1", str(os.getpid())):
            (tmp_path / name).symlink_to(f"/proc/{name}")
        (tmp_path / "self").symlink_to(number or str(os.getpid()))
        monkeypatch.setattr(processes, "_PROC", tmp_path)
        assert bool(Process.here("ops1").place) is known

    def test_a_kernel_without_namespaces_of_time_is_a_place_too(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        own = tmp_path / str(os.getpid())
        (own / "ns").mkdir(parents=True)
        (own / "ns" / "pid").symlink_to("pid:[7]")
        (own / "stat").symlink_to("/proc/self/stat")
        (tmp_path / "sys").symlink_to("/proc/sys")
        (tmp_path / "self").symlink_to(own.name)
        monkeypatch.setattr(processes, "_PROC", tmp_path)
        assert Process.here("ops1").place.rstrip().endswith("pid:[7]")


class TestWhoWrites:
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


def test_the_clock_that_leases_are_judged_by_is_told(kept: Journal, clock: SteppedClock) -> None:
    assert kept.now() == clock.now()
    clock.advance(60.0)
    assert kept.now() == clock.now()
