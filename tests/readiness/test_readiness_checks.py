"""Each check of readiness: what it calls ok, what it warns of, what fails, and that it never guesses."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drkit.model import FailedTask, Inventory, Unknown
from drkit.readiness import (
    Check,
    CheckState,
    Held,
    Known,
    Readiness,
    Rehearsal,
    Thresholds,
    exit_code,
    metrics,
    standings,
)
from drkit.readiness.checks import CHECKS
from tests.facts import NOW, Facts, reading

OK, WARNING, FAILING, UNKNOWN = CheckState
SOUND: Facts = {
    "groups": {"shop": {}},
    "instances": {"web": {"group": "shop", "attached": {"data": "/dev/vdb"}}},
    "pairs": {"data": {"group": "shop", "disks": "in-use"}},
    "quotas": {"replications": (1, 10)},
}
DRILLED = Rehearsal("run-1", "DR drill", ("shop-id",), NOW - timedelta(days=1), True, True, True)


def sound(**facts: Facts) -> Inventory:
    """A group that is ready, but for what is given."""
    made = reading({**SOUND, **facts})
    servers = {
        key: replace(each, vcpus=2, ram_mib=4096, addresses=(), security_groups=("sg",), tags=())
        for key, each in made.servers.items()
    }
    return replace(made, servers=servers, whole=made.whole | {"quotas", "failed_tasks", "domains", "rpo"})


def known(inventory: Inventory, **more: object) -> Known:
    """What the journal tells of a group that was drilled yesterday as it is in that reading."""
    facts: dict[str, Any] = {"rehearsals": (DRILLED,), "after": lambda _run: inventory}
    return Known(**{"now": NOW, **facts, **more})


def checked(inventory: Inventory, name: str, what: Known | None = None) -> Check:
    (standing,) = standings(inventory, what or known(inventory))
    return next(each for each in standing.checks if each.name == name)


def with_server(inventory: Inventory, key: str = "web-server", **changed: object) -> Inventory:
    server = replace(inventory.servers[key], **cast("dict[str, Any]", changed))
    return replace(inventory, servers={**inventory.servers, key: server})


def with_pair(inventory: Inventory, **changed: object) -> Inventory:
    pair = replace(inventory.pairs["data-id"], **cast("dict[str, Any]", changed))
    return replace(inventory, pairs={"data-id": pair})


def with_group(inventory: Inventory, **changed: object) -> Inventory:
    group = replace(inventory.groups["shop-id"], **cast("dict[str, Any]", changed))
    return replace(inventory, groups={"shop-id": group})


def without(inventory: Inventory, part: str) -> Inventory:
    parts: dict[str, Any] = {part: {}}
    return replace(inventory, whole=inventory.whole - {part}, **parts)


def test_a_group_of_which_all_is_known_and_sound_is_ready() -> None:
    made = sound()
    assert standings(made, known(made)) == standings(made, known(made))
    (standing,) = standings(made, known(made))
    assert [(each.name, each.why) for each in standing.checks if each.state is not OK] == []
    assert (standing.readiness, standing.first, exit_code([standing])) == (Readiness.READY, "", 0)


LATER = NOW - timedelta(days=120)
TASK = FailedTask("job", "attach", "attachFail", "replications", "data-id", "data", NOW, "SDRS.0001", "why")
CASES: Mapping[str, tuple[Callable[[], Inventory], str, CheckState, str]] = {
    "both run": (
        lambda: sound(
            instances={"web": {"group": "shop", "servers": {"production": "ACTIVE", "dr": "ACTIVE"}}}
        ),
        "both sides running",
        FAILING,
        "both run: web",
    ),
    "a server that nobody read": (
        lambda: sound(instances={"web": {"group": "shop", "servers": {"production": "ACTIVE"}}}),
        "both sides running",
        UNKNOWN,
        "not known: web",
    ),
    "a broken group": (
        lambda: sound(groups={"shop": {"status": "error-stopping"}}),
        "status",
        FAILING,
        "error-stopping",
    ),
    "a status that is not known": (
        lambda: sound(groups={"shop": {"status": "odd"}}),
        "status",
        UNKNOWN,
        "odd",
    ),
    "protection off": (lambda: sound(groups={"shop": {"status": "available"}}), "protection", FAILING, "off"),
    "nothing copied": (
        lambda: sound(groups={"shop": {"status": "available"}}),
        "synchronised",
        FAILING,
        "available",
    ),
    "failed over": (
        lambda: sound(groups={"shop": {"status": "failed-over"}}),
        "protection",
        FAILING,
        "not protected",
    ),
    "moving": (lambda: sound(groups={"shop": {"status": "starting"}}), "protection", WARNING, "starting"),
    "in trouble": (lambda: sound(groups={"shop": {"status": "error"}}), "protection", FAILING, "error"),
    "an odd status": (lambda: sound(groups={"shop": {"status": "odd"}}), "protection", UNKNOWN, "odd"),
    "moving for long": (
        lambda: with_group(sound(groups={"shop": {"status": "starting"}}), updated_at=LATER),
        "moving for long",
        WARNING,
        "30 min",
    ),
    "moving since nobody knows when": (
        lambda: with_group(sound(groups={"shop": {"status": "starting"}}), updated_at=None),
        "moving for long",
        UNKNOWN,
        "Since when",
    ),
    "moving for a moment": (
        lambda: sound(groups={"shop": {"status": "starting"}}),
        "moving for long",
        OK,
        "",
    ),
    "invalid": (
        lambda: sound(instances={"web": {"group": "shop", "status": "invalid"}}),
        "server or disk gone",
        FAILING,
        "a server of web",
    ),
    "a server gone": (
        lambda: sound(instances={"web": {"group": "shop", "servers": {}}}),
        "server or disk gone",
        FAILING,
        "a server of web",
    ),
    "a disk gone": (lambda: replace(sound(), disks={}), "server or disk gone", FAILING, "a disk of data"),
    "disks not read": (lambda: without(sound(), "disks"), "server or disk gone", UNKNOWN, "disks"),
    "half a pair": (lambda: with_pair(sound(), target_disk_id=""), "server or disk gone", UNKNOWN, "data"),
    "a fault": (lambda: with_pair(sound(), fault_level="5"), "fault level", FAILING, "data (5)"),
    "a fault level that is not told": (
        lambda: with_pair(sound(), fault_level=""),
        "fault level",
        UNKNOWN,
        "data",
    ),
    "no pairs": (lambda: replace(sound(), pairs={}), "synchronised", FAILING, "no pair"),
    "a pair that stands still": (
        lambda: sound(pairs={"data": {"group": "shop", "replication": "inactive"}}),
        "synchronised",
        FAILING,
        "Not copied: data",
    ),
    "a pair that is copied": (
        lambda: sound(pairs={"data": {"group": "shop", "replication": "copying"}}),
        "synchronised",
        WARNING,
        "data (100 %)",
    ),
    "a pair that does not tell": (
        lambda: sound(pairs={"data": {"group": "shop", "replication": ""}}),
        "synchronised",
        UNKNOWN,
        "data",
    ),
    "production off": (
        lambda: sound(
            instances={"web": {"group": "shop", "servers": {"production": "SHUTOFF", "dr": "SHUTOFF"}}}
        ),
        "power",
        WARNING,
        "production server of web is SHUTOFF",
    ),
    "power not known": (
        lambda: sound(
            instances={"web": {"group": "shop", "servers": {"production": "ACTIVE", "dr": "UNKNOWN"}}}
        ),
        "power",
        UNKNOWN,
        "DR server of web",
    ),
    "a loose pair": (
        lambda: sound(instances={"web": {"group": "shop"}}),
        "pairs not attached",
        WARNING,
        "data",
    ),
    "a pair that may be attached": (
        lambda: with_pair(sound(instances={"web": {"group": "shop"}}), unknown=("attachment",)),
        "pairs not attached",
        UNKNOWN,
        "data",
    ),
    "a bare instance": (
        lambda: sound(instances={"web": {"group": "shop"}}),
        "instances without pairs",
        WARNING,
        "web",
    ),
    "an instance that may have pairs": (
        lambda: replace(
            (made := sound(instances={"web": {"group": "shop"}})),
            instances={"web-id": replace(made.instances["web-id"], unknown=("attachment",))},
        ),
        "instances without pairs",
        UNKNOWN,
        "web",
    ),
    "no instances": (lambda: sound(instances={}), "instances without pairs", FAILING, "no instance"),
    "a loose disk": (
        lambda: sound(instances={"web": {"group": "shop", "other": {"/dev/vdc": "scratch"}}}),
        "disks that nobody replicates",
        WARNING,
        "web /dev/vdc",
    ),
    "disks that are not told": (
        lambda: with_server(sound(), unknown=("os-extended-volumes:volumes_attached",)),
        "disks that nobody replicates",
        UNKNOWN,
        "web",
    ),
    "a smaller flavor": (
        lambda: with_server(sound(), "web-dr-server", flavor="s1", vcpus=1),
        "DR flavor",
        WARNING,
        "s1 at the DR",
    ),
    "less memory": (
        lambda: with_server(sound(), "web-dr-server", flavor="s1", ram_mib=1024),
        "DR flavor",
        WARNING,
        "web",
    ),
    "a larger flavor": (
        lambda: with_server(sound(), "web-dr-server", flavor="s4", vcpus=4),
        "DR flavor",
        OK,
        "",
    ),
    "a flavor of unknown size": (
        lambda: with_server(sound(), "web-dr-server", flavor="odd", vcpus=None),
        "DR flavor",
        UNKNOWN,
        "web",
    ),
    "a DR server that was not read": (
        lambda: sound(instances={"web": {"group": "shop", "servers": {"production": "ACTIVE"}}}),
        "DR flavor",
        UNKNOWN,
        "web",
    ),
    "no drills read": (lambda: without(sound(), "drills"), "last drill", OK, ""),
    "a quota near its end": (lambda: sound(quotas={"replications": (9, 10)}), "quotas", WARNING, "9 of 10"),
    "no quotas": (lambda: without(sound(), "quotas"), "quotas", UNKNOWN, "not read"),
    "a failed task": (
        lambda: replace(sound(), failed_tasks={"job": TASK}),
        "failed tasks",
        WARNING,
        "attachFail",
    ),
    "failed tasks not read": (lambda: without(sound(), "failed_tasks"), "failed tasks", UNKNOWN, "not read"),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_check_tells_what_is_wrong(case: tuple[Callable[[], Inventory], str, CheckState, str]) -> None:
    make, name, state, why = case
    seen = checked(make(), name)
    assert seen.state is state
    assert why in f"{seen.value} {seen.why}"
    assert state is OK or (seen.why and seen.to_do), "it says why, and what to do"


class TestRehearsals:
    def test_that_the_service_counts_are_enough_but_of_a_young_group(self) -> None:
        counted = replace(sound(), whole=sound().whole | {"undrilled"})
        old = with_group(counted, created_at=NOW - timedelta(days=200))
        never = Known(NOW)
        assert checked(old, "last drill", never).value == "within three months, as the service counts"
        for other in (
            counted,
            replace(old, undrilled=frozenset({"shop-id"})),
            with_group(counted, created_at=None),
        ):
            assert checked(other, "last drill", never).state is WARNING
        (strict,) = standings(old, never, Thresholds(drill_days=30))
        assert next(each for each in strict.checks if each.name == "last drill").state is WARNING

    def test_of_the_console_count_as_well(self) -> None:
        made = sound(drills={"spring": {"group": "shop", "servers": {}}})
        assert checked(made, "last drill", Known(NOW)).state is OK

    def test_that_are_old_are_a_warning_with_the_day(self) -> None:
        old = replace(DRILLED, ended_at=LATER)
        seen = checked(sound(), "last drill", known(sound(), rehearsals=(old,)))
        assert (seen.state, seen.value, seen.since) == (WARNING, f"{LATER:%Y-%m-%d}", LATER)

    def test_of_which_there_is_none_are_a_warning(self) -> None:
        assert checked(sound(), "last drill", Known(NOW)).state is WARNING
        assert checked(sound(), "proof", Known(NOW)).value == "never proven"

    def test_are_not_known_where_the_drills_or_the_journal_were_not_read(self) -> None:
        assert checked(without(sound(), "drills"), "last drill", Known(NOW)).state is UNKNOWN
        blind = Known(NOW, journal_read=False)
        for name in ("last drill", "proof", "lease"):
            assert checked(sound(), name, blind).state is UNKNOWN, name

    def test_of_which_nothing_was_kept_prove_nothing_that_is_known(self) -> None:
        assert checked(sound(), "proof", known(sound(), after=lambda _run: None)).state is UNKNOWN

    def test_whose_record_does_not_hold_fail(self) -> None:
        forged = replace(DRILLED, holds=False)
        assert checked(sound(), "proof", known(sound(), rehearsals=(forged,))).state is FAILING


class TestLeases:
    def test_of_a_run_that_is_driven_are_ok(self) -> None:
        held = (Held("shop-id", "duty since 10:00", False),)
        assert checked(sound(), "lease", known(sound(), held=held)).value == "held by a run"

    def test_of_a_dead_holder_are_a_warning_that_names_it(self) -> None:
        held = (Held("shop-id", "duty since 10:00", True), Held("mail-id", "other", False))
        assert "duty since 10:00" in checked(sound(), "lease", known(sound(), held=held)).why


class TestTheWord:
    def test_is_that_of_the_worst_check_and_names_what_to_do_first(self) -> None:
        made = sound(instances={"web": {"group": "shop"}})
        (standing,) = standings(made, known(made))
        assert standing.readiness is Readiness.WARNINGS
        assert standing.first == "Copied, but on no server: data. Attach them with 20_attach_pairs."
        assert exit_code([standing]) == 0

    def test_is_not_known_where_a_check_is_and_none_fails(self) -> None:
        made = without(sound(), "quotas")
        (standing,) = standings(made, known(made))
        assert (standing.readiness, exit_code([standing])) == (Readiness.UNKNOWN, 2)

    def test_is_not_ready_where_one_check_fails_whatever_else_is_not_known(self) -> None:
        made = with_pair(without(sound(), "quotas"), fault_level="5")
        (standing,) = standings(made, known(made))
        assert (standing.readiness, exit_code([standing])) == (Readiness.NOT_READY, 1)
        assert standing.first.startswith("At fault: data (5).")

    def test_of_no_group_could_not_be_told(self) -> None:
        assert exit_code([]) == 2

    def test_follows_the_thresholds(self) -> None:
        old = known(sound(), rehearsals=(replace(DRILLED, ended_at=LATER),))
        for days, state in ((90, WARNING), (121, OK)):
            (standing,) = standings(sound(), old, Thresholds(drill_days=days), "shop-id")
            assert next(each for each in standing.checks if each.name == "last drill").state is state

    def test_is_a_metric(self) -> None:
        made = with_pair(sound(), fault_level="5")
        told = metrics(standings(made, known(made)), made)
        labels = {"cloud": "PRACTICE", "project": "rehearsals", "group": "shop", "group_id": "shop-id"}
        assert told.get_sample_value("drkit_group_readiness", labels) == 2
        assert told.get_sample_value("drkit_group_check", labels | {"check": "fault level"}) == 2
        assert told.get_sample_value("drkit_group_check", labels | {"check": "quotas"}) == 0


BLIND: Mapping[str, tuple[Callable[[Inventory], Inventory], set[str]]] = {
    "no servers": (
        lambda made: without(made, "servers"),
        {"both sides running", "server or disk gone", "power", "disks that nobody replicates", "DR flavor"},
    ),
    "no disks": (lambda made: without(made, "disks"), {"server or disk gone"}),
    "no quotas": (lambda made: without(made, "quotas"), {"quotas"}),
    "no failed tasks": (lambda made: without(made, "failed_tasks"), {"failed tasks"}),
    "no status": (lambda made: with_group(made, status=Unknown("odd")), {"status", "protection"}),
    "no fault level": (lambda made: with_pair(made, fault_level=""), {"fault level"}),
    "no synchronisation": (
        lambda made: with_pair(made, replication_status=Unknown("")),
        {"synchronised"},
    ),
    "no station": (
        lambda made: replace(
            made,
            instances={
                key: replace(each, priority_station=Unknown("")) for key, each in made.instances.items()
            },
        ),
        {"both sides running", "power", "disks that nobody replicates", "DR flavor"},
    ),
    "no power": (
        lambda made: with_server(made, status=Unknown("odd")) if made.servers else made,
        {"both sides running", "power"},
    ),
    "no attachments": (
        lambda made: replace(
            with_pair(made, attachments=(), unknown=("attachment",)),
            instances={
                key: replace(each, attachments=(), unknown=("attachment",))
                for key, each in made.instances.items()
            },
        ),
        {"pairs not attached", "instances without pairs"},
    ),
}


@given(st.sets(st.sampled_from(sorted(BLIND)), min_size=1), st.booleans())
def test_no_check_says_ok_for_what_is_not_known(damages: set[str], journal_read: bool) -> None:
    made, blind = sound(), set[str]() if journal_read else {"proof", "lease"}
    for name in sorted(damages):
        damage, checks = BLIND[name]
        made, blind = damage(made), blind | checks
    (standing,) = standings(made, known(made, journal_read=journal_read))
    assert {each.name for each in standing.checks if each.state is OK}.isdisjoint(blind)
    assert standing.readiness in {Readiness.UNKNOWN, Readiness.NOT_READY}


def test_every_check_is_tried_here() -> None:
    assert {name for _, name, *_ in CASES.values()} | {"proof", "lease"} == set(CHECKS)
