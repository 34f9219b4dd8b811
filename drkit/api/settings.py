"""What a profile is made of: values, each with the place where it stands. Secrets are masked, wherever shown.

A value comes from a variable of the environment (`from_environment`), from clouds.yaml (`cloud_files`), or
from profiles.toml (`profile_file`).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from drkit.api.secret import Secret

ENVIRONMENT: Final = "the environment"


@dataclass(frozen=True, slots=True, repr=False)
class Setting:
    """A value, the place where it stands (a file, or the environment), and what it is called there."""

    value: str | Secret
    where: str
    called: str

    @property
    def text(self) -> str:
        """The value, where it is no secret."""
        return "" if isinstance(self.value, Secret) else self.value

    @property
    def shown(self) -> str:
        """The value for people; a secret is masked, also the password in an address."""
        return re.sub(r"(://[^:/@\s]*):[^@/\s]*@", r"\1:***@", str(self.value))

    def __repr__(self) -> str:
        return f"<Setting {self.called} of {self.where}: {self.shown}>"


Settings = Mapping[str, Setting]
"""By the names that drkit has for them: `auth_url`, `project`, `region`, ..."""

SECRETS: Final = frozenset(
    {"password", "passcode", "token", "application_credential_secret", "secret_key", "security_token"}
)

VARIABLES: Final[Mapping[str, tuple[str, ...]]] = {
    "auth_type": ("OS_AUTH_TYPE",),
    "auth_url": ("OS_AUTH_URL", "HUAWEICLOUD_SDK_IAM_ENDPOINT"),
    "username": ("OS_USERNAME",),
    "user_id": ("OS_USER_ID",),
    "password": ("OS_PASSWORD",),
    "passcode": ("OS_PASSCODE",),
    "token": ("OS_TOKEN", "OS_AUTH_TOKEN"),
    "application_credential_id": ("OS_APPLICATION_CREDENTIAL_ID",),
    "application_credential_name": ("OS_APPLICATION_CREDENTIAL_NAME",),
    "application_credential_secret": ("OS_APPLICATION_CREDENTIAL_SECRET",),
    "user_domain": ("OS_USER_DOMAIN_NAME", "OS_DOMAIN_NAME"),
    "user_domain_id": ("OS_USER_DOMAIN_ID", "OS_DOMAIN_ID"),
    "project": ("OS_PROJECT_NAME", "OS_TENANT_NAME"),
    "project_id": ("OS_PROJECT_ID", "OS_TENANT_ID", "HUAWEICLOUD_SDK_PROJECT_ID"),
    "project_domain": ("OS_PROJECT_DOMAIN_NAME",),
    "project_domain_id": ("OS_PROJECT_DOMAIN_ID",),
    "region": ("OS_REGION_NAME",),
    "access_key": ("OS_ACCESS_KEY", "HUAWEICLOUD_SDK_AK"),
    "secret_key": ("OS_SECRET_KEY", "HUAWEICLOUD_SDK_SK"),
    "security_token": ("OS_SECURITY_TOKEN", "HUAWEICLOUD_SDK_SECURITY_TOKEN"),
    "sdrs_url": ("DRKIT_SDRS_URL",),
    "ecs_url": ("DRKIT_ECS_URL",),
    "evs_url": ("DRKIT_EVS_URL",),
    "vpc_url": ("DRKIT_VPC_URL",),
    "cts_url": ("DRKIT_CTS_URL",),
    "cacert": ("OS_CACERT",),
    "cert": ("OS_CERT",),
    "key": ("OS_KEY",),
    "insecure": ("OS_INSECURE",),
    "requests_a_second": ("DRKIT_REQUESTS_A_SECOND",),
    "requests_at_once": ("DRKIT_REQUESTS_AT_ONCE",),
    "access": ("DRKIT_ACCESS",),
}
"""The variables of OpenStack's and of the vendor's own tools, the better name first, and drkit's own."""

HOW: Final = frozenset({"auth_type", "cacert", "cert", "key", "insecure"})
"""What says how one connects, and nothing of where or who."""

_KEYS = tuple(zip(VARIABLES["access_key"], VARIABLES["secret_key"], strict=True))


def from_environment(environ: Mapping[str, str]) -> dict[str, Setting]:
    """What the variables say; an empty one is one that is not set."""
    given = {name: value.strip() for name, value in environ.items() if value.strip()}
    keys = _key_pair(given)
    settings: dict[str, Setting] = {}
    for key, names in VARIABLES.items():
        wanted = keys.get(key, names)
        if name := next((name for name in wanted if name in given), ""):
            value = Secret(given[name]) if key in SECRETS else given[name]
            settings[key] = Setting(value, ENVIRONMENT, name)
    return settings


def _key_pair(given: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Under which names a key is looked for: an access key never meets another one's secret."""
    whole = next((pair for pair in _KEYS if given.keys() >= {*pair}), None)
    begun = next((pair for pair in _KEYS if given.keys() & {*pair}), None)
    access, secret = whole or begun or _KEYS[0]
    return {"access_key": (access,), "secret_key": (secret,)}


def set_and_not_used(environ: Mapping[str, str], used: Iterable[str] = ()) -> list[str]:
    """The variables that are set, name a cloud or say who one is, and were not looked at."""
    names = ("OS_CLOUD", *(name for key, names in VARIABLES.items() if key not in HOW for name in names))
    return [name for name in names if environ.get(name, "").strip() and name not in {*used}]
