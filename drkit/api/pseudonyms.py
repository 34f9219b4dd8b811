"""Other words for what an answer tells of a company: ids, names, addresses; the same word for the same thing.

What is not known to be harmless is replaced: of texts only those stay that a service's reference lists
(states, types, zones, flavors, codes, times). Numbers, truth values, nulls, names of keys and the shape of an
answer stay, for they are what bugs are made of. The key that ids are drawn with is forgotten.
"""

import re
import secrets
from hashlib import sha256
from hmac import digest
from ipaddress import ip_address
from typing import Final

from drkit.api.wire import Json

_ID: Final = re.compile(r"(?i)\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b[0-9a-f]{32}\b")
_BETWEEN: Final = re.compile(r"[\[\]\"', ]*")
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?)?")
_MAC: Final = re.compile(r"(?i)[0-9a-f]{2}(:[0-9a-f]{2}){5}")
_MASK: Final = re.compile(r"/\d{1,3}$")
_HARMLESS: Final = re.compile(r"[A-Za-z0-9_./:+-]{0,40}")
_NUMBER: Final = re.compile(r"\d{1,15}")
_LONGEST_KEY: Final = 40

KEPT: Final = frozenset(
    {
        "status", "type", "job_type", "job_status", "priority_station", "replication_status",
        "protected_status", "health_status", "fault_level", "dr_type", "server_type", "protection_type",
        "replication_model", "availability_zone", "source_availability_zone", "target_availability_zone",
        "OS-EXT-AZ:availability_zone", "volume_type", "device", "bus", "bootable", "multiattach",
        "encrypted", "delete_on_termination", "bootIndex", "pciAddress", "root_device_name",
        "OS-EXT-SRV-ATTR:root_device_name", "OS-EXT-STS:vm_state", "OS-EXT-STS:task_state",
        "OS-EXT-STS:power_state", "OS-EXT-IPS:type", "os_type", "os_bit", "charging_mode", "version",
        "code", "error_code", "failure_status", "resource_type", "query_type", "failure_type", "vcpus",
        "ram", "disk", "size", "volume_size", "trace_name", "trace_rating", "service_type", "trace_type",
        "action",
    }
)  # fmt: skip
"""The keys whose texts the reference lists, word for word."""

_PUBLIC_PARTS: Final = frozenset({"flavor"})
"""The objects of which everything is public: the cloud's price list has it."""
_OWN_WORDS: Final = frozenset({"metadata", "addresses"})
"""The objects whose keys are somebody's own words."""


class Pseudonyms:
    """The words of one recording."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._words: dict[tuple[str, str], str] = {}

    def of(self, value: Json, key: str = "") -> Json:
        """The same JSON in other words; `key` is where it stood."""
        if isinstance(value, dict):
            if key in _PUBLIC_PARTS and all(_harmless(each) for each in value.values()):
                return value
            return {self._key_of(name, key): self.of(each, name) for name, each in value.items()}
        if isinstance(value, list):
            return [self.of(each, key) for each in value]
        return self.text(value, key) if isinstance(value, str) else value

    def text(self, text: str, key: str = "") -> str:
        """Another text that says the same of a thing, or the same one where the reference lists it."""
        if not text or text in {"true", "false"} or _TIME.fullmatch(text):
            return text
        if key in KEPT and _HARMLESS.fullmatch(text) and not _ID.search(text) and not _address(text):
            return text
        others = self.ids(text)
        if others != text and _BETWEEN.fullmatch(_ID.sub("", text)):
            return others
        if _MAC.fullmatch(text):
            number = int(self._word("mac", text.lower()))
            return f"fa:16:3e:{number >> 16 & 255:02x}:{number >> 8 & 255:02x}:{number & 255:02x}"
        if kind := _address(text):
            return self._address(text, kind)
        kind_of = "text" if " " in text else "name"
        return "=".join(f"{kind_of}-{self._word(kind_of, part)}" for part in text.split("=", 1))

    def ids(self, text: str) -> str:
        """The text with other ids in it, each in the form that it had."""
        return _ID.sub(self._other_id, text)

    def _other_id(self, found: re.Match[str]) -> str:
        drawn = digest(self._key, found[0].replace("-", "").lower().encode(), sha256).hex()[:32]
        parts = (drawn[:8], drawn[8:12], drawn[12:16], drawn[16:20], drawn[20:])
        return "-".join(parts) if "-" in found[0] else drawn

    def _address(self, text: str, kind: int) -> str:
        number = int(self._word(f"address {kind}", _MASK.sub("", text)))
        mask = _MASK.search(text)
        host = (
            f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
            if kind == 4
            else f"2001:db8::{number:x}"
        )
        return host + (mask[0] if mask else "")

    def _key_of(self, name: str, parent: str) -> str:
        if parent in _OWN_WORDS and name not in KEPT:
            return name if re.fullmatch(r"\w{1,30}_(id|type|mode|bit|name)", name) else self.text(name)
        known = len(name) <= _LONGEST_KEY and not _ID.search(name) and not _address(name)
        return name if known else self.text(name)

    def _word(self, kind: str, text: str) -> str:
        known = sum(1 for each, _ in self._words if each == kind) if (kind, text) not in self._words else 0
        return self._words.setdefault((kind, text), str(known + 1))


def _harmless(value: Json) -> bool:
    return not isinstance(value, str | dict | list) or (
        isinstance(value, str) and bool(_HARMLESS.fullmatch(value)) and not _ID.search(value)
    )


def _address(text: str) -> int:
    """4 or 6 for an address, with a mask or without; 0 for anything else."""
    if _NUMBER.fullmatch(text):
        return 0
    try:
        return ip_address(_MASK.sub("", text)).version
    except ValueError:
        return 0
