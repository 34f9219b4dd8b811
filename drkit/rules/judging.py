"""Which rules each operation has, and asking them all."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypedDict

from drkit.errors import EffectUnknownError
from drkit.model import Change, Inventory, Operation
from drkit.rules import (
    attaching,
    drilling,
    existing,
    fitness,
    knowing,
    naming,
    powering,
    protecting,
    removing,
    sizing,
    switching,
)
from drkit.rules.objections import NotAsked, Objection, Verdict
from drkit.rules.projection import Projection
from drkit.rules.rule import Advice, Case, Rule, RuleAnswer, Way

_GROUP = (existing.group_exists, fitness.group_status_fits)
_GROUP_AT_REST = (existing.group_exists, fitness.group_is_available_or_protected)
_INSTANCE = (existing.instance_exists, fitness.instance_status_fits)
_PAIR = (existing.pair_exists, fitness.pair_status_fits)
_SERVER = (existing.group_exists, existing.server_exists)

_NEW = (naming.it_is_named_right, naming.it_is_described_right)
_TAGS = (
    naming.a_tag_is_named,
    naming.tag_keys_are_right,
    naming.tag_values_are_right,
    naming.no_tag_is_named_twice,
    naming.tags_are_not_too_many,
)
_PAIRED = (
    protecting.disks_are_not_encrypted,
    protecting.disks_are_of_a_type_that_is_replicated,
    protecting.disks_are_at_the_production_site,
    protecting.disks_are_in_no_pair,
    protecting.pair_quota_is_left,
)
_PROTECTED = (
    *_GROUP_AT_REST,
    *_NEW,
    *_TAGS,
    protecting.servers_are_there,
    protecting.servers_are_in_the_groups_network,
    protecting.servers_are_at_the_production_site,
    protecting.servers_are_not_protected_yet,
    protecting.servers_rest,
    protecting.servers_have_a_system_disk,
    protecting.no_shared_disk_is_on_them,
    *_PAIRED,
)
_UNPROTECTED = (
    existing.group_exists,
    removing.instances_are_there,
    removing.instances_can_be_deleted,
    removing.dr_server_was_made_by_the_service,
    removing.address_is_that_of_a_dr_server,
)
_CARDS = (*_GROUP_AT_REST, *_INSTANCE, removing.production_server_is_there)

_OWN: Mapping[Operation, tuple[Rule, ...]] = {
    Operation.ATTACH_PAIR: (
        *_GROUP_AT_REST,
        *_INSTANCE,
        *_PAIR,
        attaching.pair_is_in_the_same_group,
        attaching.instance_agrees_on_production,
        attaching.pair_agrees_on_production,
        attaching.instance_is_not_frozen,
        attaching.pair_is_free,
        attaching.shared_pair_is_attached_once,
        attaching.servers_have_a_free_slot,
        attaching.a_letter_is_left,
        attaching.device_is_named,
        attaching.device_is_spelled_right,
        attaching.device_fits_the_kind_of_disk,
        attaching.device_is_free,
        attaching.device_is_within_reach,
    ),
    Operation.DETACH_PAIR: (
        *_GROUP,
        *_INSTANCE,
        *_PAIR,
        attaching.pair_is_attached_here,
        attaching.production_server_of_a_system_disk_is_stopped,
        attaching.dr_server_of_a_system_disk_is_stopped,
    ),
    Operation.ENABLE_PROTECTION: (
        *_GROUP,
        switching.no_server_was_deleted,
        fitness.the_start_means_what_is_asked,
        switching.group_has_pairs,
    ),
    Operation.DISABLE_PROTECTION: (*_GROUP, switching.no_server_was_deleted),
    Operation.PLANNED_FAILOVER: (
        *_GROUP,
        switching.no_server_was_deleted_before_a_planned_failover,
        switching.group_has_pairs,
        switching.the_other_site_takes_over,
        switching.production_servers_are_stopped,
        switching.production_servers_stay_stopped,
        switching.replication_links_are_up_for_a_planned_failover,
        switching.pairs_are_synchronised,
    ),
    Operation.FAILOVER: (
        *_GROUP,
        switching.no_server_was_deleted,
        switching.group_has_pairs,
        switching.replication_links_are_up,
    ),
    Operation.REPROTECT: (
        *_GROUP,
        switching.no_server_was_deleted,
        fitness.the_start_means_what_is_asked,
        switching.group_has_pairs,
        switching.dr_servers_are_stopped,
        switching.dr_servers_stay_stopped,
    ),
    Operation.CREATE_DRILL: (
        *_GROUP,
        drilling.drill_is_named_right,
        drilling.drill_network_is_not_the_groups,
        drilling.drill_network_is_not_in_use,
        drilling.drill_quota_is_left,
        drilling.nothing_in_the_group_is_faulty,
        drilling.the_first_synchronisation_is_complete,
    ),
    Operation.DELETE_DRILL: (existing.group_exists, existing.drill_exists, fitness.drill_status_fits),
    Operation.EXPAND_PAIR: (
        existing.group_exists,
        *_PAIR,
        sizing.pair_grows,
        sizing.a_disk_can_be_that_large,
        sizing.disks_rest,
        sizing.shared_disks_are_detached,
    ),
    Operation.RESIZE_INSTANCE: (
        *_GROUP_AT_REST,
        *_INSTANCE,
        sizing.flavor_is_named,
        sizing.flavor_is_another,
        sizing.production_server_is_stopped,
        sizing.dr_server_is_stopped,
        sizing.servers_stay_stopped,
    ),
    Operation.STOP_SERVER: (*_SERVER, powering.server_runs),
    Operation.START_SERVER: (
        *_SERVER,
        powering.server_is_off,
        powering.server_is_not_the_dr_one,
        powering.no_switch_is_going_on,
    ),
    Operation.CREATE_GROUP: (
        *_NEW,
        protecting.group_name_is_free,
        protecting.domain_is_there,
        protecting.domain_is_not_sold_out,
        protecting.zones_are_those_of_the_domain,
        protecting.network_is_named,
        protecting.group_quota_is_left,
    ),
    Operation.RENAME_GROUP: (
        existing.group_exists,
        naming.it_is_named_right,
        protecting.group_name_is_free,
    ),
    Operation.DELETE_GROUP: (
        existing.group_exists,
        removing.group_is_at_rest,
        removing.group_has_no_drills,
        removing.group_has_no_instances,
        removing.group_has_no_pairs,
    ),
    Operation.CREATE_INSTANCE: _PROTECTED,
    Operation.CREATE_INSTANCES: (*_PROTECTED, protecting.a_flavor_is_given_for_each_or_none),
    Operation.RENAME_INSTANCE: (existing.instance_exists, naming.it_is_named_right),
    Operation.DELETE_INSTANCE: _UNPROTECTED,
    Operation.DELETE_INSTANCES: _UNPROTECTED,
    Operation.ADD_NIC: (*_CARDS, removing.subnet_is_named),
    Operation.DELETE_NIC: (*_CARDS, removing.card_is_there),
    Operation.SET_TAGS: (existing.instance_exists, naming.instance_is_whole, *_TAGS),
    Operation.DELETE_TAGS: (
        existing.instance_exists,
        naming.instance_is_whole,
        *_TAGS,
        naming.the_tag_is_there,
    ),
    Operation.CREATE_PAIR: (
        *_GROUP_AT_REST,
        *_NEW,
        protecting.disk_is_there,
        protecting.disk_is_available,
        *_PAIRED,
    ),
    Operation.RENAME_PAIR: (existing.pair_exists, naming.it_is_named_right),
    Operation.DELETE_PAIR: (
        *_GROUP,
        *_PAIR,
        removing.pair_is_of_the_group,
        removing.pair_is_attached_nowhere,
        removing.dr_disk_was_made_by_the_service,
    ),
    Operation.RENAME_DRILL: (existing.drill_exists, naming.it_is_named_right),
    Operation.CLEAR_FAILED_TASK: (removing.failed_task_is_there,),
    Operation.CLEAR_FAILED_TASKS: (removing.group_of_the_tasks_exists,),
}

RULES: Mapping[Operation, tuple[Rule, ...]] = {
    operation: (*rules, *([knowing.what_it_rests_on_is_known] if existing.group_exists in rules else []))
    for operation, rules in _OWN.items()
}
"""A rule comes after those it needs."""


def rules_for(operation: Operation) -> tuple[Rule, ...]:
    """The rules of an operation, in the order in which they are asked."""
    return RULES[operation]


class ReadAlso(TypedDict):
    """What of a reading is wanted beside the usual; `Client.inventory` takes it."""

    disks: bool
    quotas: bool
    every_drill: bool
    beside: bool
    domains: bool


IN_THE_WHOLE_PROJECT = frozenset(
    {Operation.CREATE_GROUP, Operation.CREATE_INSTANCE, Operation.CREATE_INSTANCES, Operation.CREATE_PAIR}
)
"""What is judged on the instances and pairs of all groups: a server or a disk may be protected elsewhere."""


def read_also(operations: Iterable[Operation]) -> ReadAlso:
    """What the rules of these operations rest on, beside groups, their instances, pairs, drills, servers."""
    parts = {part for operation in operations for rule in RULES[operation] for part in rule.reads}
    return ReadAlso(
        disks="disks" in parts,
        quotas="quotas" in parts,
        every_drill="drills" in parts,
        beside="failed_tasks" in parts,
        domains="domains" in parts,
    )


def judge(change: Change, inventory: Inventory, planned: Sequence[Change] = ()) -> Verdict:
    """All objections to a change, given what was read and what is planned to be done before it."""
    return judge_in(change, Projection.of(inventory, planned))


def judge_in(change: Change, world: Projection) -> Verdict:
    """All objections to a change in a world; `Projection.after` takes it one planned change further."""
    case = Case(change, world)
    objections: list[Objection] = []
    not_asked: list[str] = []
    unread: list[NotAsked] = []
    for rule, answer in _answers(case):
        if isinstance(answer, tuple):
            found, wanted, remedy = answer
            objections.append(rule.objection(case, found, wanted, _advised(remedy, world)))
            continue
        not_asked.append(rule.name)
        if answer:
            unread.append(NotAsked(rule.name, rule.sentence, case.called(rule.about), answer.what))
    return Verdict(change, tuple(objections), tuple(not_asked), tuple(unread))


def _answers(case: Case) -> Iterator[tuple[Rule, RuleAnswer]]:
    """Every rule that does not hold, with its answer; None where one before it failed: it was not asked."""
    failed: set[str] = set()
    for rule in RULES[case.change.operation]:
        if failed and not failed.isdisjoint(rule.needs):
            answer = None
        elif (answer := rule.ask(case)) is None:
            continue
        failed.add(rule.name)
        yield rule, answer


def _advised(remedy: str | tuple[Advice, ...], world: Projection) -> Advice:
    if isinstance(remedy, str):
        return Advice(remedy)
    return next(each for each in remedy if all(_is_open(way, world) for way in each.ways))


def _is_open(way: Way, world: Projection) -> bool:
    """Whether nothing speaks against these changes, one after the other."""
    for change in way:
        if any(isinstance(answer, tuple) for _, answer in _answers(Case(change, world))):
            return False
        try:
            world = world.after(change)
        except EffectUnknownError:
            return False
    return True
