"""What a drill leaves is looked up; a person is asked about what is left, or where drkit may not look."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from drkit.errors import (
    BusyError,
    GoneError,
    ProfileError,
    ServiceError,
    SignInError,
    UnavailableError,
    UnreachableError,
    WireError,
)
from drkit.execution.ledger import NotKnownError, addresses_left, kept, may_not_look, network_left
from drkit.execution.observations import marks_of, observe
from drkit.execution.run import Run
from drkit.execution.states import RunPhase, RunState, StepPhase, StepState
from drkit.model import Change, Network, Operation, PublicAddress
from drkit.plan.objectives import RunbookKind
from drkit.report.gathering import gather
from drkit.sandbox.things import Server
from tests.execution.rehearsal_drive import PATIENCE, Range
from tests.facts import BACKEND, NOW, reading

REAL = replace(BACKEND, practice=False)
DRILLED = {"groups": {"erp": {}}, "instances": {"app": {"group": "erp"}}}


def test_an_age_is_told_in_what_people_count() -> None:
    made = {"3 days": 3 * 86400 + 7, "1 hour": 3700, "4 minutes": 250, "0 minutes": -5}
    for words, seconds in made.items():
        network = Network("n", "vpc-drill", "10.0.0.0/16", NOW - timedelta(seconds=seconds))
        assert network_left("n", [network], REAL, NOW) == f"vpc-drill 10.0.0.0/16 is there, {words} old"


def test_a_network_that_tells_no_time_has_no_age_and_the_practice_range_its_own_clock() -> None:
    assert network_left("n", [Network("n", "vpc-drill")], REAL, NOW) == "vpc-drill is there"
    told = network_left("n", [Network("n", "x", "10.0.0.0/16", NOW)], BACKEND, NOW)
    assert told == "x 10.0.0.0/16 is there, made 2026-11-20 03:00 by the clock of the practice range"
    assert network_left("n", [Network("another", "x")], REAL, NOW) == ""


def test_an_address_that_is_there_still_is_left_wherever_it_leads() -> None:
    known = [
        PublicAddress("1", "80.1.1.1", "DOWN"),
        PublicAddress("2", "80.1.1.2", "ACTIVE", "port"),
        PublicAddress("3", "80.1.1.3", "DOWN"),
    ]
    told = addresses_left(["80.1.1.1", "80.1.1.2", "80.9.9.9"], known, REAL, NOW)
    assert told == "80.1.1.1 is unbound, 80.1.1.2 is bound (ACTIVE)"


def test_what_led_to_a_drill_server_is_known_only_where_each_of_them_tells_it() -> None:
    now = reading(
        {**DRILLED, "drills": {"d": {"group": "erp", "vpc": "net", "servers": {"app": "app-drill"}}}}
    )
    delete = Change.of(Operation.DELETE_DRILL, "erp-id", drill_id="d-id")
    drill = now.drills["d-id"]
    (server,) = (now.servers[key] for _, key in drill.servers)
    bound = replace(server, addresses=(("10.0.0.9", False), ("80.1.1.1", True)))
    assert kept(delete, now)["addresses"] is None
    told = kept(delete, replace(now, servers={server.id: bound}))
    assert told == {"network": drill.drill_vpc_id, "addresses": ["80.1.1.1"]}
    assert kept(delete, replace(now, servers={}))["addresses"] is None
    assert kept(Change.of(Operation.DELETE_DRILL, "erp-id", drill_id="x"), now) == {}
    assert kept(Change.of(Operation.FAILOVER, "erp-id"), now) == {}


def test_what_is_kept_for_the_ledger_is_no_trace_of_a_change() -> None:
    now = reading({**DRILLED, "drills": {"d": {"group": "erp"}}})
    delete = Change.of(Operation.DELETE_DRILL, "erp-id", drill_id="d-id")
    before = {**marks_of(delete, now), "network": "n", "addresses": []}
    assert observe(delete, now, before).trace == ""


@pytest.mark.parametrize(
    ("error", "asks"),
    [
        (ServiceError(403, "APIGW.0302", "No."), True),
        (SignInError(401, "", "No."), True),
        (GoneError(404, "APIGW.0101", "No such API."), True),
        (ProfileError("The address of VPC is not known."), True),
        (UnreachableError("No connection."), True),
        (NotKnownError("which network the drill had is not known"), True),
        (BusyError(429, "", "Slow down."), False),
        (UnavailableError(503, "", "Down."), False),
        (WireError("No list."), False),
    ],
)
def test_a_person_is_asked_where_no_later_reading_tells_more(error: Exception, asks: bool) -> None:
    assert may_not_look(error) is asks  # type: ignore[arg-type]  # each is one of drkit's


def shown(run: Run, title: str) -> StepState:
    return next(each for each in run.state().steps if each.title.startswith(title))


def drilled(field: Range) -> Run:
    """A drill that was looked at and is to be cleaned up next; the last question before is its release."""
    plan = field.plan(RunbookKind.DRILL, ["shop-app"], drill_name="drill-1")
    run = field.start(plan)
    while not shown(run, "Release").actions:
        assert run.wait(PATIENCE).phase is RunPhase.WAITING_FOR_OPERATOR
        for each in run.state().steps:
            if each.actions and not each.title.startswith("Release"):
                run.sign_off(each.key, True, "Duty engineer", "looked")
    return run


def drill_server(field: Range) -> Server:
    return next(each for each in field.sandbox.world.servers.values() if each.name.endswith("-drill"))


@contextmanager
def asked(field: Range, run: Run, *titles: str) -> Iterator[None]:
    """From the release until nothing but these steps is open."""
    run.sign_off(shown(run, "Release").key, True, "Duty engineer", "all seen")
    state = run.wait(PATIENCE)
    assert state.phase is RunPhase.WAITING_FOR_OPERATOR
    still = {each.title.partition(":")[0] for each in state.steps if each.phase is StepPhase.READY}
    assert still == set(titles)
    yield


def looked_again(field: Range, run: Run) -> RunState:
    """The state once a run that waits for somebody has looked once more."""
    field.clock.advance(60)
    assert run._engine
    run._engine.context.wake.set()
    while run.state().phase.alive:
        run.wait(0.01)
    return run.state()


@pytest.mark.slow
class TestOnThePracticeRange:
    @pytest.fixture
    def field(self, tmp_path: Path) -> Range:
        return Range(tmp_path)

    def test_what_is_gone_by_then_is_settled_by_nobody(self, field: Range) -> None:
        run = drilled(field)
        server = drill_server(field)
        server.nics[0].floating.append("203.0.113.7")
        free = field.sandbox.world.facts
        with asked(field, run, "Drill network left over", "Public addresses left over"):
            network = shown(run, "Drill network left over").sentence
            assert network.startswith("Vpc-drill-shop-app 192.168.0.0/16 is there, made 20")
            assert "203.0.113.7 is unbound" in shown(run, "Public addresses").sentence
            assert shown(run, "Drill servers gone").sentence.startswith("Read: the drill is gone")
            free["free_addresses"].clear()
            field.sandbox.world.vpcs.pop(server.vpc_id)
        state = looked_again(field, run)
        assert state.phase is RunPhase.DONE, state.sentence
        assert shown(run, "Drill network left").sentence == "Read: the network of the drill is gone."
        evidence = gather(field.site.journal.entries(run.id))
        assert [each.settled for each in evidence.ledger] == [True, True, True]
        assert evidence.deviations == ()

    def test_who_keeps_what_is_left_is_signed_and_stands_in_the_report(self, field: Range) -> None:
        run = drilled(field)
        with asked(field, run, "Drill network left over"):
            assert shown(run, "Public addresses").sentence.endswith("is left.")
            run.sign_off(
                shown(run, "Drill network left").key, True, "Duty engineer", "the network team keeps it"
            )
        assert run.wait(PATIENCE).phase is RunPhase.DONE
        evidence = gather(field.site.journal.entries(run.id))
        assert "the network team keeps it" in evidence.ledger[1].state
        assert evidence.deviations == ()

    def test_where_drkit_may_not_look_a_person_is_asked_as_before(self, field: Range) -> None:
        run = drilled(field)
        field.sandbox.fault("forbidden", path="/vpcs")
        field.sandbox.fault("unreachable", path="/publicips", times=99)
        drill_server(field).nics[0].floating.append("203.0.113.7")
        with asked(field, run, "Drill network left over", "Public addresses left over"):
            for title in ("Drill network left", "Public addresses"):
                asks = shown(run, title)
                assert asks.sentence.startswith("Not known: ")
                run.sign_off(asks.key, True, "Duty engineer", "released by hand")
        assert run.wait(PATIENCE).phase is RunPhase.DONE

    def test_servers_that_ecs_does_not_tell_are_asked_about(self, field: Range) -> None:
        run = drilled(field)
        refused = field.sandbox.fault("forbidden", operation="list_servers")
        run.sign_off(shown(run, "Release").key, False, "Duty engineer", "to be kept")
        assert refused
        state = run.wait(PATIENCE)
        gone = shown(run, "Drill servers gone")
        assert (gone.phase, state.phase) == (StepPhase.READY, RunPhase.WAITING_FOR_OPERATOR)
        assert "Look yourself whether the drill" in gone.sentence

    def test_a_run_that_was_stopped_at_the_question_looks_on_when_it_goes_on(self, field: Range) -> None:
        run = drilled(field)
        network = drill_server(field).vpc_id
        with asked(field, run, "Drill network left over"):
            run.stop()
            run.wait(PATIENCE)
        field.sandbox.world.vpcs.pop(network)
        again = Run.resume(run.id, client=field.site.client, journal=field.site.journal, clock=field.clock)
        assert looked_again(field, again).phase is RunPhase.DONE
