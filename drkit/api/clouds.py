"""The clouds that run SDRS, and where their services listen.

Source: the pages "Regions and Endpoints" of each cloud. Where a cloud's page names no endpoint of ECS
or EVS, none is made up here: the catalog of the token or the profile has to tell it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from drkit.api.wire import ServiceName


@dataclass(frozen=True, slots=True)
class Cloud:
    """A cloud: its name, what all its hosts end with, and the services whose hosts follow the pattern."""

    name: str
    domain: str
    services: tuple[ServiceName, ...]

    def endpoints(self, region: str) -> Mapping[ServiceName, str]:
        """The address of each service in a region."""
        return {each: f"https://{each}.{region}.{self.domain}" for each in self.services}


CLOUDS = (
    Cloud("Open Telekom Cloud", "otc.t-systems.com", ("sdrs", "ecs", "evs")),
    Cloud("Huawei Cloud", "myhuaweicloud.com", ("sdrs", "ecs", "evs")),
    Cloud("FlexibleEngine", "prod-cloud-ocb.orange-business.com", ("sdrs",)),
)

REGION = re.compile(r"[a-z0-9]([a-z0-9-]{0,60}[a-z0-9])?")
"""What a region is called; it becomes part of a host's name."""


PROJECT = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""What a project's id looks like; it becomes part of every path."""


def cloud_at(url: str) -> Cloud | None:
    """The cloud that an address belongs to; None where it is none of the known ones."""
    host = urlsplit(url).hostname or ""
    return next((each for each in CLOUDS if host.endswith(f".{each.domain}")), None)


def root(url: str) -> str:
    """The address of a service without version, project and final slash: catalogs spell them in many ways."""
    return re.sub(r"/v\d+(\.\d+)?(/[^/]*)?/?$", "", url.rstrip("/")).rstrip("/")


def practice_host(url: str) -> bool:
    """Whether an address is that of a sandbox inside a process: under .invalid, which no network has."""
    return f".{urlsplit(url).hostname or ''}".rstrip(".").endswith(".invalid")


def loopback(url: str) -> bool:
    """Whether an address is on this very machine."""
    return urlsplit(url).hostname in {"localhost", "127.0.0.1", "::1"}
