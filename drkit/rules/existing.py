"""Rules that the things a change names are there, in the group of the change."""

from drkit.rules.rule import Case, RuleAnswer, rule

_READ_AGAIN = "Read again and pick one that is there."


@rule("SDRS.1013", about="group")
def group_exists(case: Case) -> RuleAnswer:
    """Work on a protection group that exists.

    Source: SDRS.1013 on the page "Error Codes".
    """
    known = case.change.group_id in case.world.groups
    return None if known else ("not found", "a group of this project", _READ_AGAIN)


@rule("SDRS.1320", about="instance")
def instance_exists(case: Case) -> RuleAnswer:
    """Work on a protected instance of the group.

    Source: SDRS.1320 on the page "Error Codes". That it is in the group is drkit's own demand: the service
    is not told the group.
    """
    found = case.world.instances.get(case.change.instance_id)
    if found is None:
        return "not found", "a protected instance of the group", _READ_AGAIN
    if found.group_id != case.change.group_id:
        return "in another group", "in the group of the change", "Pick an instance of that group."
    return None


@rule("SDRS.1608", about="pair")
def pair_exists(case: Case) -> RuleAnswer:
    """Work on a replication pair that exists.

    Source: SDRS.1608 on the page "Error Codes".
    """
    known = case.change.pair_id in case.world.pairs
    return None if known else ("not found", "a replication pair of this project", _READ_AGAIN)


@rule("SDRS.1913", "SDRS.1902", about="drill")
def drill_exists(case: Case) -> RuleAnswer:
    """Delete a DR drill of the group that is still there.

    Source: SDRS.1902 on the page "Error Codes"; the live service answers SDRS.1913 to deleting one that is
    gone.
    """
    found = case.world.drills.get(case.change.drill_id)
    if found is None:
        return "not found", "a DR drill of the group", "Nothing is to be done if it was deleted already."
    if found.group_id != case.change.group_id:
        return "of another group", "of the group of the change", "Pick a drill of that group."
    return None


@rule("SDRS.1326", "Ecs.0114", about="server")
def server_exists(case: Case) -> RuleAnswer:
    """Work on a server of the group, a drill server included.

    Source: SDRS.1326 on the page "Error Codes". That it is in the group is drkit's own demand: the
    neighbour service (ECS) knows no groups.
    """
    identity, group_id = case.change.server_id, case.change.group_id
    if identity not in case.world.servers and "servers" not in case.world.inventory.whole:
        return "not seen, for the servers were not all read", "a server of the group", "Read again."
    if identity not in case.world.servers:
        return "not found", "a server of the group", "Read again; it may have been deleted."
    protected = any(identity in each.server_ids for each in case.world.instances_of(group_id))
    drilled = any(
        identity == server_id
        for drill in case.world.drills.values()
        if drill.group_id == group_id
        for _, server_id in drill.servers
    )
    if protected or drilled:
        return None
    return "not in the group", "a server of the group", "Pick a server of one of its instances."
