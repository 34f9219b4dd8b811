"""What a notebook holds, on the sandbox's demo world."""

import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

import drkit
from drkit import site as site_module
from drkit.errors import (
    InputError,
    NotConfirmedError,
    ProfileError,
    UnavailableError,
    UnknownNameError,
    UnreachableError,
)
from drkit.execution.states import RunPhase
from drkit.model import Operation
from drkit.plan import PlanRequest
from drkit.sandbox import Sandbox, running
from drkit.site import Site, connect, practise, why_not
from tests.clocks import Hurried

GROUP, INSTANCE = "shop-backend", "app-01"
DRILL = PlanRequest(
    kind="dr_drill",
    waves=[GROUP],
    drill_name="spring",
    scenario="Yearly",
    scope="The shop",
    criteria="It answers.",
    participants=["Duty", "Lead"],
    rto={"*": "15 min"},
)


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox("demo", speed=1000.0)


@pytest.fixture
def site(sandbox: Sandbox, tmp_path: Path) -> Iterator[Site]:
    with practise(sandbox, clock=Hurried(100), journal=tmp_path / "journal.sqlite") as opened:
        yield opened


@pytest.fixture
def no_sandbox_yet(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No sandbox runs on this machine, and none was made in this process."""
    monkeypatch.setenv("DRKIT_SANDBOX_FILE", str(tmp_path / "none.json"))
    monkeypatch.setattr(site_module, "_sandboxes", [])


@pytest.mark.usefixtures("no_sandbox_yet")
class TestConnecting:
    def test_without_a_word_gives_the_sandbox_inside_this_process(self) -> None:
        with connect() as found:
            assert repr(found) == "<Site PRACTICE, project sandbox-1>"
            assert found.client.speed == 10.0

    def test_again_gives_the_same_sandbox(self) -> None:
        with connect() as one, connect("sandbox") as other:
            one.sandbox.fault("slow", seconds=0)
            assert len(other.sandbox.faults()) == 1

    def test_from_many_threads_makes_one_sandbox(self) -> None:
        made: list[Site] = []
        threads = [threading.Thread(target=lambda: made.append(connect())) for _ in range(4)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        made[0].sandbox.fault("slow", seconds=0)
        assert [len(each.sandbox.faults()) for each in made] == [1, 1, 1, 1]
        for found in made:
            found.close()

    def test_takes_the_speed_from_the_environment(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DRKIT_SANDBOX_SPEED", "250")
        with connect() as found:
            assert found.client.speed == 250.0

    @pytest.mark.parametrize("speed", ["fast", "0", "-1", "inf", "nan"])
    def test_refuses_a_speed_that_is_none(self, monkeypatch: pytest.MonkeyPatch, speed: str) -> None:
        monkeypatch.setenv("DRKIT_SANDBOX_SPEED", speed)
        with pytest.raises(ProfileError, match="DRKIT_SANDBOX_SPEED"):
            connect()

    def test_prefers_the_sandbox_that_runs_on_this_machine(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with running(Sandbox("empty", speed=3.0)) as sandbox:
            monkeypatch.setenv("DRKIT_SANDBOX", json.dumps(sandbox.access))
            with connect() as found:
                assert found.client.speed == 3.0
                assert found.groups().empty

    def test_by_the_environments_profile_goes_there_and_knows_practice(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with running(Sandbox("demo")) as sandbox:
            access = sandbox.access
            monkeypatch.setenv("DRKIT_PROFILE", "env")
            monkeypatch.setenv("OS_AUTH_URL", access["iam_url"])
            monkeypatch.setenv("OS_USERNAME", access["username"])
            monkeypatch.setenv("OS_PASSWORD", access["password"])
            monkeypatch.setenv("OS_USER_DOMAIN_NAME", access["domain"])
            monkeypatch.setenv("OS_PROJECT_ID", access["project_id"])
            monkeypatch.setenv("OS_REGION_NAME", access["region"])
            with connect() as found:
                assert found.backend.practice
                assert access["password"] not in repr(found) + repr(vars(found)) + repr(found.client)
                user = f"(cloud user {access['username']} of {access['domain']}) on "
                assert user in found.journal.holder  # beside the login

    def test_to_a_real_profile_that_is_incomplete_never_falls_back_to_the_sandbox(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with pytest.raises(ProfileError, match="OS_USERNAME"):
            connect("env")
        monkeypatch.setenv("DRKIT_PROFILE", "env")
        with pytest.raises(ProfileError, match="OS_USERNAME"):
            connect()


class TestTables:
    def test_of_the_whole_project_have_one_row_per_thing(self, site: Site) -> None:
        sizes = [
            len(each())
            for each in (site.groups, site.instances, site.pairs, site.attachments, site.servers, site.drills)
        ]
        assert sizes == [5, 14, 44, len(site.inventory().attachments), 31, 0]

    def test_of_a_group_have_its_things_alone(self, site: Site) -> None:
        group = site.groups(GROUP)
        assert list(group["group"]) == [GROUP]
        for table in (site.instances(GROUP), site.pairs(GROUP), site.attachments(GROUP)):
            assert set(table["group"]) == {GROUP}
        members = {one for each in site.inventory(GROUP).instances.values() for one in each.server_ids}
        assert set(site.servers(GROUP)["server_id"]) == members
        assert site.drills(group["group_id"][0]).empty

    def test_have_tidy_types(self, site: Site) -> None:
        pairs = site.pairs()
        assert isinstance(pairs["status"].dtype, pd.CategoricalDtype)
        assert str(pairs["created_at"].dtype) == "datetime64[us, UTC]"

    def test_tell_what_could_not_be_read(self, site: Site, sandbox: Sandbox) -> None:
        assert site.instances().attrs["problems"] == ()
        sandbox.fault("error-503", path="cloudservers", times=100)
        assert "The servers could not be read" in site.instances().attrs["problems"][0]

    def test_of_what_cannot_be_read_are_an_error(self, site: Site, sandbox: Sandbox) -> None:
        sandbox.fault("error-503", path="cloudservers", times=100)
        with pytest.raises(UnavailableError):
            site.servers()

    def test_of_an_unknown_group_are_refused_with_suggestions(self, site: Site) -> None:
        for ask in (site.groups, site.pairs, site.servers, site.inventory):
            with pytest.raises(UnknownNameError, match=f"did you mean '{GROUP}'"):
                ask("shop-bakend")

    def test_of_drill_servers_belong_to_their_group(self, site: Site, sandbox: Sandbox) -> None:
        group = site.inventory().group("shop-database")
        change = drkit.Change.of(Operation.CREATE_DRILL, group.id, name="q3", drill_vpc_id="")
        job_id = site.client.submit(change)
        sandbox.step(3600)
        assert list(site.jobs([job_id])["job_id"]) == [job_id]
        before = len(site.inventory("shop-database").instances) * 2
        assert len(site.servers("shop-database")) > before


class TestTheInventory:
    def test_tells_the_disks_of_the_instances_that_are_named(self, site: Site) -> None:
        found = site.inventory(GROUP, block_devices_of=[INSTANCE], disks=True)
        instance = found.instance(INSTANCE)
        assert {each.id for each in found.servers.values() if each.slots} == set(instance.server_ids)
        assert found.disks

    def test_refuses_an_instance_that_is_not_there(self, site: Site) -> None:
        with pytest.raises(UnknownNameError, match="protected instance"):
            site.inventory(block_devices_of=["nobody"])


class TestWhyNot:
    def test_tells_every_objection_to_attaching(self, site: Site) -> None:
        table = site.why_not(
            "attach_pair", group=GROUP, instance=INSTANCE, pairs=["app-01-system", "app-cache-01"]
        )
        assert set(table["pair"]) == {"app-01-system"}
        assert "SDRS.1605" in set(table["code"])
        assert set(table.columns) >= {"found", "wanted", "remedy", "rule"}

    def test_of_one_pair_takes_its_name_alone(self, site: Site) -> None:
        assert site.why_not("attach pair", instance=INSTANCE, pairs="app-cache-01").empty

    def test_judges_a_pair_of_another_group(self, site: Site) -> None:
        table = site.why_not("attach_pair", instance=INSTANCE, pairs="db-01-system")
        assert "SDRS.1611" in set(table["code"])

    def test_judges_a_device_that_is_taken(self, site: Site) -> None:
        table = site.why_not("attach_pair", instance=INSTANCE, pairs="app-cache-01", device="/dev/vda")
        assert "SDRS.1603" in set(table["code"])

    def test_judges_what_is_done_to_a_group(self, site: Site) -> None:
        assert not site.why_not("planned failover", group="shop-frontend").empty
        with pytest.raises(UnknownNameError):
            site.why_not("fly", group=GROUP)

    def test_asks_about_the_quota_of_drills(self, site: Site, sandbox: Sandbox) -> None:
        once_synchronised(sandbox)
        assert site.why_not("create_drill", group=GROUP, name="spring").empty
        sandbox.world.quotas["disaster_recovery_drills"] = 0
        [row] = site.why_not("create_drill", group=GROUP, name="spring").to_dict("records")
        assert (row["asked"], row["code"], row["found"]) == (True, "SDRS.1922", "0 of 0 drills are used")
        with pytest.raises(drkit.RefusedError, match="0 of 0 drills are used"):
            site.plan_rehearsal(DRILL)

    def test_has_a_row_for_a_rule_that_could_not_be_asked(self, site: Site, sandbox: Sandbox) -> None:
        once_synchronised(sandbox)
        del sandbox.world.quotas["disaster_recovery_drills"]
        [row] = site.why_not("create_drill", group=GROUP, name="spring").to_dict("records")
        assert (row["asked"], row["code"]) == (False, "")
        assert row["found"] == "not asked, for the service tells no quota of drills"
        assert (
            "Not asked, for the service tells no quota of drills: "
            "Create a drill only while the quota for drills is not used up."
        ) in site.plan_rehearsal(DRILL).notes

    def test_knows_that_nothing_can_be_done_with_a_group_whose_server_was_deleted(
        self, site: Site, sandbox: Sandbox
    ) -> None:
        found = site.inventory(GROUP)
        sandbox.fault("server-deleted", server=found.instance(INSTANCE).production_server_id)
        for verb in ("failover", "planned_failover", "disable_protection"):
            table = site.why_not(verb, group=GROUP)
            assert any("a server was deleted, invalid: app-01" in text for text in table["found"]), verb
            assert any("Delete that protected instance" in text for text in table["remedy"]), verb
        with pytest.raises(drkit.RefusedError, match="a server was deleted, invalid: app-01"):
            site.plan_rehearsal(replace(DRILL, kind="planned_failover"))
        assert not any(site.ways_out(GROUP)["open"][site.ways_out(GROUP)["way"].str.contains("failover")])

    def test_answers_any_number_of_questions_on_one_reading(
        self, site: Site, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        verbs, groups = (
            ("enable_protection", "planned failover", "create_drill"),
            tuple(site.groups()["group"]),
        )
        one_by_one = [
            tuple(row)
            for verb in verbs
            for group in groups
            for row in site.why_not(
                verb, group=group, **({"name": "spring"} if verb == "create_drill" else {})
            ).itertuples(index=False)
        ]
        readings, read = [], site.client.inventory

        def counted(*given: object, **options: object) -> drkit.Inventory:
            readings.append(given)
            return read(*given, **options)  # type: ignore[arg-type]

        monkeypatch.setattr(site.client, "inventory", counted)
        table = site.why_not(verbs, group=groups, name="spring")
        assert len(readings) == 1
        assert (
            sorted(map(str, table.itertuples(index=False, name=None))) == sorted(map(str, one_by_one)) != []
        )

    def test_refuses_an_argument_that_none_of_several_operations_takes(self, site: Site) -> None:
        with pytest.raises(InputError, match="takes no flavour"):
            site.why_not(("failover", "reprotect"), group=GROUP, flavour="large")

    def test_is_asked_of_drkit_too(self, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
        asked = site.why_not("failover", group=GROUP)
        pd.testing.assert_frame_equal(why_not("failover", group=GROUP, site=site), asked)
        monkeypatch.setattr(site_module, "connect", lambda: practise(Sandbox("demo")))
        assert list(drkit.why_not("failover", group=GROUP)["code"]) == list(asked["code"])


class TestPlanning:
    def test_an_attach_assigns_devices_and_leaves_out_what_is_refused(self, site: Site) -> None:
        plan = site.plan_attach(INSTANCE, ["app-cache-01", "app-01-system", "app-cache-02"], group=GROUP)
        assert [each.key for each in plan.steps] == ["1", "2"]
        assert [each.subject for each in plan.left_out] == ["app-01-system"]
        assert plan.groups[0][1] == GROUP

    def test_an_attach_takes_devices_by_hand(self, site: Site) -> None:
        plan = site.plan_attach(INSTANCE, "app-cache-01", devices={"app-cache-01": "/dev/vdm"})
        assert plan.steps[0].change is not None
        assert plan.steps[0].change.device == "/dev/vdm"

    def test_a_pair_of_another_group_is_left_out_with_the_reason(self, site: Site) -> None:
        plan = site.plan_attach(INSTANCE, ["app-cache-01", "db-01-system"])
        assert "SDRS.1611" in {each.code for each in plan.left_out[0].objections}

    def test_a_detach_needs_no_device(self, site: Site) -> None:
        plan = site.plan_detach(INSTANCE, "app-01-data", group=GROUP)
        assert [each.change and each.change.operation for each in plan.steps] == [Operation.DETACH_PAIR]

    def test_what_is_not_there_is_refused_with_suggestions(self, site: Site) -> None:
        with pytest.raises(UnknownNameError, match="did you mean 'app-01'"):
            site.plan_attach("ap-01", ["app-cache-01"])
        with pytest.raises(UnknownNameError, match="did you mean 'app-cache-01'"):
            site.plan_attach(INSTANCE, ["app-cache-1"])
        with pytest.raises(UnknownNameError):
            site.plan_attach(INSTANCE, ["app-cache-01"], group="shop-database")


def once_synchronised(sandbox: Sandbox) -> None:
    """Have every pair of the world been synchronised before its protection was switched off."""
    for pair in sandbox.world.pairs.values():
        pair.replication = pair.replication or "active-stopped"


class TestTwoGroupsOfOneName:
    @pytest.fixture
    def twins(self, site: Site, sandbox: Sandbox) -> dict[str, str]:
        """What the two groups named shop-backend are called, by id."""
        once_synchronised(sandbox)
        found = site.inventory()
        other = found.group("shop-reporting").id
        sandbox.world.groups[other].name = GROUP
        return {key: site.inventory().called(key) for key in (found.group(GROUP).id, other)}

    def test_are_told_apart_where_one_is_asked_for_by_its_name(
        self, site: Site, twins: dict[str, str]
    ) -> None:
        with pytest.raises(UnknownNameError, match="give one of their ids") as refused:
            site.plan_rehearsal(DRILL)
        for key in twins:
            assert f"{key} (production in sandbox-1a; " in str(refused.value)
        assert set(site.groups()["group_id"]) > set(twins)

    def test_are_confirmed_by_what_tells_them_apart(self, site: Site, twins: dict[str, str]) -> None:
        key, name = next(iter(twins.items()))
        assert name == f"{GROUP} ({key[:8]})"
        plan = site.plan_rehearsal(replace(DRILL, waves=[key], rto={key: "15 min"}))
        assert plan.groups == ((key, name),)
        assert plan.title == f"DR drill of {name}"
        with pytest.raises(NotConfirmedError, match=re.escape(f"type '{name}', not '{GROUP}'")):
            site.run(plan, GROUP)
        attach = site.plan_attach(INSTANCE, "app-cache-01")
        assert attach.groups == ((key, name),)
        with pytest.raises(NotConfirmedError):
            site.run(attach, GROUP)

    def test_in_one_plan_have_steps_that_tell_which(self, site: Site, twins: dict[str, str]) -> None:
        plan = site.plan_rehearsal(replace(DRILL, waves=list(twins)))
        first, second = (step for step in plan.steps if step.title.startswith("Create drill"))
        titles = [first.title, second.title]
        assert titles == [
            f"Create drill spring-{GROUP}-xxxxxx-{step} of {name}"
            for name, step in zip(twins.values(), (1, plan.steps.index(second) + 1), strict=True)
        ]
        with pytest.raises(UnknownNameError):
            site.plan_rehearsal(replace(DRILL, waves=list(twins), rto={GROUP: "15 min"}))

    def test_are_named_apart_by_an_objection_too(self, site: Site, twins: dict[str, str]) -> None:
        key, name = next(iter(twins.items()))
        assert set(site.why_not("reprotect", group=key)["subject"]) == {f"group {name}"}


class TestRunning:
    def test_a_plan_to_its_end_leaves_a_record(self, site: Site) -> None:
        run = site.run(site.plan_attach(INSTANCE, ["app-cache-01", "app-cache-02"]), GROUP)
        assert run.wait(60).phase is RunPhase.DONE
        steps = site.steps(run.id)
        assert list(steps["phase"]) == ["done", "done"]
        assert steps["who"].str.contains(" on ").all()
        assert steps["seconds"].notna().all()
        assert list(site.runs()["run"]) == [run.id]
        assert list(site.pairs(GROUP).query("pair == 'app-cache-01'")["attached_to"]) == [INSTANCE]
        assert site.sandbox.invariants() == []
        assert site.resume(run.id).state().phase is RunPhase.DONE

    def test_without_the_right_word_sends_nothing(self, site: Site) -> None:
        with pytest.raises(NotConfirmedError):
            site.run(site.plan_attach(INSTANCE, ["app-cache-01"]), "yes")
        assert site.runs().empty


def test_a_site_shows_what_it_is_and_no_secret(site: Site, sandbox: Sandbox) -> None:
    shown = repr(site) + repr(vars(site))
    assert "PRACTICE" in shown
    assert sandbox.access["password"] not in shown


def test_a_closed_site_reads_no_more(sandbox: Sandbox, tmp_path: Path) -> None:
    with practise(sandbox, journal=tmp_path / "journal.sqlite") as site:
        assert site.runs().empty
    with pytest.raises(UnreachableError, match="connect again"):
        site.groups()


def test_a_real_site_has_no_sandbox(site: Site) -> None:
    site.client.backend = type(site.backend)(False, "Open Telekom Cloud", "eu-de", "p", "1")
    with pytest.raises(InputError, match="no sandbox behind Open Telekom Cloud"):
        site.sandbox  # noqa: B018  # asking is the point


class TestThePublicFace:
    def test_every_name_it_promises_is_there(self) -> None:
        assert [each for each in drkit.__all__ if not hasattr(drkit, each)] == []
        assert set(drkit.__all__) <= set(dir(drkit))

    def test_forms_load_what_draws_only_when_something_is_drawn(self) -> None:
        heavy = {"matplotlib", "pandas", "jinja2", "itables", "ipywidgets"}
        asked = f"import sys, drkit.forms; print({heavy} & set(sys.modules))"
        told = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
        assert told.stdout.strip() == "set()"

    def test_it_has_every_error_there_is(self) -> None:
        from drkit import errors

        known = {
            name
            for name, each in vars(errors).items()
            if isinstance(each, type) and issubclass(each, Exception)
        }
        assert known <= set(drkit.__all__)

    def test_it_says_its_version(self) -> None:
        from importlib.metadata import version

        assert drkit.__version__ == version("drkit")

    def test_what_it_does_not_have_is_an_attribute_error(self) -> None:
        with pytest.raises(AttributeError, match="'attach'"):
            drkit.attach  # noqa: B018  # type: ignore[attr-defined]

    def test_importing_it_loads_neither_pandas_nor_the_network(self) -> None:
        heavy = "{'pandas', 'httpx', 'matplotlib', 'sqlalchemy', 'ipywidgets', 'starlette'}"
        asked = f"import sys, drkit; print({heavy} & set(sys.modules))"
        found = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
        assert found.stdout.strip() == "set()"


def test_servers_are_protected_as_the_runbook_does_it(tmp_path: Path) -> None:
    sandbox = Sandbox("twelve-servers", speed=100_000.0)
    with practise(sandbox, journal=tmp_path / "journal.sqlite") as site:
        domain = next(iter(site.client.inventory(domains=True).domains.values())).id
        plan = site.plan_protection(["web-01", "web-02"], name="web", domain=domain)
        assert plan.to_type == "web"
        assert site.run(plan, plan.to_type).wait(60).phase == "done"
        assert sorted(site.instances("web")["instance"]) == ["web-01", "web-02"]  # in the service's order
