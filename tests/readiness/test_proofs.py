"""What a rehearsal proved, and that each change since ends the right proof and no other."""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from drkit.model import Inventory
from drkit.readiness import Known, Rehearsal, proofs
from drkit.sandbox import Sandbox
from drkit.sandbox.things import Disk, Instance, Server
from drkit.site import practise
from tests.facts import NOW
from tests.readiness.test_readiness_checks import DRILLED, known, sound, with_pair, with_server

Things = set[tuple[str, str]]


def expired(inventory: Inventory, what: Known) -> dict[tuple[str, str], str]:
    return {(each.kind, each.id): each.why for each in proofs(inventory, what) if each.state != "proven"}


class TestAProof:
    def test_names_the_rehearsal_and_when(self) -> None:
        found = proofs(sound(), known(sound()))
        assert {(each.kind, each.name, each.state, each.at) for each in found} == {
            ("groups", "shop", "proven", DRILLED.ended_at),
            ("instances", "web", "proven", DRILLED.ended_at),
            ("pairs", "data", "proven", DRILLED.ended_at),
        }

    def test_expires_with_the_change_its_day_and_the_rehearsal(self) -> None:
        now = with_pair(sound(), size_gb=200)
        why = "pair data was expanded from 100 to 200 GB on 2026-11-20, after the DR drill of 2026-11-19."
        assert set(expired(now, known(sound())).values()) == {why}

    def test_tells_no_day_that_is_not_known(self) -> None:
        now = with_pair(sound(), size_gb=200, updated_at=None)
        assert "GB, after" in expired(now, known(sound()))["pairs", "data-id"]

    def test_is_the_newest_proving_rehearsals(self) -> None:
        failed = Rehearsal("run-3", "failover", ("shop-id",), NOW, False, True)
        other = Rehearsal("run-2", "re-protection", ("shop-id",), NOW, True, False)
        what = known(sound(), rehearsals=(failed, other, DRILLED))
        assert {each.by for each in proofs(sound(), what)} == {DRILLED}

    def test_is_never_given_to_what_came_later(self) -> None:
        old = replace(sound(), pairs={})
        found = expired(sound(), known(old))
        assert found["pairs", "data-id"] == "It came after the DR drill of 2026-11-19."
        assert "pair data is new" in found["groups", "shop-id"]

    def test_survives_a_switch_that_takes_the_network_cards_along(self) -> None:
        bare = with_server(sound(), "web-dr-server", security_groups=())
        turned = with_server(with_server(bare, security_groups=()), "web-dr-server", security_groups=("sg",))
        assert expired(turned, known(bare)) == {}

    def test_does_not_rest_on_states_and_power(self) -> None:
        groups = {"shop": {"status": "failed-over"}}
        assert expired(sound(groups=groups), known(sound())) == {}

    def test_does_not_rest_on_servers_of_nobody(self) -> None:
        alone = replace(sound().servers["web-server"], id="alone-server", name="alone")
        old = replace(sound(), servers={**sound().servers, alone.id: alone})
        assert expired(with_server(old, alone.id, flavor="m3"), known(old)) == {}

    def test_is_not_known_without_what_was_read_then(self) -> None:
        blind = known(sound(), after=lambda _run: None)
        assert {each.state for each in proofs(sound(), blind)} == {"not known"}
        assert {each.state for each in proofs(sound(), Known(NOW, journal_read=False))} == {"not known"}

    def test_ends_where_an_instance_changed_its_servers_or_a_zone_changed(self) -> None:
        old = sound()
        web = replace(old.instances["web-id"], target_server_id="other")
        assert set(expired(replace(old, instances={"web-id": web}), known(old))) == {
            ("instances", "web-id"),
            ("groups", "shop-id"),
        }
        shop = replace(old.groups["shop-id"], target_zone="az9")
        assert set(expired(replace(old, groups={"shop-id": shop}), known(old))) == {("groups", "shop-id")}


Drift = Callable[[Sandbox, Instance, Server], Things]


def of(instance: Instance) -> Things:
    return {("instances", instance.id), ("groups", instance.group_id)}


def resize(_sandbox: Sandbox, instance: Instance, server: Server) -> Things:
    server.flavor = "m3.xlarge.8"
    return of(instance)


def new_disk(sandbox: Sandbox, instance: Instance, server: Server) -> Things:
    device = server.rewritten("/dev/vdy")
    disk = Disk("new-disk", "new", server.zone, 10, servers={server.id: device})
    sandbox.world.disks[disk.id] = disk
    server.disks[disk.id] = device
    return of(instance)


def other_guard(_sandbox: Sandbox, instance: Instance, server: Server) -> Things:
    server.nics[0].security_groups = ["sg-other"]
    return of(instance)


def deleted(sandbox: Sandbox, instance: Instance, server: Server) -> Things:
    sandbox.fault("server-deleted", server=server.id)
    return of(instance)


def detached(sandbox: Sandbox, instance: Instance, _server: Server) -> Things:
    pair = next(each for each in sandbox.world.pairs.values() if instance.id in each.devices)
    del pair.devices[instance.id], instance.devices[pair.id]
    return {("pairs", pair.id)} | of(instance)


def expanded(sandbox: Sandbox, instance: Instance, _server: Server) -> Things:
    pair = next(each for each in sandbox.world.pairs.values() if instance.id in each.devices)
    pair.size += 10
    return {("pairs", pair.id), ("groups", pair.group_id)} | {("instances", key) for key in pair.devices}


DRIFTS: tuple[Drift, ...] = (resize, new_disk, other_guard, deleted, detached, expanded)


@pytest.mark.parametrize("seed", range(100))
def test_a_drift_ends_the_right_proofs_and_no_other(seed: int) -> None:
    dice = random.Random(seed)
    sandbox = Sandbox("demo", seed=seed, speed=0.001)
    with practise(sandbox) as site:
        before = site.read(beside=False).inventory
        ended = before.read_at - timedelta(days=1)
        rehearsal = Rehearsal("run", "DR drill", tuple(before.groups), ended, True, True)
        what = Known(before.read_at, (rehearsal,), (), lambda _run: before)
        assert expired(before, what) == {}
        world, drift = sandbox.world, DRIFTS[seed % len(DRIFTS)]
        instance = dice.choice([each for each in world.instances.values() if each.status == "protected"])
        server = world.servers[dice.choice([instance.source_server, instance.target_server])]
        if drift is other_guard and not server.nics:
            server = world.servers[instance.source_server]
        wanted = drift(sandbox, instance, server)
        now = site.read(beside=False).inventory
    assert set(expired(now, what)) == wanted
