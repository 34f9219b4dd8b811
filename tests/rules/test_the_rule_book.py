"""What holds for every rule, and how a verdict comes about."""

import re

import pytest

from drkit.model import Change, Operation
from drkit.rules import RULES, Projection, Rule, Verdict, judge, judge_in, rules_for
from drkit.rules.rule import either
from tests.facts import reading

EVERY = sorted({each for rules in RULES.values() for each in rules}, key=lambda each: each.name)
every_rule = pytest.mark.parametrize("rule", EVERY, ids=lambda each: each.name)

SHOP = reading(
    {
        "groups": {"shop": {"status": "reversing"}},
        "instances": {"db-01": {"group": "shop", "frozen": True}},
        "pairs": {"data-1": {"group": "shop"}},
    }
)


def attach(device: str = "/dev/vdb", pair: str = "data-1") -> Change:
    return Change.of(
        Operation.ATTACH_PAIR, "shop-id", pair_id=f"{pair}-id", instance_id="db-01-id", device=device
    )


def codes(verdict: Verdict) -> list[str]:
    return [each.code for each in verdict.objections]


class TestEveryRule:
    @pytest.mark.parametrize("operation", Operation)
    def test_every_operation_has_some(self, operation: Operation) -> None:
        assert rules_for(operation)

    @pytest.mark.parametrize("operation", Operation)
    def test_comes_after_those_it_needs_and_only_once(self, operation: Operation) -> None:
        names = [each.name for each in rules_for(operation)]
        assert len(set(names)) == len(names)
        for place, each in enumerate(rules_for(operation)):
            assert each.needs <= set(names[:place]), each.name

    @every_rule
    def test_has_a_sentence_for_the_operator_and_names_its_source(self, rule: Rule) -> None:
        assert rule.sentence[0].isupper()
        assert rule.sentence[-1] == "."
        assert "Source" not in rule.sentence
        assert "Source: " in (rule.ask.__doc__ or "")

    @every_rule
    def test_has_codes_of_the_service_and_says_what_it_is_about(self, rule: Rule) -> None:
        assert rule.codes
        assert all(re.fullmatch(r"(SDRS|Ecs)\.\d{4}", each) for each in rule.codes)
        assert rule.about in {"group", "instance", "pair", "drill", "server", "disk"}

    @every_rule
    def test_that_is_stricter_than_the_service_says_so(self, rule: Rule) -> None:
        words = " ".join((rule.ask.__doc__ or "").split())
        assert not rule.caution or re.search(
            "own caution|drkit does only|Source: the user guide|1333|1352", words + str(rule.codes)
        )


class TestAVerdict:
    def test_holds_all_objections_and_not_only_the_first(self) -> None:
        verdict = judge(attach("/dev/vda"), SHOP)
        assert codes(verdict) == ["SDRS.1024", "SDRS.1328", "SDRS.0214", "SDRS.0225", "SDRS.0201"]
        assert not verdict.allowed

    def test_names_the_rules_that_could_not_be_asked(self) -> None:
        verdict = judge(attach("", pair="gone"), SHOP)
        assert "pair_is_free" in verdict.not_asked
        assert "device_is_named" in verdict.not_asked
        assert (
            "device_is_free" in verdict.not_asked
        )  # what needs a rule that was not asked is not asked either

    def test_says_what_is_what_would_have_to_be_and_what_to_do(self) -> None:
        frozen = next(
            each for each in judge(attach(), SHOP).objections if each.rule == "instance_is_not_frozen"
        )
        assert str(frozen) == (
            "Leave frozen resources alone until the provider has thawed them. "
            "instance db-01: frozen, must be not frozen. "
            "Have the provider lift the freeze of the account, then read again. (SDRS.0225)"
        )

    def test_calls_a_thing_that_is_not_there_by_its_id(self) -> None:
        gone = judge(attach(pair="gone"), SHOP).objections
        assert [each.subject for each in gone if each.code == "SDRS.1608"] == ["pair gone-id"]

    def test_takes_what_is_planned_as_done(self) -> None:
        sound = reading(
            {
                "groups": {"shop": {}},
                "instances": {"db-01": {"group": "shop"}},
                "pairs": {"data-1": {"group": "shop"}, "data-2": {"group": "shop"}},
            }
        )
        assert judge(attach(pair="data-2"), sound).allowed
        verdict = judge(attach(pair="data-2"), sound, [attach()])
        assert [each.found for each in verdict.objections] == ["/dev/vdb is held by pair data-1"]
        assert verdict == judge_in(attach(pair="data-2"), Projection.of(sound, [attach()]))


class TestWords:
    def test_are_joined_as_people_say_it(self) -> None:
        assert either({"protected"}) == "protected"
        assert either({"protected", "available", "fault"}) == "available, fault or protected"


def test_a_verdict_and_its_objections_are_shown_with_what_is_and_what_to_do() -> None:
    verdict = judge(Change.of(Operation.FAILOVER, "shop-id"), SHOP)
    [objection] = verdict.objections
    assert repr(verdict) == "<Verdict failover: 1 objection>"
    assert repr(objection).startswith("<Objection SDRS.1002 group shop: reversing, must be ")
    assert repr(Verdict(verdict.change)) == "<Verdict failover: allowed>"
    for value in (verdict, objection):
        assert ">reversing</td>" in value._repr_html_()
