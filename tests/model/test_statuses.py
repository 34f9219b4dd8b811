"""States: what each means for an operator, and what happens to words that no reference names."""

import pytest

from drkit.model import (
    DrillStatus,
    GroupStatus,
    InstanceStatus,
    JobStatus,
    PairStatus,
    Phase,
    ReplicationStatus,
    ServerStatus,
    Station,
    Unknown,
)

COUNTS = [(GroupStatus, 17), (InstanceStatus, 21), (PairStatus, 25), (DrillStatus, 5), (JobStatus, 4)]


class TestAWord:
    @pytest.mark.parametrize(("kind", "count"), COUNTS)
    def test_of_the_reference_is_a_member(self, kind: type[GroupStatus], count: int) -> None:
        assert len(kind) == count
        assert [kind.read(each.value) for each in kind] == list(kind)

    @pytest.mark.parametrize("text", ["brand-new", "", "PROTECTED", " protected"])
    def test_of_no_reference_is_kept_as_it_came(self, text: str) -> None:
        status = GroupStatus.read(text)
        assert isinstance(status, Unknown)
        assert (status, status.phase) == (text, Phase.UNKNOWN)
        assert status not in {each.value for each in GroupStatus}


class TestThePhase:
    @pytest.mark.parametrize(
        ("phase", "words"),
        [
            (Phase.SETTLED, {"available", "protected", "failed-over"}),
            (
                Phase.MOVING,
                {
                    "creating",
                    "deleting",
                    "starting",
                    "reprotecting",
                    "stopping",
                    "reversing",
                    "failing-over",
                    "extending",
                    "attaching",
                    "detaching",
                },
            ),
        ],
    )
    def test_of_a_pair_is_settled_moving_or_else_broken(self, phase: Phase, words: set[str]) -> None:
        assert {each.value for each in PairStatus if each.phase is phase} == words

    def test_of_what_needs_help_is_broken(self) -> None:
        broken = {each.value for each in InstanceStatus if each.phase is Phase.BROKEN}
        assert broken == {each for each in map(str, InstanceStatus) if each.startswith("error")} | {
            "invalid",
            "fault",
        }

    def test_of_jobs_and_servers_is_told_too(self) -> None:
        assert [each.phase for each in JobStatus] == [Phase.MOVING, Phase.MOVING, Phase.SETTLED, Phase.BROKEN]
        phases = {each.value: each.phase for each in ServerStatus}
        assert phases["SHUTOFF"] is phases["ACTIVE"] is Phase.SETTLED
        assert (phases["REBOOT"], phases["ERROR"], phases["UNKNOWN"]) == (
            Phase.MOVING,
            Phase.BROKEN,
            Phase.UNKNOWN,
        )

    def test_of_synchronising_is_moving(self) -> None:
        assert ReplicationStatus.COPYING.phase is Phase.MOVING
        assert ReplicationStatus.ACTIVE.phase is Phase.SETTLED


def test_a_station_has_another() -> None:
    assert Station.SOURCE.other is Station.TARGET
    assert Station.TARGET.other is Station.SOURCE
