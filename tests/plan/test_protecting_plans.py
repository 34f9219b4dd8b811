"""From servers to protection as a plan: groups, instances, what is warned of, what is refused."""

from dataclasses import replace
from typing import Any

import pytest

from drkit.clock import SteppedClock
from drkit.errors import InputError, RefusedError, UnknownNameError
from drkit.model import Inventory, Operation, Quota
from drkit.plan import Plan, Protection, ReadingCheck, fitting_domains, plan_protection
from drkit.sandbox import Sandbox
from drkit.site import practise
from tests.closing import at_the_end

SHOP = [f"{tier}-0{n}" for tier, most in (("web", 5), ("app", 4), ("db", 3)) for n in range(1, most + 1)]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Inventory:
    clock, folder = SteppedClock(), tmp_path_factory.mktemp("shop")
    sandbox = Sandbox("twelve-servers", now=clock.monotonic, speed=1.0)
    site = at_the_end.enter_context(practise(sandbox, clock=clock, journal=folder / "j.sqlite"))
    return site.client.inventory(disks=True, quotas=True, domains=True)


def planned(found: Inventory, **wanted: Any) -> Plan:  # noqa: ANN401  # the fields of a request
    domain = next(iter(found.domains.values())).id
    given: dict[str, Any] = {"servers": SHOP, "name": "shop", "domain": domain, **wanted}
    return plan_protection(found, Protection(**given))


def changed(found: Inventory, called: str, /, **facts: Any) -> Inventory:  # noqa: ANN401  # those of a server
    key = next(key for key, each in found.servers.items() if each.name == called)
    return replace(found, servers={**found.servers, key: replace(found.servers[key], **facts)})


def operations(plan: Plan) -> list[Operation | str]:
    return [step.change.operation if step.change else step.check for step in plan.steps]


def test_one_group_is_made_filled_enabled_and_seen_to_be_synchronised(found: Inventory) -> None:
    plan = planned(found)
    assert plan.groups == (("planned:shop", "shop"),)
    assert plan.to_type == "shop"
    assert operations(plan) == [
        Operation.CREATE_GROUP,
        *[Operation.CREATE_INSTANCE] * 12,
        Operation.ENABLE_PROTECTION,
        ReadingCheck.SYNCHRONISED,
    ]
    assert plan.steps[1].needs == ("1",)
    assert plan.steps[13].needs == tuple(str(n) for n in range(2, 14))
    assert plan.steps[14].needs == ("14",)
    assert plan.title == "Protect 12 servers in shop"
    again = Plan.from_json(plan.to_json())
    assert again.digest == plan.digest


def test_groups_by_tag_go_side_by_side_and_are_named_after_their_value(found: Inventory) -> None:
    plan = planned(found, by_tag="tier")
    assert [name for _, name in plan.groups] == ["shop-web", "shop-app", "shop-db"]
    assert [len(step.needs) for step in plan.steps if step.change and not step.needs] == [0, 0, 0]
    assert [name for _, name in planned(found, name="", by_tag="tier").groups] == ["web", "app", "db"]


def test_a_server_without_the_tag_is_left_out_and_why(found: Inventory) -> None:
    plan = planned(changed(found, "db-03", tags=(("owner", "x"),)), by_tag="tier")
    (out,) = plan.left_out
    assert out.subject == "db-03"
    assert out.objections[0].judged == "db-03: no tag tier, must be a tag tier."
    assert len(plan.steps) == 3 * 3 + 11


def test_servers_elsewhere_come_into_a_group_of_their_own(found: Inventory) -> None:
    domain = next(iter(found.domains.values()))
    moved = changed(found, "web-01", zone=domain.remote_zone)
    key = next(key for key, each in moved.servers.items() if each.name == "web-01")
    disks = {
        id_: replace(each, zone=domain.remote_zone)
        if id_ in {d.disk_id for d in moved.servers[key].disks}
        else each
        for id_, each in found.disks.items()
    }
    plan = planned(replace(moved, disks=disks), servers=["app-01", "web-01"])
    assert [name for _, name in plan.groups] == ["shop-1", "shop-2"]
    made = [step.change for step in plan.steps if step.change and step.change.source_zone]
    assert [(each.source_zone, each.target_zone) for each in made] == [
        (domain.local_zone, domain.remote_zone),
        (domain.remote_zone, domain.local_zone),
    ]
    assert any("one network and one direction" in note for note in plan.notes)


def test_the_notes_tell_sizes_quotas_and_the_first_synchronisation(found: Inventory) -> None:
    plan = planned(found)
    notes = "\n".join(plan.notes)
    assert "shop: 12 servers from sandbox-1a to sandbox-1b, 24 pairs with 1600 GB." in notes
    assert "First synchronisation: 1600 GB, 240 GB of the largest server." in notes
    assert "1 h 8 min" in notes
    assert [step.assumed for step in plan.steps if step.assumed] == [(60 + 8) * 60]
    assert Plan.from_json(plan.to_json()) == plan
    assert "nobody has measured it here" in notes
    assert "Protection groups: 0 now, 1 afterwards, with a limit of 10." in notes
    assert "Replication pairs: 0 now, 24 afterwards, with a limit of 100." in notes
    unlimited = replace(found, quotas={"server_groups": Quota("server_groups", 3, -1)})
    notes = "\n".join(planned(unlimited).notes)
    assert "Protection groups: 3 now, 4 afterwards, with no limit." in notes
    assert "Replication pairs: 24 more; the quota is not known." in notes
    assert "Not asked" in notes


def test_a_smaller_flavor_is_warned_of_and_one_of_unknown_size_is_said(found: Inventory) -> None:
    big = changed(changed(found, "db-01", flavor="big", vcpus=8, ram_mib=32768), "web-05", vcpus=None)
    plan = planned(big, flavors={"db-01": "s3.large.2", "db-02": "big", "app-01": "strange", "app-02": ""})
    told = [note for note in plan.notes if "flavor" in note or "SMALLER" in note or "smaller" in note]
    assert told == [
        "Whether strange is smaller than s3.large.2 of app-01 is not known.",
        "SMALLER: the DR server of db-01 gets s3.large.2 (2 vCPUs, 4 GiB) instead of big (8 vCPUs, 32 GiB).",
    ]
    flavors = {step.change.name: step.change.flavor for step in plan.steps if step.change}
    assert (flavors["db-01"], flavors["db-02"], flavors["web-01"]) == ("s3.large.2", "big", "")


def test_two_servers_of_one_name_become_instances_of_two(found: Inventory) -> None:
    twins = changed(changed(found, "web-02", name="Web 01!"), "web-01", name="Web 01!")
    ids = [key for key, each in twins.servers.items() if each.name == "Web 01!"]
    plan = planned(twins, servers=ids)
    names = [step.change.name for step in plan.steps if step.change and step.change.server_id]
    assert names == ["Web-01-", "Web-01--2"]


def test_what_the_service_would_refuse_is_refused_with_every_reason(found: Inventory) -> None:
    with pytest.raises(RefusedError) as caught:
        planned(found, servers=["cluster-01", "vault-01"])
    codes = {each.code for each in caught.value.objections}
    assert {"SDRS.1806", "SDRS.1802"} <= codes
    assert "nothing was sent" in str(caught.value)


@pytest.mark.parametrize(
    ("wanted", "sentence"),
    [
        ({"servers": []}, "Pick at least one server"),
        ({"name": ""}, "Give the group a name, or a tag"),
        ({"domain": "nowhere"}, "No one domain is 'nowhere'; there are"),
        ({"flavors": {"vault-01": "x"}}, "not picked: vault-01"),
    ],
)
def test_what_is_missing_is_asked_for(found: Inventory, wanted: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        planned(found, **wanted)


def test_a_server_that_is_not_there_is_named(found: Inventory) -> None:
    with pytest.raises(UnknownNameError, match="No server is named 'web-09'; did you mean"):
        planned(found, servers=["web-09"])


def test_a_domain_is_taken_by_itself_only_where_no_other_fits(found: Inventory) -> None:
    servers = [each for each in found.servers.values() if each.name in SHOP]
    fit = fitting_domains(found, servers)
    one = replace(found, domains={fit[0].id: fit[0]})
    wanted = Protection(SHOP, "shop")
    assert plan_protection(one, wanted).steps
    assert plan_protection(one, replace(wanted, domain=fit[0].name)).steps
    twin = replace(fit[0], id="twin", name="twin", sold_out=True)
    assert [
        each.id for each in fitting_domains(replace(one, domains={"twin": twin, **one.domains}), servers)
    ] == [
        fit[0].id,
        "twin",
    ]
    with pytest.raises(InputError, match="Name the active-active domain; those with the zones"):
        plan_protection(replace(one, domains={**one.domains, "twin": twin}), wanted)
    with pytest.raises(InputError, match="none: take servers of one pair of zones at a time"):
        plan_protection(replace(found, domains={}), wanted)
