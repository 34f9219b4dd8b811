"""Rules for what things are called and described as, and for the tags of instances.

Source: `name` and `description` on the pages that create and rename; the pages on tags of the SDRS API
reference.
"""

import re
from collections import Counter

from drkit.model import Operation, as_tags
from drkit.rules.existing import instance_exists
from drkit.rules.rule import Case, RuleAnswer, rule
from drkit.showing import first_few

_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
LONGEST_DESCRIPTION = 64  # bytes
MOST_TAGS, LONGEST_KEY, LONGEST_VALUE = 20, 128, 255


@rule("SDRS.0202", "SDRS.0201", about="group")
def it_is_named_right(case: Case) -> RuleAnswer:
    """Give it a name of at most 64 letters, digits, dots, underscores and hyphens.

    Source: `name` on the pages that create and rename.
    """
    if _NAME.fullmatch(case.change.name):
        return None
    return f"the name {case.change.name!r}", "1 to 64 of a-z A-Z 0-9 . _ -", "Give another name."


@rule("SDRS.0212", about="group")
def it_is_described_right(case: Case) -> RuleAnswer:
    """Describe it in at most 64 bytes, without < and >.

    Source: `description` on the pages that create.
    """
    text = case.change.description
    if len(text.encode("utf-8", "replace")) <= LONGEST_DESCRIPTION and not re.search("[<>]", text):
        return None
    return "a description that is too long, or has < or >", "at most 64 bytes", "Describe it otherwise."


@rule("SDRS.2221", "SDRS.2222", about="instance", needs=[instance_exists])
def instance_is_whole(case: Case) -> RuleAnswer:
    """Leave the tags of an instance alone while it is being created or deleted.

    Source: SDRS.2221 and SDRS.2222 on the page "Error Codes".
    """
    status = case.instance.status
    if status not in {"creating", "deleting"}:
        return None
    return str(status), "created, and not being deleted", f"Wait until it is no longer {status}."


@rule("SDRS.2202", about="group")
def a_tag_is_named(case: Case) -> RuleAnswer:
    """Say which tags are meant, at least one.

    Source: SDRS.2202 on the page "Error Codes".
    """
    if _keys(case):
        return None
    if case.change.operation in {Operation.CREATE_INSTANCE, Operation.CREATE_INSTANCES}:
        return None  # there they may be left out
    return "no tag", "at least one tag", "Name a tag."


@rule("SDRS.2204", "SDRS.2205", "SDRS.2206", about="group", needs=[a_tag_is_named])
def tag_keys_are_right(case: Case) -> RuleAnswer:
    """Give a tag a key of at most 128 characters that is not blank.

    Source: `key` on the page "Adding a Protected Instance Tag".
    """
    wrong = [key for key in _keys(case) if not key.strip() or len(key) > LONGEST_KEY or _CONTROL.search(key)]
    if not wrong:
        return None
    return f"the key {wrong[0][:LONGEST_KEY]!r}", "1 to 128 characters", "Give another key."


@rule("SDRS.2207", about="group")
def tag_values_are_right(case: Case) -> RuleAnswer:
    """Give a tag a value of at most 255 characters.

    Source: `value` on the page "Adding a Protected Instance Tag".
    """
    values = (value for _, value in as_tags(case.change.tags))
    wrong = [value for value in values if len(value) > LONGEST_VALUE or _CONTROL.search(value)]
    if not wrong:
        return None
    return f"the value {wrong[0][:60]!r}", "at most 255 characters", "Give another value."


@rule("SDRS.2209", about="group")
def no_tag_is_named_twice(case: Case) -> RuleAnswer:
    """Name each key of a tag once.

    Source: SDRS.2209 on the page "Error Codes".
    """
    twice = [key for key, times in Counter(_keys(case)).items() if times > 1]
    return (f"named twice: {first_few(twice)}", "each key once", "Name it once.") if twice else None


@rule("SDRS.2203", about="group")
def tags_are_not_too_many(case: Case) -> RuleAnswer:
    """Give an instance at most 20 tags, those that it has counted.

    Source: "at most 20" on the pages on tags; other pages say 10, which a service may hold to.
    """
    there = case.world.instances.get(case.change.instance_id)
    named = {*_keys(case)}
    kept = {key for key, _ in there.tags} if there and case.change.tags else set[str]()
    many = len(kept | named)
    return (f"{many} tags", f"at most {MOST_TAGS}", "Delete tags first.") if many > MOST_TAGS else None


@rule("SDRS.2206", about="instance", needs=[instance_exists])
def the_tag_is_there(case: Case) -> RuleAnswer:
    """Delete a tag that the instance has; of several that are named, those that it has not count as deleted.

    Source: "Deleting a Protected Instance Tag" and "Deleting Protected Instance Tags in Batches".
    """
    held = {key for key, _ in case.instance.tags}
    if len(case.change.keys) != 1 or case.change.keys[0] in held:
        return None
    remedy = "Nothing is to be done: it has no tag with that key."
    return f"no tag {case.change.keys[0]!r}", f"one of its tags: {first_few(sorted(held)) or 'none'}", remedy


def _keys(case: Case) -> list[str]:
    """The keys that a change names, as they are given."""
    return [*(key for key, _ in as_tags(case.change.tags)), *case.change.keys]
