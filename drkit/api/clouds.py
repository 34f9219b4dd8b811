"""The clouds that run SDRS, and where their services listen.

Source: the pages "Regions and Endpoints" of each cloud. Where a cloud's page names no endpoint of ECS
or EVS, none is made up here: the catalog of the token or the profile has to tell it. Regions: those of the
vendor's own SDK (huaweicloudsdkcore), and of openstacksdk's vendor profiles otc and otc-swiss.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from drkit.api.wire import ServiceName


@dataclass(frozen=True, slots=True)
class Cloud:
    """A cloud: its name, what its hosts end with, the services whose hosts follow the pattern, its regions.

    `elsewhere`: the regions whose hosts end otherwise; `iam` what a region's IAM is called where not "iam".
    """

    name: str
    domain: str
    services: tuple[ServiceName, ...]
    regions: tuple[str, ...]
    elsewhere: Mapping[str, str] = field(default_factory=dict)
    iam: Mapping[str, str] = field(default_factory=dict)

    def endpoints(self, region: str) -> Mapping[ServiceName, str]:
        """The address of each service in a region."""
        return {each: f"https://{each}.{region}.{self._domain(region)}" for each in self.services}

    def auth_url(self, region: str) -> str:
        """IAM's address in a region."""
        return f"https://{self.iam.get(region, 'iam')}.{region}.{self._domain(region)}/v3"

    def holds(self, host: str) -> bool:
        """Whether a host is one of this cloud's."""
        return any(host.endswith(f".{domain}") for domain in (self.domain, *self.elsewhere.values()))

    def _domain(self, region: str) -> str:
        return self.elsewhere.get(region, self.domain)


CLOUDS = (
    Cloud(
        "Open Telekom Cloud",
        "otc.t-systems.com",
        ("sdrs", "ecs", "evs", "vpc"),
        ("eu-de", "eu-nl", "eu-ch2"),
        {"eu-ch2": "sc.otc.t-systems.com"},
        {"eu-ch2": "iam-pub"},
    ),
    Cloud(
        "Huawei Cloud",
        "myhuaweicloud.com",
        ("sdrs", "ecs", "evs", "vpc"),
        (
            "ae-ad-1", "af-south-1", "ap-southeast-1", "ap-southeast-2", "ap-southeast-3", "ap-southeast-4",
            "cn-east-2", "cn-east-3", "cn-east-4", "cn-east-5", "cn-north-1", "cn-north-2", "cn-north-4",
            "cn-north-9", "cn-north-12", "cn-south-1", "cn-south-2", "cn-southwest-2", "eu-west-101",
            "la-north-2", "la-south-2", "me-east-1", "my-kualalumpur-1", "na-mexico-1", "ru-moscow-1",
            "sa-brazil-1", "tr-west-1",
        ),
        {"eu-west-101": "myhuaweicloud.eu"},
    ),
    Cloud("FlexibleEngine", "prod-cloud-ocb.orange-business.com", ("sdrs",), ("eu-west-0",)),
)  # fmt: skip

REGION = re.compile(r"[a-z0-9]([a-z0-9-]{0,60}[a-z0-9])?")
"""What a region is called; it becomes part of a host's name."""


PROJECT = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""What a project's id looks like; it becomes part of every path."""


def cloud_at(url: str) -> Cloud | None:
    """The cloud that an address belongs to; None where it is none of the known ones."""
    host = urlsplit(url).hostname or ""
    return next((each for each in CLOUDS if each.holds(host)), None)


def cloud_with(region: str) -> Cloud | None:
    """The cloud that has a region of that name; None where none of the known ones has."""
    return next((each for each in CLOUDS if region in each.regions), None)


def region_of(project: str) -> str:
    """The region that a project's name tells: these clouds call a project as its region, or REGION_NAME.

    Empty where it tells none that is known.
    """
    region = project.partition("_")[0]
    return region if cloud_with(region) else ""


def region_at(url: str) -> str:
    """The region that the address of a known cloud's IAM tells; empty where it tells none."""
    cloud, labels = cloud_at(url), (urlsplit(url).hostname or "").split(".")
    return labels[1] if cloud and len(labels) > 1 and labels[1] in cloud.regions else ""


def root(url: str) -> str:
    """The address of a service without version, project and final slash: catalogs spell them in many ways."""
    return re.sub(r"/v\d+(\.\d+)?(/[^/]*)?/?$", "", url.rstrip("/")).rstrip("/")


def practice_host(url: str) -> bool:
    """Whether an address is that of a sandbox inside a process: under .invalid, which no network has."""
    return f".{urlsplit(url).hostname or ''}".rstrip(".").endswith(".invalid")


def loopback(url: str) -> bool:
    """Whether an address is on this very machine."""
    return urlsplit(url).hostname in {"localhost", "127.0.0.1", "::1"}
