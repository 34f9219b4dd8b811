"""Every verb in words: what it does to which thing, how it is taken back, and what is lost by it.

Source: the page of each operation of the SDRS API reference, by whose name `reference` goes, and the console
of Open Telekom Cloud, whose word is `console`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from drkit.model import FAILED_TASKS, Change, Inventory, Operation

About = Literal["group", "instance", "pair", "drill", "server", "disk", "task"]


@dataclass(frozen=True, slots=True)
class Verb:
    """One verb: the thing it is `about`, the `title` of its step, how to `undo` it, and what is `lost`.

    The texts are filled with the names of what the change is about. `lost` is empty where nothing is; what
    has it stands apart on a screen, and is confirmed with the name of the thing itself.
    """

    about: About
    title: str
    reference: str
    console: str
    undo: str = ""
    lost: str = ""


VERBS: Mapping[Operation, Verb] = {
    Operation.CREATE_GROUP: Verb(
        "group",
        "Create protection group {name} from {source_zone} to {target_zone}",
        "Creating a Protection Group",
        "Create Protection Group",
        "Delete the group.",
    ),
    Operation.RENAME_GROUP: Verb(
        "group",
        "Rename group {group} to {name}",
        "Changing the Name of a Protection Group",
        "Change Name",
        "Rename it to {group} again.",
    ),
    Operation.DELETE_GROUP: Verb(
        "group",
        "Delete group {group}",
        "Deleting a Protection Group",
        "Delete",
        lost="The group {group} itself; it is empty, and servers and disks stay.",
    ),
    Operation.ENABLE_PROTECTION: Verb(
        "group",
        "Enable protection of {group}",
        "Enabling Protection or Performing Reprotection for a Protection Group",
        "Enable Protection",
        "Disable protection of the group.",
    ),
    Operation.DISABLE_PROTECTION: Verb(
        "group",
        "Disable protection of {group}",
        "Disabling Protection for a Protection Group",
        "Disable Protection",
        "Enable protection again; it synchronises anew.",
        "Nothing is copied to the DR site of {group} any more: a lost zone then means lost data.",
    ),
    Operation.PLANNED_FAILOVER: Verb(
        "group",
        "Planned failover of {group} to {to}",
        "Performing a Planned Failover for a Protection Group",
        "Execute Switchover",
        "Perform a planned failover back.",
    ),
    Operation.FAILOVER: Verb(
        "group",
        "Fail over {group}",
        "Performing a Failover for a Protection Group",
        "Fail Over",
        lost="The production site of {group}: its servers are forced off and cannot start any more, what was "
        "not copied yet is lost, and protection is off until re-protection.",
    ),
    Operation.REPROTECT: Verb(
        "group",
        "Re-protect {group}",
        "Enabling Protection or Performing Reprotection for a Protection Group",
        "Execute Reprotection",
        lost="What is on the disks at the present DR site of {group}: the disks of production overwrite it.",
    ),
    Operation.CREATE_INSTANCE: Verb(
        "server",
        "Protect server {thing} in {group} as {name}",
        "Creating a Protected Instance",
        "Create Protected Instance",
        "Delete the protected instance; its DR server and disks stay unless they are named.",
    ),
    Operation.CREATE_INSTANCES: Verb(
        "server",
        "Protect servers {thing} in {group} as {name}-0001 and so on",
        "Creating Protected Instances in Batches",
        "Create Protected Instance",
        "Delete the protected instances; their DR servers and disks stay unless they are named.",
    ),
    Operation.RENAME_INSTANCE: Verb(
        "instance",
        "Rename instance {thing} to {name}",
        "Changing the Name of a Protected Instance",
        "Change Name",
        "Rename it to {thing} again.",
    ),
    Operation.DELETE_INSTANCE: Verb(
        "instance",
        "Delete protected instance {thing}{with_words}",
        "Deleting a Protected Instance",
        "Delete Protected Instance",
        lost="The protection of {production_server}, which stays as it is. {fate}",
    ),
    Operation.DELETE_INSTANCES: Verb(
        "instance",
        "Delete protected instances {thing}{with_words}",
        "Deleting Protected Instances in Batches",
        "Delete Protected Instance",
        lost="The protection of {production_server}, which stay as they are. {fate}",
    ),
    Operation.RESIZE_INSTANCE: Verb(
        "instance",
        "Resize {flavor_words}",
        "Modifying the Specifications of a Protected Instance",
        "Modify Specifications",
        "Resize it back.",
    ),
    Operation.ADD_NIC: Verb(
        "instance",
        "Add a network card in subnet {subnet_id} to {thing}",
        "Adding an NIC to a Protected Instance",
        "Add NIC",
        "Delete the card.",
    ),
    Operation.DELETE_NIC: Verb(
        "instance",
        "Delete network card {card} of {thing}",
        "Deleting an NIC from a Protected Instance",
        "Delete NIC",
        lost="The network card {card} of {thing}, and its address, at both sites.",
    ),
    Operation.SET_TAGS: Verb(
        "instance",
        "Tag {thing} with {tag_words}",
        "Adding Protected Instance Tags in Batches",
        "Add Tag",
        "Delete these tags, or set what they were.",
    ),
    Operation.DELETE_TAGS: Verb(
        "instance",
        "Delete tags {tag_words} of {thing}",
        "Deleting Protected Instance Tags in Batches",
        "Delete Tag",
        "Set them again.",
    ),
    Operation.CREATE_PAIR: Verb(
        "disk",
        "Pair disk {thing} in {group} as {name}",
        "Creating a Replication Pair",
        "Create Replication Pair",
        "Delete the pair; its disks stay unless the one at the DR site is named.",
    ),
    Operation.RENAME_PAIR: Verb(
        "pair",
        "Rename pair {thing} to {name}",
        "Changing the Name of a Replication Pair",
        "Change Name",
        "Rename it to {thing} again.",
    ),
    Operation.EXPAND_PAIR: Verb(
        "pair",
        "Expand {thing} from {size_gb} GB to {new_size_gb} GB",
        "Expanding the Capacity of a Replication Pair",
        "Expand Capacity",
    ),
    Operation.ATTACH_PAIR: Verb(
        "pair",
        "Attach {thing} to {instance} as {device}",
        "Attaching a Replication Pair to a Protected Instance",
        "Attach",
        "Detach {thing} from {instance}.",
    ),
    Operation.DETACH_PAIR: Verb(
        "pair",
        "Detach {thing} from {instance}",
        "Detaching a Replication Pair from a Protected Instance",
        "Detach",
        "Attach {thing} to {instance} again.",
        "The disk of {thing} on both servers of {instance}: what is mounted from it breaks. The data stay.",
    ),
    Operation.DELETE_PAIR: Verb(
        "pair",
        "Delete pair {thing}{with_words}",
        "Deleting a Replication Pair",
        "Delete",
        lost="The replication of {thing}; its production disk stays. {fate}",
    ),
    Operation.CREATE_DRILL: Verb(
        "group",
        "Create drill {name} of {group}",
        "Creating a DR Drill",
        "Create DR Drill",
        "Delete the drill.",
    ),
    Operation.RENAME_DRILL: Verb(
        "drill",
        "Rename drill {thing} to {name}",
        "Updating a DR Drill Name",
        "Change Name",
        "Rename it to {thing} again.",
    ),
    Operation.DELETE_DRILL: Verb(
        "drill",
        "Delete drill {thing}",
        "Deleting a DR Drill",
        "Delete DR Drill",
        lost="The servers of the drill {thing}, their disks and network cards; its network stays. Production "
        "is not touched.",
    ),
    Operation.CLEAR_FAILED_TASK: Verb(
        "task",
        "Clear failed task {thing}",
        "Deleting a Failed Task",
        "Delete (Failed Tasks)",
        lost="What the task center tells of this failure.",
    ),
    Operation.CLEAR_FAILED_TASKS: Verb(
        "group",
        "Clear all failed tasks of {home}",
        "Deleting All Failed Tasks of a Protection Group",
        "Clear (Failed Tasks)",
        lost="What the task center tells of these failures.",
    ),
    Operation.STOP_SERVER: Verb(
        "server", "Stop {thing} ({how})", "Stopping ECSs in Batches", "Stop", "Start the server again."
    ),
    Operation.START_SERVER: Verb(
        "server", "Start {thing}", "Starting ECSs in Batches", "Start", "Stop the server again."
    ),
}


def thing_of(change: Change, inventory: Inventory) -> str:
    """What the thing is called that a change is about, or those of several; what is typed for it."""
    about = VERBS[change.operation].about
    if about == "group":
        return group_of(change, inventory)
    if about == "task":
        task = inventory.failed_tasks.get(change.task_id)
        return f"{task.resource_name} ({task.failure_status})" if task else change.task_id
    ids = _ids(change, about)
    known = getattr(inventory, f"{about}s")
    return ", ".join(known[key].name if key in known else key for key in ids)


def group_of(change: Change, inventory: Inventory) -> str:
    """What the group of a change is called."""
    if change.group_id in inventory.groups:
        return inventory.called(change.group_id)
    return change.group_id.partition(":")[2] or change.group_id


def _ids(change: Change, about: str) -> tuple[str, ...]:
    if about == "server":
        return change.all_server_ids
    if about == "instance":
        return change.all_instance_ids
    one: str = getattr(change, f"{about}_id")
    return (one,)


def title(change: Change, inventory: Inventory) -> str:
    """The title of the step that makes a change."""
    return _filled(VERBS[change.operation].title, change, inventory)


def undo(change: Change, inventory: Inventory) -> str:
    """How a change is taken back; empty where it cannot be."""
    return _filled(VERBS[change.operation].undo, change, inventory)


def loss(change: Change, inventory: Inventory) -> str:
    """What is lost by a change; empty where nothing is."""
    return _filled(VERBS[change.operation].lost, change, inventory).strip()


def _filled(text: str, change: Change, inventory: Inventory) -> str:
    return text.format_map(_Fillings(change, inventory)) if "{" in text else text


class _Fillings(dict[str, object]):
    """The words that the texts of the table are filled with, worked out as they are asked for."""

    def __init__(self, change: Change, inventory: Inventory) -> None:
        super().__init__(change.arguments)
        self._change, self._inventory = change, inventory

    def __missing__(self, key: str) -> str:
        make = getattr(self, f"_{key}", None)
        return str(make() if make else getattr(self._change, key))

    def _thing(self) -> str:
        return thing_of(self._change, self._inventory)

    def _group(self) -> str:
        return group_of(self._change, self._inventory)

    def _home(self) -> str:
        of_none = self._change.group_id == FAILED_TASKS
        return "the protection groups themselves" if of_none else self._group()

    def _instance(self) -> str:
        known = self._inventory.instances.get(self._change.instance_id)
        return known.name if known else self._change.instance_id

    def _size_gb(self) -> int:
        known = self._inventory.pairs.get(self._change.pair_id)
        return known.size_gb if known else 0

    def _how(self) -> str:
        return "hard" if self._change.hard else "soft"

    def _card(self) -> str:
        known = self._inventory.instances.get(self._change.instance_id)
        server = self._inventory.servers.get(known.production_server_id) if known else None
        return dict(server.nics if server else ()).get(self._change.nic_id, self._change.nic_id)

    def _tag_words(self) -> str:
        return ", ".join((*self._change.tags, *self._change.keys))

    def _flavor_words(self) -> str:
        change = self._change
        if change.flavor:
            return f"both servers of {self._thing()} to {change.flavor}"
        sides = (("production server", change.production_flavor), ("DR server", change.dr_flavor))
        told = (f"the {side} of {self._thing()} to {flavor}" for side, flavor in sides if flavor)
        return " and ".join(told) or self._thing()

    def _production_server(self) -> str:
        return self._servers("production_server_id")

    def _servers(self, side: str) -> str:
        there = [self._inventory.instances.get(key) for key in self._change.all_instance_ids]
        ids = [getattr(each, side) for each in there if each]
        known = self._inventory.servers
        return ", ".join(known[key].name if key in known else key for key in ids)

    def _with_words(self) -> str:
        change = self._change
        goes = ("its DR-site disk", change.with_disk), ("the DR servers", change.with_server)
        words = [word for word, is_so in (*goes, ("the public addresses (EIP)", change.with_eip)) if is_so]
        return f" WITH {' and '.join(words)}" if words else ""

    def _fate(self) -> str:
        """What becomes of what was made at the DR site."""
        change = self._change
        if change.operation is Operation.DELETE_PAIR:
            pair = self._inventory.pairs.get(change.pair_id)
            disk = self._inventory.disks.get(pair.dr_disk_id) if pair else None
            name = disk.name if disk else (pair.dr_disk_id if pair else "")
            if change.with_disk:
                return f"The disk {name} at the DR site and every copy on it are DELETED, for good."
            return f"The disk {name} at the DR site stays, is not updated any more, and keeps costing."
        servers = self._servers("dr_server_id")
        eip = "their public addresses (EIP)"
        if change.with_server:
            gone = f"The DR servers ({servers}) are DELETED, for good"
            return f"{gone}, and {eip} are released." if change.with_eip else f"{gone}; {eip} stay and cost."
        kept = f"The DR servers ({servers}) stay, are not updated any more, and keep costing"
        return f"{kept}; {eip} are RELEASED." if change.with_eip else f"{kept}, {eip} too."
