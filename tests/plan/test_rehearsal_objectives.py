import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drkit.errors import InputError
from drkit.plan.objectives import Objectives, RunbookKind, read_seconds, spell_seconds

NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
GROUPS = {"g1": "erp", "g2": "shop"}
GOOD = Objectives(
    kind=RunbookKind.PLANNED_FAILOVER,
    scenario="Maintenance in zone 1",
    scope="ERP and shop",
    criteria="Orders can be placed",
    participants=("Duty engineer", "Shift lead"),
    rto_targets=(("g1", 900), ("g2", 1800)),
)
DECLARED = replace(
    GOOD,
    kind=RunbookKind.FAILOVER,
    declared_what="Zone 1 is dark",
    declared_by="Shift lead",
    declared_at=NOW - timedelta(minutes=5),
)


@pytest.mark.parametrize("good", [GOOD, DECLARED])
def test_full_objectives_may_start(good: Objectives) -> None:
    assert good.check(GROUPS, NOW) is good


@pytest.mark.parametrize(
    ("changed", "field", "sentence"),
    [
        (replace(GOOD, scenario=" "), "scenario", "what is rehearsed"),
        (replace(GOOD, scope=""), "scope", "in scope"),
        (replace(GOOD, criteria=""), "criteria", "counts as recovered"),
        (replace(GOOD, scope="x" * 2001), "scope", "At most 2000"),
        (replace(GOOD, participants=()), "participants", "at least one"),
        (replace(GOOD, participants=(" ",)), "participants", "at least one"),
        (replace(GOOD, participants=("a\nb",)), "participants", "one line"),
        (replace(GOOD, rto_targets=(("g1", 900),)), "rto_targets", "shop"),
        (replace(GOOD, rto_targets=(("g1", 0), ("g2", 1))), "rto_targets", "erp"),
        (replace(GOOD, rto_targets=(*GOOD.rto_targets, ("g9", 1))), "rto_targets", "g9"),
        (replace(GOOD, rpo_target=-1), "rpo_target", "0 or more"),
        (replace(DECLARED, declared_what=""), "declared_what", "what happened"),
        (replace(DECLARED, declared_by=""), "declared_by", "who declared"),
        (replace(DECLARED, declared_at=None), "declared_at", "since when"),
        (replace(DECLARED, declared_at=NOW + timedelta(minutes=1)), "declared_at", "after now"),
        (replace(DECLARED, declared_at=NOW.replace(tzinfo=None)), "declared_at", "time zone"),
    ],
)
def test_each_gap_is_named_beside_its_field(changed: Objectives, field: str, sentence: str) -> None:
    assert sentence in changed.faults(GROUPS, NOW)[field]


def test_all_gaps_are_told_at_once() -> None:
    with pytest.raises(InputError) as caught:
        replace(GOOD, scope="", criteria="").check(GROUPS, NOW)
    assert "scope:" in str(caught.value)
    assert "criteria:" in str(caught.value)


def test_reprotection_needs_no_recovery_time() -> None:
    assert replace(GOOD, kind=RunbookKind.REPROTECT, rto_targets=()).faults(GROUPS, NOW) == {}


def test_the_target_of_a_group_is_in_seconds_and_none_where_unset() -> None:
    assert GOOD.target("g1") == 900
    assert GOOD.target("g9") is None


def test_the_next_runbook_keeps_the_declaration_and_names_the_run_it_follows() -> None:
    after = DECLARED.continued(RunbookKind.REPROTECT, "r1", NOW)
    assert (after.kind, after.follows, after.declared_at) == (
        RunbookKind.REPROTECT,
        "r1",
        DECLARED.declared_at,
    )


@given(
    st.text(max_size=50),
    st.lists(st.text("abc äé", min_size=1, max_size=9).filter(str.strip), max_size=3),
    st.dictionaries(st.text("0123456789abcdef-", min_size=1, max_size=36), st.integers(1, 10**6)),
    st.none() | st.datetimes(timezones=st.just(UTC)),
    st.sampled_from(RunbookKind),
)
def test_objectives_survive_being_kept_as_json(
    text: str, people: list[str], targets: dict[str, int], when: datetime | None, kind: RunbookKind
) -> None:
    kept = Objectives(
        kind, text, text, text, tuple(people), tuple(targets.items()), declared_at=when, expert_absent=True
    )
    assert Objectives.from_json(json.loads(json.dumps(kept.to_json()))) == kept


def test_each_kind_has_words_for_people() -> None:
    assert [each.words for each in RunbookKind] == [
        "DR drill",
        "planned failover",
        "failback",
        "failover",
        "re-protection",
        "restart of production",
        "clean-up of a DR drill",
    ]


def test_the_recovery_clock_goes_on_from_the_run_that_failed() -> None:
    assert GOOD.continued(RunbookKind.FAILOVER, "r1", NOW).declared_at == NOW


def test_after_a_recovery_the_clock_begins_anew() -> None:
    back = DECLARED.continued(RunbookKind.FAILBACK, "r1")
    assert (back.declared_what, back.declared_by, back.declared_at) == ("", "", None)
    assert back.follows == "r1"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("900", 900), ("15 min", 900), ("1h30m", 5400), (" 1 h 30 min ", 5400), ("45 s", 45), ("2h", 7200)],
)
def test_a_span_of_time_is_read_as_people_write_it(text: str, seconds: int) -> None:
    assert read_seconds(text) == seconds


@pytest.mark.parametrize("text", ["", "soon", "15 minutes and a bit", "-5", "1.5 h"])
def test_what_is_no_span_of_time_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="no span of time"):
        read_seconds(text)


@given(st.integers(0, 10**6))
def test_a_span_of_time_is_spelled_as_it_is_read(seconds: int) -> None:
    assert read_seconds(spell_seconds(seconds)) == seconds


def test_a_span_of_time_is_spelled_briefly() -> None:
    assert [spell_seconds(each) for each in (0, 45, 900, 5400)] == ["0 s", "45 s", "15 min", "1 h 30 min"]
