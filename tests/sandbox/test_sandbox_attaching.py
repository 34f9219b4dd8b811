"""Attach and detach: what is refused, with which code, and what the world looks like afterwards."""

import pytest

from drkit.sandbox.things import Disk
from tests.sandbox.practice import Practice


def test_an_attached_pair_is_on_both_sides_and_on_both_servers(demo: Practice) -> None:
    job = demo.done(*demo.attach("web-01", "web-media-a", "/dev/vdc"))
    assert job["job_type"] == "attachReplicationPairNew"
    assert job["entities"] == {
        "protected_instance_id": demo.id("web-01"),
        "replication_pair_id": demo.id("web-media-a"),
    }
    pair, instance = demo.pair("web-media-a"), demo.instance("web-01")
    assert pair["attachment"] == [{"protected_instance": instance["id"], "device": "/dev/vdc"}]
    assert {"replication": pair["id"], "device": "/dev/vdc"} in instance["attachment"]
    assert pair["status"] == "protected"
    for server, disk in zip(
        (instance["source_server"], instance["target_server"]), pair["volume_ids"].split(","), strict=True
    ):
        devices = demo.get(f"cloudservers/{server}/block_device")["volumeAttachments"]
        assert [(it["volumeId"], it["device"]) for it in devices][-1] == (disk, "/dev/vdc")


def test_a_pair_is_attaching_until_its_job_is_done(demo: Practice) -> None:
    job_id = demo.call(*demo.attach("web-01", "web-media-a", "/dev/vdc")).json()["job_id"]
    assert demo.pair("web-media-a")["status"] == "attaching"
    assert demo.get(f"jobs/{job_id}")["status"] == "INIT"
    demo.sandbox.step(5)
    assert demo.get(f"jobs/{job_id}")["status"] == "RUNNING"
    assert demo.get(f"jobs/{job_id}")["end_time"] is None
    demo.sandbox.step(30)
    assert demo.get(f"jobs/{job_id}")["status"] == "SUCCESS"
    assert demo.pair("web-media-a")["status"] == "protected"


@pytest.mark.parametrize(
    ("instance", "pair", "device", "code"),
    [
        ("web-01", "web-media-a", "/dev/vdb", "SDRS.1603"),
        ("web-01", "web-media-a", "/dev/sdb", "SDRS.1603"),
        ("web-03", "web-media-a", "/dev/vdc", "SDRS.1603"),
        ("web-01", "web-02-content", "/dev/vdc", "SDRS.1605"),
        ("db-01", "db-cluster-data", "/dev/vdf", "SDRS.1605"),
        ("web-01", "app-cache-01", "/dev/vdc", "SDRS.1611"),
        ("db-01", "db-audit", "/dev/vdf", "SDRS.0214"),
        ("stock-01", "stock-labels", "/dev/vdf", "SDRS.1024"),
        ("report-01", "report-01-data", "/dev/sdf", "SDRS.1024"),
        ("legacy-01", "app-cache-01", "/dev/sdc", "SDRS.0225"),
        ("web-01", "web-media-a", "/dev/vda", "SDRS.1603"),
        ("web-01", "web-media-a", "/dev/vdy", "SDRS.0201"),
        ("web-01", "web-media-a", "/dev/xvdc", "SDRS.0201"),
        ("web-01", "web-media-a", "vdc", "SDRS.0201"),
    ],
)
def test_an_attach_against_the_rules_is_refused(
    demo: Practice, instance: str, pair: str, device: str, code: str
) -> None:
    assert demo.refusal(*demo.attach(instance, pair, device)) == code


def test_the_wrong_prefix_is_rewritten(demo: Practice) -> None:
    demo.done(*demo.attach("batch-01", "app-cache-01", "/dev/vdd"))
    demo.done(*demo.attach("app-01", "app-cache-02", "/dev/sdd"))
    assert demo.pair("app-cache-01")["attachment"][0]["device"] == "/dev/sdd"
    assert demo.pair("app-cache-02")["attachment"][0]["device"] == "/dev/vdd"


def test_a_shared_pair_goes_to_several_instances(demo: Practice) -> None:
    for instance in ("app-01", "app-02"):
        demo.done(*demo.attach(instance, "app-shared-config", "/dev/vde"))
    assert len(demo.pair("app-shared-config")["attachment"]) == 2


def test_a_device_name_on_its_way_is_taken(demo: Practice) -> None:
    assert demo.call(*demo.attach("app-01", "app-cache-01", "/dev/vdc")).status_code == 200
    assert demo.refusal(*demo.attach("app-01", "app-cache-02", "/dev/vdc")) == "SDRS.1603"


def test_the_last_free_device_is_the_last(demo: Practice) -> None:
    server = demo.server("etl-01")
    quantity = demo.get(f"cloudservers/{server}/block_device")["attachableQuantity"]
    assert quantity == {"free_scsi": 1, "free_blk": 1, "free_disk": 1}
    demo.done(*demo.attach("etl-01", "app-cache-01", "/dev/vdx"))
    assert demo.refusal(*demo.attach("etl-01", "app-cache-02", "/dev/vdy")) == "SDRS.0201"


def test_slots_run_out_before_letters_do_on_xen(demo: Practice) -> None:
    build_up = [f"/dev/sd{letter}" for letter in "bdefghijklmnopqrstuvwx"]
    world, instance = demo.world, demo.world.instances[demo.id("batch-01")]
    for number, device in enumerate(build_up):
        disk = world.disks[f"filler-{number}"] = Disk(f"filler-{number}", "filler", "sandbox-1a", 10)
        world.attach_disk(world.servers[instance.source_server], disk, device)
    assert demo.refusal(*demo.attach("batch-01", "app-cache-04", "/dev/sdz")) == "SDRS.1807"


def test_a_system_disk_goes_to_letter_a_of_a_server_without_one(demo: Practice) -> None:
    demo.power("os-stop", "app-01")
    demo.done(*demo.detach("app-01", "app-01-system"))
    assert demo.refusal(*demo.attach("app-01", "app-cache-01", "/dev/vda")) == "SDRS.0201"
    assert demo.refusal(*demo.attach("app-01", "app-01-system", "/dev/vdc")) == "SDRS.0201"
    demo.done(*demo.attach("app-01", "app-01-system", "/dev/vda"))


def test_a_detached_pair_is_off_both_sides_and_both_servers(demo: Practice) -> None:
    job = demo.done(*demo.detach("web-01", "web-01-content"))
    assert job["job_type"] == "detachReplicationPairNew"
    pair = demo.pair("web-01-content")
    assert (pair["attachment"], pair["status"]) == ([], "protected")
    assert [it["device"] for it in demo.instance("web-01")["attachment"]] == ["/dev/vda"]
    for disk in pair["volume_ids"].split(","):
        assert demo.get(f"cloudvolumes/{disk}", version="v2")["volume"]["status"] == "available"


def test_a_detach_against_the_rules_is_refused(demo: Practice) -> None:
    assert demo.refusal(*demo.detach("web-01", "web-02-content")) == "SDRS.1604"
    assert demo.refusal(*demo.detach("web-01", "web-01-system")) == "SDRS.1316"
    missing = f"protected-instances/{demo.id('web-01')}/detachreplication/nothing"
    assert demo.refusal("DELETE", missing) == "SDRS.1608"


def test_a_pair_of_a_failed_over_group_can_be_detached(demo: Practice) -> None:
    demo.done(*demo.detach("stock-01", "stock-01-data"))
    assert demo.pair("stock-01-data")["status"] == "failed-over"


def test_the_attach_of_a_pair_whose_instance_vanishes_fails(demo: Practice) -> None:
    job_id = demo.call(*demo.attach("app-02", "app-cache-01", "/dev/vdd")).json()["job_id"]
    job = demo.world.jobs[job_id]
    job.due, path = 1e12, f"protected-instances/{demo.id('app-02')}"
    demo.world.agenda.clear()
    demo.done("DELETE", path, {"delete_target_server": False})
    demo.world.later(0, "job", job_id)
    assert demo.get(f"jobs/{job_id}")["error_code"] == "SDRS.1821"
    assert demo.pair("app-cache-01")["status"] == "error-attaching"


def test_a_disk_that_another_server_holds_cannot_be_attached(demo: Practice) -> None:
    demo.done("DELETE", f"protected-instances/{demo.id('app-02')}", {})
    job = demo.job(*demo.attach("app-01", "app-02-data", "/dev/vdf"))
    assert (job["status"], job["error_code"]) == ("FAIL", "SDRS.1807")
    assert demo.sandbox.invariants() == []
