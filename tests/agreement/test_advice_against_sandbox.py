"""What an objection advises can be done: hypothesis looks for advice that the practice range contradicts.

The worlds are those that a range can come to: zones go dark, links break, servers are deleted, jobs fail, and
what is allowed is done meanwhile.
"""

import pickle

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drkit.errors import ServiceError
from drkit.model import Change, Inventory, Operation
from drkit.rules import Objection, judge
from drkit.sandbox import World
from tests.agreement.test_rules_against_sandbox import (
    EVERYTHING,
    SETTLED,
    Draw,
    Range,
    change_of,
    one,
    practice,
)

__all__ = ["practice"]  # the fixture
SWITCHES = ["startProtectionGroupNoCG", "reverseProtectionGroupNoCG", "failoverProtectionGroupNoCG"]
WAITS = st.sampled_from([1.0, 30.0, 600.0, SETTLED])


def trouble(draw: Draw, practice: Range, group_id: str) -> None:
    """Something happens to the group by itself."""
    world = practice.sandbox.world
    group = world.groups[group_id]
    servers = [each.id for key in group.instances for each in world.servers_of(world.instances[key])]
    what = draw(st.sampled_from(["dark", "link", "deleted", "fails", "mended"]))
    if what == "dark":
        practice.sandbox.fault(
            "zone-dark", zone=draw(st.sampled_from([group.source_zone, group.target_zone]))
        )
    elif what == "link" and group.pairs:
        practice.sandbox.fault("link-broken", group=group_id)
    elif what == "deleted" and servers:
        practice.sandbox.fault("server-deleted", server=one(draw, servers))
    elif what == "fails":
        practice.sandbox.fault("job-fails", job_type=draw(st.sampled_from(SWITCHES)))
    else:
        practice.sandbox.clear_faults()


def reached(draw: Draw, practice: Range) -> str:
    """Bring the range to a world that it can come to; the group that it was about."""
    world = practice.reset()
    group_id = one(draw, list(world.groups))
    for _ in range(draw(st.integers(1, 6))):
        if draw(st.booleans()):
            trouble(draw, practice, group_id)
        else:
            change = change_of(draw, draw(st.sampled_from(Operation)), practice.sandbox.world, group_id)
            if judge(change, read(practice, group_id)).allowed:
                done(practice, change)
        practice.sandbox.step(draw(WAITS))
    practice.sandbox.world.faults = {  # what would strike later is no part of the world as it was read
        key: each for key, each in practice.sandbox.world.faults.items() if each.name != "job-fails"
    }
    return group_id


def read(practice: Range, group_id: str) -> Inventory:
    instances = practice.sandbox.world.groups[group_id].instances if group_id else ()
    return practice.client.inventory(block_devices_of=instances, **EVERYTHING)


def done(practice: Range, change: Change) -> str:
    """What the range says against a change that is sent and waited for; empty where it is done."""
    try:
        job_id = practice.client.submit(change)
    except ServiceError as refused:
        return f"{change}: {refused}"
    if not job_id:
        return ""  # what is answered at once is done
    practice.sandbox.step(SETTLED)
    job = practice.sandbox.world.jobs[job_id]
    return "" if job.status == "SUCCESS" else f"{change}: {job.error_code} {job.fail_reason}"


def contradicted(practice: Range, objection: Objection, before: bytes) -> str:
    """What the range says against the first step of the ways that a remedy names that does not go through."""
    for way in objection.ways:
        practice.reset(before)
        for change in way:
            if change.operation is Operation.RESIZE_INSTANCE:
                break  # its flavor is an example
            if against := done(practice, change):
                return f"{objection} {against}"
    return ""


def waits_in_vain(practice: Range, objection: Objection, before: bytes, group_id: str) -> bool:
    """Whether a remedy is to wait for a synchronisation that never comes."""
    if objection.remedy != "Wait for the synchronisation to end.":
        return False
    world: World = practice.reset(before)
    practice.sandbox.step(SETTLED)
    return any(
        world.pairs[key].stuck_at is None and world.pairs[key].replication in {"inactive", None}
        for key in world.groups[group_id].pairs
    )


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(st.data())
def test_what_an_objection_advises_is_possible_in_the_world_that_it_is_about(
    practice: Range, data: st.DataObject
) -> None:
    group_id = reached(data.draw, practice)
    before = pickle.dumps(practice.sandbox.world)
    inventory = read(practice, group_id)
    for operation in Operation:
        practice.reset(before)
        change = change_of(data.draw, operation, practice.sandbox.world, group_id)
        for objection in judge(change, inventory).objections:
            assert not contradicted(practice, objection, before)
            assert not waits_in_vain(practice, objection, before, group_id), objection
