"""Tags of protected instances: written, read, removed, and used to find instances."""

import re
from collections.abc import Iterable

from drkit.sandbox import instances
from drkit.sandbox.answers import Answer, no_content, ok, refused
from drkit.sandbox.reading import IncomingCall, RequestFields, whole
from drkit.sandbox.routes import Routes
from drkit.sandbox.things import Instance, Json
from drkit.sandbox.world import World

routes = Routes()
PATH = instances.PATH
MOST = 20
NAMES = {b'"create"': "batch_add_tags", b'"delete"': "batch_delete_tags"}


def _key(fields: RequestFields) -> str:
    key = fields.values.get("key")
    if not isinstance(key, str) or len(key) > 128 or re.search(r"[\x00-\x1f\x7f]", key):
        raise refused("SDRS.2204", "a string of at most 128 characters")
    if not key.strip():
        raise refused("SDRS.2205")
    return key


def _value(fields: RequestFields) -> str:
    value = fields.values.get("value")
    if value is None:
        raise refused("SDRS.2208")
    if not isinstance(value, str) or len(value) > 255 or re.search(r"[\x00-\x1f\x7f]", value):
        raise refused("SDRS.2207", "a string of at most 255 characters")
    return value


def read(fields: RequestFields, *, values: bool = True) -> dict[str, str]:
    """The tags under `tags`; no key twice, at most 20."""
    items = fields.items("tags")
    if not items:
        raise refused("SDRS.2202")
    found = {_key(item): _value(item) if values else "" for item in items}
    if len(found) != len(items):
        raise refused("SDRS.2209")
    return _limited(found)


def _limited(found: dict[str, str]) -> dict[str, str]:
    if len(found) > MOST:
        raise refused("SDRS.2203", f"at most {MOST}")
    return found


def _writable(call: IncomingCall, code: str) -> Instance:
    instance = instances.find(call.world, call.path["instance"])
    instances.need(instance, tuple({instance.status} - {"creating", "deleting"}), code=code)
    return instance


@routes("POST", PATH + "/{instance}/tags")
def add_protected_instance_tags(call: IncomingCall) -> Answer:
    """Set one tag; an existing key is overwritten."""
    instance, tag = _writable(call, "SDRS.2221"), call.body().inner("tag")
    instance.tags = _limited(instance.tags | {_key(tag): _value(tag)})
    return no_content()


@routes("POST", PATH + "/{instance}/tags/action", names=NAMES)
def batch_add_or_delete_tags(call: IncomingCall) -> Answer:
    """action create sets tags, action delete removes them; keys that do not exist count as removed."""
    fields = call.body()
    action = fields.values.get("action")
    if action not in ("create", "delete"):
        raise refused("SDRS.2201")
    instance = _writable(call, "SDRS.2221" if action == "create" else "SDRS.2222")
    given = read(fields, values=action == "create")
    if action == "create":
        instance.tags = _limited(instance.tags | given)
    else:
        instance.tags = {key: value for key, value in instance.tags.items() if key not in given}
    return no_content()


@routes("DELETE", PATH + "/{instance}/tags/{key}")
def delete_protected_instance_tag(call: IncomingCall) -> Answer:
    """Remove one tag; 404 when there is no such key."""
    instance = _writable(call, "SDRS.2222")
    if call.path["key"] not in instance.tags:
        raise refused("SDRS.2206", call.path["key"][:128])
    del instance.tags[call.path["key"]]
    return no_content()


@routes("GET", PATH + "/{instance}/tags")
def list_protected_instance_tags(call: IncomingCall) -> Answer:
    """The tags of one instance."""
    instance = instances.find(call.world, call.path["instance"])
    return ok({"tags": instances.tags(instance)})


@routes("GET", PATH + "/tags")
def list_protected_instances_project_tags(call: IncomingCall) -> Answer:
    """Every key in use in the project, with its values."""
    found: dict[str, list[str]] = {}
    for instance in call.world.instances.values():
        for key, value in instance.tags.items():
            values = found.setdefault(key, [])
            if value not in values:
                values.append(value)
    return ok({"tags": [{"key": key, "values": values} for key, values in found.items()]})


@routes("POST", PATH + "/resource_instances/action")
def list_protected_instances_by_tags(call: IncomingCall) -> Answer:
    """action filter lists the instances that match, action count counts them."""
    fields = call.body()
    action = fields.values.get("action")
    if action not in ("filter", "count"):
        raise refused("SDRS.2210")
    if action == "count" and ("limit" in fields or "offset" in fields):
        raise refused("SDRS.2211")
    found = list(_matching(call.world, fields))
    if action == "count":
        return ok({"total_count": len(found)})
    start, limit = _page(fields)
    shown = [_resource(call.world, instance) for instance in found[start : start + limit]]
    return ok({"resources": shown, "total_count": len(found)})


def _page(fields: RequestFields) -> tuple[int, int]:
    limit = whole(fields.text("limit", "1000", code="SDRS.2220"))
    offset = whole(fields.text("offset", "0", code="SDRS.0222"))
    if limit is None or not 1 <= limit <= 1000:
        raise refused("SDRS.2220")
    if offset is None:
        raise refused("SDRS.0222")
    return offset, limit


def _resource(world: World, instance: Instance) -> Json:
    detail = instances.shown(world, instance)
    return {
        "resource_id": instance.id,
        "resource_detail": detail,
        "tags": detail["tags"],
        "resource_name": instance.name,
    }


def _matching(world: World, fields: RequestFields) -> Iterable[Instance]:
    wanted = {name: _wanted(fields, name) for name in ("tags", "tags_any", "not_tags", "not_tags_any")}
    names = _names(fields)
    for instance in world.instances.values():
        hits = {
            name: [_has(instance, key, values) for key, values in group] for name, group in wanted.items()
        }
        if (
            all(hits["tags"])
            and (any(hits["tags_any"]) or not hits["tags_any"])
            and not (hits["not_tags"] and all(hits["not_tags"]))
            and not any(hits["not_tags_any"])
            and all(name in instance.name.lower() for name in names)
        ):
            yield instance


def _wanted(fields: RequestFields, name: str) -> list[tuple[str, list[str]]]:
    if name not in fields:
        return []
    tags = [(_key(item), _values(item)) for item in fields.items(name)]
    if len({key for key, _ in tags}) != len(tags):
        raise refused("SDRS.2209")
    if len(tags) > MOST:
        raise refused("SDRS.2203", f"at most {MOST} keys")
    return tags


def _values(item: RequestFields) -> list[str]:
    values = item.values.get("values") or []
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise refused("SDRS.2207", "values must be a list of strings")
    if len(set(values)) != len(values):
        raise refused("SDRS.2219")
    if len(values) > MOST:
        raise refused("SDRS.2218", f"at most {MOST}")
    return values


def _has(instance: Instance, key: str, values: list[str]) -> bool:
    """Whether an instance has a key with one of the values. None given: any; *text: one with text in it."""
    if key not in instance.tags:
        return False
    mine = instance.tags[key]
    return not values or any(
        (value[1:] in mine) if value.startswith("*") else value == mine for value in values
    )


def _names(fields: RequestFields) -> list[str]:
    if "matches" not in fields:
        return []
    items = fields.items("matches", code="SDRS.2212")
    if not items:
        raise refused("SDRS.2212")
    for item in items:
        if not item.values.get("key"):
            raise refused("SDRS.2213")
        if item.values["key"] != "resource_name":
            raise refused("SDRS.2214", "resource_name")
        if item.values.get("value") is None:
            raise refused("SDRS.2216")
    if len(items) > 1:
        raise refused("SDRS.2215")
    return [item.text("value", "", code="SDRS.2217").lower() for item in items]
