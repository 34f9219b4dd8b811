from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

from drkit.execution.forecasting import Source, durations, expected, expected_outages, forecast, past
from drkit.execution.recovery import recovery_clocks
from drkit.execution.states import RunPhase, RunState, Spell, StepPhase, StepState
from drkit.execution.timing import TimePart
from drkit.model import Backend, Change, Operation
from drkit.plan.objectives import Objectives, RunbookKind
from drkit.plan.steps import ManualStep, Plan, Step

START = datetime(2026, 11, 20, 14, 0, tzinfo=UTC)
STOP = Step("1", "Stop erp-1", Change.of(Operation.STOP_SERVER, "g1", server_id="s1", hard=False), lane="g1")
STOP_TOO = Step("2", "Stop erp-2", STOP.change, lane="g1")
SWITCH = Step(
    "2", "Switch erp", Change.of(Operation.PLANNED_FAILOVER, "g1", to="target"), needs=("1",), lane="g1"
)
ANSWERS = Step("3", "Service answers: erp", needs=("2",), about="g1", asks=ManualStep.SERVICE_ANSWERS)
OTHER = Step("4", "Switch shop", Change.of(Operation.PLANNED_FAILOVER, "g2", to="target"), after=("3",))
OTHER_ANSWERS = Step("5", "Service answers: shop", check="tcp://shop:443", needs=("4",), about="g2")
AIMS = Objectives(
    RunbookKind.PLANNED_FAILOVER, "s", "s", "c", ("Duty lead",), rto_targets=(("g1", 600), ("g2", 300))
)
PLAN = Plan(
    "Planned failover",
    Backend(True, "sandbox", "", "", "p"),
    (("g1", "erp"), ("g2", "shop")),
    (STOP, SWITCH, ANSWERS, OTHER, OTHER_ANSWERS),
    START,
    objectives=AIMS,
    recovered_by={"g1": (("3",),), "g2": (("5",),)},
)
EARLIER = {
    "stop_server": (30.0, 50.0, 90.0),
    "planned_failover": (100.0,),
    "Service answers": (60.0, 120.0),
    "check": (10.0,),
}


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def done(step: Step, started: float, ended: float, phase: StepPhase = StepPhase.DONE) -> StepState:
    return StepState(step.key, step.title, phase, started_at=at(started), ended_at=at(ended))


def run_of(*states: StepState, plan: Plan = PLAN) -> RunState:
    known = {each.key: each for each in states}
    steps = tuple(known.get(each.key) or StepState(each.key, each.title) for each in plan.steps)
    return RunState("r1", plan, RunPhase.RUNNING, steps, START, None, "", 0, 1)


def test_steps_are_compared_by_what_they_do_and_never_by_their_titles() -> None:
    assert [each.kind for each in (STOP, OTHER_ANSWERS, ANSWERS)] == [
        "stop_server",
        "check",
        "Service answers",
    ]


def test_a_step_usually_takes_the_median_and_at_most_the_slowest_of_earlier_runs() -> None:
    seen = expected(STOP, EARLIER)
    assert (seen.usual, seen.slowest, seen.source, seen.runs) == (50, 90, Source.EARLIER_RUNS, 3)


def test_without_earlier_runs_the_figure_says_that_it_is_documented_or_assumed() -> None:
    drill = Step("1", "Drill", Change.of(Operation.CREATE_DRILL, "g1", name="d", drill_vpc_id=""))
    assert expected(drill, {}).source is Source.DOCUMENTED
    assert expected(SWITCH, {}).source is Source.ASSUMED
    assert expected(ANSWERS, {}).source is Source.ASSUMED


def test_what_the_sizes_of_disks_tell_is_expected_in_the_services_time() -> None:
    step = replace(ANSWERS, needs=(), after=(), assumed=600)
    told = expected(step, {})
    assert (told.usual, told.slowest, told.source) == (600, 1800, Source.ASSUMED)
    ahead = forecast(replace(PLAN, steps=(step,)), {}, START, pace=0.1)
    assert (ahead.usual_end, ahead.slowest_end) == (at(60), at(180))


def test_runs_of_two_backends_are_never_mixed() -> None:
    real, other = Backend(False, "cloud", "eu", "", "q"), Backend(False, "cloud", "eu", "", "r")
    rows = [
        {"likeness": "failover", "seconds": 5, "backend": PLAN.backend},
        {"likeness": "failover", "seconds": 500, "backend": real},
    ]
    assert past(rows, PLAN.backend) == {"failover": (5.0,)}
    assert past(rows, real) == {"failover": (500.0,)}
    assert past(rows, other) == {}


def test_a_switch_of_few_pairs_teaches_nothing_of_one_of_many() -> None:
    few, more, many = (replace(SWITCH, size=size) for size in (3, 4, 500))
    earlier = past(
        durations(run_of(done(SWITCH, 0, 90), plan=replace(PLAN, steps=(STOP, few)))), PLAN.backend
    )
    seen = expected(more, earlier)
    assert (seen.usual, seen.runs, seen.what) == (90, 1, "planned failover of up to 4 pairs")
    assert expected(many, earlier).source is Source.ASSUMED
    assert expected(SWITCH, earlier).source is Source.ASSUMED
    assert replace(SWITCH, size=1).likeness == "planned_failover of up to 1 pair"


def test_the_end_of_each_step_follows_from_the_steps_it_waits_for() -> None:
    ahead = forecast(PLAN, EARLIER, START)
    assert [each.usual_end for each in ahead.steps] == [at(50), at(150), at(240), at(340), at(350)]
    assert (ahead.usual_end, ahead.slowest_end) == (at(350), at(420))
    assert ahead.source is Source.EARLIER_RUNS


def test_the_whole_is_only_as_sure_as_its_weakest_step() -> None:
    assert forecast(PLAN, {}, START).source is Source.ASSUMED
    assert forecast(PLAN, EARLIER | {"check": ()}, START).source is Source.ASSUMED


def test_what_has_ended_counts_with_its_real_times() -> None:
    state = run_of(done(STOP, 0, 20), StepState("2", "", StepPhase.WORKING, started_at=at(20)))
    ahead = forecast(PLAN, EARLIER, at(30), state.steps)
    assert ahead.of("2").usual_end == at(120)
    assert ahead.of("1").sentence() == "step 1 of 5, ended at 14:00"


def test_a_late_step_is_expected_any_moment() -> None:
    late = run_of(done(STOP, 0, 20), StepState("2", "", StepPhase.WORKING, started_at=at(20)))
    assert forecast(PLAN, EARLIER, at(900), late.steps).of("2").usual_end == at(900)


def test_steps_that_rest_undone_take_no_more_time() -> None:
    resting = [StepState(each.key, each.title, StepPhase.NOT_SENT) for each in PLAN.steps]
    ahead = forecast(PLAN, EARLIER, at(5), resting)
    assert ahead.usual_end == at(5)
    assert ahead.source is Source.EARLIER_RUNS


def test_the_outage_to_expect_is_told_against_its_target_before_the_start() -> None:
    first, second = expected_outages(PLAN, forecast(PLAN, EARLIER, START, pace=0.01))
    assert (first.group, first.usual, first.slowest, first.target, first.late) == (
        "erp",
        240,
        310,
        600,
        False,
    )
    assert (second.usual, second.slowest) == (110, 110), "from its own first change"
    assert (first.source, second.source) == (Source.EARLIER_RUNS, Source.EARLIER_RUNS)


def test_an_outage_that_was_declared_is_under_way_already() -> None:
    aims = replace(AIMS, declared_at=at(-400))
    first, second = expected_outages(replace(PLAN, objectives=aims), forecast(PLAN, EARLIER, START))
    assert (first.usual, first.late, first.declared) == (640, True, True)
    assert (second.usual, second.late) == (750, True)
    (untold, _) = expected_outages(replace(PLAN, objectives=None), forecast(PLAN, EARLIER, START))
    assert (untold.target, untold.late) == (None, None)


def test_one_lane_takes_one_step_at_a_time() -> None:
    plan = Plan("Stop", PLAN.backend, PLAN.groups, (STOP, STOP_TOO), START)
    assert [each.usual_end for each in forecast(plan, EARLIER, START).steps] == [at(50), at(100)]


def test_the_sentence_tells_where_its_figure_comes_from() -> None:
    assert (
        forecast(PLAN, EARLIER, START).of("2").sentence()
        == "step 2 of 5, usually done at 14:02, slowest ever 14:03"
    )
    zone = timezone(timedelta(hours=1))
    assert "perhaps done at 15:04: an assumption" in forecast(PLAN, {}, START).of("2").sentence(zone)
    drill = Step("1", "Drill", Change.of(Operation.CREATE_DRILL, "g1", name="d", drill_vpc_id=""))
    plan = Plan("Drill", PLAN.backend, PLAN.groups, (drill,), START)
    assert "by the documented duration" in forecast(plan, {}, START).of("1").sentence()


def test_an_empty_plan_ends_now() -> None:
    assert forecast(Plan("Nothing", PLAN.backend, (), (), START), {}, START).usual_end == START


def test_the_outage_runs_from_the_groups_own_first_change_until_the_service_answers() -> None:
    first, second = recovery_clocks(run_of(done(STOP, 5, 20), done(SWITCH, 20, 90)), at(100))
    assert (first.since, first.until, first.seconds, first.target, first.kept) == (at(5), None, 95, 600, None)
    assert first.parts == (
        TimePart("Stop erp-1", 15),
        TimePart("Switch erp", 70),
        TimePart("Waiting", 10),
    )
    assert (second.since, second.seconds, second.kept, second.parts) == (None, 0, None, ())
    assert (first.elapsed, second.elapsed) == (100, 100)


def test_the_clock_starts_at_the_declared_event() -> None:
    declared = Objectives(
        RunbookKind.FAILOVER,
        "s",
        "s",
        "c",
        ("Duty lead",),
        (("g1", 600),),
        declared_at=at(-300),
        declared_by="Duty lead",
    )
    plan = Plan(
        "Failover",
        PLAN.backend,
        (("g1", "erp"),),
        (SWITCH, ANSWERS),
        START,
        objectives=declared,
        recovered_by={"g1": (("3",),)},
    )
    (clock,) = recovery_clocks(run_of(done(SWITCH, 0, 60), done(ANSWERS, 60, 240), plan=plan), at(999))
    assert (clock.seconds, clock.until, clock.kept) == (540, at(240), True)
    assert clock.parts == (
        TimePart("Before the run started", 300),
        TimePart("Switch erp", 60),
        TimePart("Service answers: erp", 180, people=True),
    )
    assert clock.people == 180


def test_a_missed_target_is_told_at_once_and_stays_missed() -> None:
    (running, _) = recovery_clocks(run_of(done(STOP, 0, 20)), at(601))
    assert running.kept is False
    (late, _) = recovery_clocks(run_of(done(STOP, 0, 20), done(ANSWERS, 20, 700)), at(999))
    assert late.kept is False


def test_a_failed_or_skipped_check_does_not_stop_the_clock() -> None:
    (clock, _) = recovery_clocks(run_of(done(ANSWERS, 0, 50, StepPhase.SKIPPED)), at(100))
    assert clock.until is None


def test_the_clock_knows_the_expected_end_until_it_stops() -> None:
    state = run_of(done(ANSWERS, 0, 50))
    first, second = recovery_clocks(state, at(100), forecast(PLAN, EARLIER, at(100), state.steps))
    assert first.expected_end == at(50)
    assert second.expected_end == at(210)
    assert recovery_clocks(state, at(100))[1].expected_end is None


def test_an_answer_that_comes_only_if_somebody_acts_is_not_expected() -> None:
    state = run_of(done(ANSWERS, 0, 50, StepPhase.FAILED))
    first, second = recovery_clocks(state, at(100), forecast(PLAN, EARLIER, at(100), state.steps))
    assert first.expected_end is None
    assert second.expected_end == at(210)


def test_a_plan_without_objectives_has_clocks_without_targets() -> None:
    plan = Plan("Failover", PLAN.backend, PLAN.groups, (ANSWERS,), START, recovered_by={"g1": (("3",),)})
    (clock,) = recovery_clocks(run_of(done(ANSWERS, 0, 50), plan=plan), at(99))
    assert (clock.target, clock.kept, clock.seconds) == (None, None, 50)


def test_a_sign_off_stops_the_clock_where_the_health_check_did_not() -> None:
    accepted = Step("6", "Say yes", after=("5",), about="g2", asks=ManualStep.ACCEPTED)
    plan = Plan(
        "Failover",
        PLAN.backend,
        PLAN.groups,
        (ANSWERS, OTHER_ANSWERS, accepted),
        START,
        recovered_by={"g2": (("5", "6"), ("3",))},
    )
    failed = done(OTHER_ANSWERS, 0, 40, StepPhase.FAILED)
    (clock,) = recovery_clocks(
        run_of(failed, done(accepted, 40, 70), done(ANSWERS, 0, 60), plan=plan), at(99)
    )
    assert clock.until == at(70)
    (sooner,) = recovery_clocks(
        run_of(done(OTHER_ANSWERS, 0, 40), done(accepted, 40, 70), done(ANSWERS, 0, 60), plan=plan), at(99)
    )
    assert sooner.until == at(60)


def test_the_time_before_a_groups_turn_is_no_outage_but_elapses() -> None:
    working = StepState("5", "Service answers: shop", StepPhase.WORKING, started_at=at(95))
    _, second = recovery_clocks(run_of(done(OTHER, 60, 90), working), at(100))
    assert second.parts == (
        TimePart("Switch shop", 30),
        TimePart("Waiting", 5),
        TimePart("Service answers: shop", 5),
    )
    assert (second.seconds, second.elapsed) == (40, 100)


def test_on_the_practice_range_the_services_part_goes_faster_and_peoples_part_does_not() -> None:
    slow, fast = forecast(PLAN, {}, START), forecast(PLAN, {}, START, pace=0.1)
    assert fast.of("3").usual_end == at(60 / 10 + 180 / 10 + 300)
    assert [each.usual_in for each in fast.steps] == [each.usual_in for each in slow.steps]


def test_only_steps_that_were_done_tell_how_long_they_take() -> None:
    state = run_of(done(STOP, 0, 20), done(SWITCH, 20, 90, StepPhase.FAILED))
    assert list(durations(state)) == [
        {"key": "1", "likeness": "stop_server", "seconds": 20.0, "backend": PLAN.backend}
    ]


def test_what_people_took_is_no_part_of_what_a_change_takes() -> None:
    spells = (Spell(1, at(0), at(20), 20.0), Spell(2, at(300), at(340), 40.0))
    shown = replace(done(STOP, 0, 340), spells=spells)
    assert [each["seconds"] for each in durations(run_of(shown))] == [60.0]


def test_of_steps_side_by_side_the_first_in_the_plan_names_the_time() -> None:
    stops = tuple(replace(STOP, key=str(key), title=f"Stop {key}", lane="") for key in range(1, 9))
    plan = replace(
        PLAN, steps=(*stops, replace(ANSWERS, key="9", needs=("8",))), recovered_by={"g1": (("9",),)}
    )
    (clock,) = recovery_clocks(run_of(*(done(each, 0, 20) for each in stops), plan=plan), at(20))
    assert clock.parts == (TimePart("Stop 1", 20),)
