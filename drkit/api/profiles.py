"""Profiles: where to go and who one is. A profile is read from somewhere and checked before anything is sent.

Sources of profiles: the sandbox (`sandbox_profile`, from what a sandbox says of itself) and the environment
(`profile("env")`, with the variables of OpenStack's and of the vendor's own tools). A new source is one
more function in `_SOURCES`.
"""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from drkit.api.clouds import PROJECT, REGION, cloud_at, loopback, practice_host, root
from drkit.api.secret import Secret
from drkit.api.wire import ServiceName
from drkit.errors import ProfileError, UnknownNameError

SANDBOX: Final = "sandbox"


@dataclass(frozen=True, slots=True)
class PasswordLogin:
    """A user of a domain."""

    username: str
    password: Secret
    domain: str


@dataclass(frozen=True, slots=True)
class KeyLogin:
    """An access key; temporary ones come with a security token."""

    access_key: str
    secret_key: Secret
    security_token: Secret = field(default_factory=lambda: Secret(""))


@dataclass(frozen=True, slots=True)
class Profile:
    """Where to go and who one is.

    `auth_url` is IAM's, ending in /v3; `endpoints` are addresses without version and project that win over
    the token's catalog. `sandbox`: it was read from a sandbox, not from the operator.
    """

    name: str
    auth_url: str
    login: PasswordLogin | KeyLogin
    project_id: str
    project: str
    region: str
    cloud: str
    endpoints: Mapping[ServiceName, str] = field(default_factory=dict)
    ca_file: str = ""
    sandbox: bool = False


def chosen(name: str | None = None, environ: Mapping[str, str] | None = None) -> str:
    """The name of the profile that is meant: the one given, else DRKIT_PROFILE, else the sandbox."""
    return name or (os.environ if environ is None else environ).get("DRKIT_PROFILE", "").strip() or SANDBOX


def profile(name: str, environ: Mapping[str, str] | None = None) -> Profile:
    """The profile of that name, complete. Raises ProfileError that names what is missing or wrong.

    "env" reads OS_AUTH_URL, OS_USERNAME, OS_PASSWORD, OS_USER_DOMAIN_NAME, OS_PROJECT_ID or OS_PROJECT_NAME,
    OS_REGION_NAME; instead of the user OS_ACCESS_KEY and OS_SECRET_KEY (or HUAWEICLOUD_SDK_AK and
    HUAWEICLOUD_SDK_SK; with HUAWEICLOUD_SDK_SECURITY_TOKEN when they are temporary). A complete user
    wins over keys, because the sign-in tells where the services are. DRKIT_SDRS_URL, DRKIT_ECS_URL and
    DRKIT_EVS_URL name services that are elsewhere; OS_CACERT a file of certificates to trust. The
    journal that a team shares is named in the same place: DRKIT_JOURNAL, which `Journal.open` reads.
    """
    if name not in _SOURCES:
        raise ProfileError(str(UnknownNameError.among("profile", name, (SANDBOX, *_SOURCES))))
    return _SOURCES[name](os.environ if environ is None else environ)


def sandbox_profile(access: Mapping[str, str]) -> Profile:
    """The profile of a sandbox, from its own words (`Sandbox.access`). ProfileError unless it is local."""
    try:
        url = access["url"]
        found = Profile(
            name=SANDBOX,
            auth_url=access["iam_url"],
            login=PasswordLogin(access["username"], Secret(access["password"]), access["domain"]),
            project_id=access["project_id"],
            project=access["project"],
            region=access["region"],
            cloud=SANDBOX,
            endpoints={"sdrs": url, "ecs": url, "evs": url},
            sandbox=True,
        )
    except KeyError as error:
        raise ProfileError(f"What the sandbox says of itself lacks {error}; start it again.") from None
    for each in (found.auth_url, url):
        if not loopback(each) and not practice_host(each):
            raise ProfileError(f"{each} is no sandbox: one listens on this machine only.")
    return found


def _from_environment(environ: Mapping[str, str]) -> Profile:
    given = {key: value.strip() for key, value in environ.items() if value.strip()}
    login = _login(given)
    auth_url = _auth_url(given.get("OS_AUTH_URL", ""))
    region = given.get("OS_REGION_NAME", "")
    if region and not REGION.fullmatch(region):
        raise ProfileError(f"OS_REGION_NAME={region!r} is no region's name.")
    project_id = given.get("OS_PROJECT_ID", "")
    if project_id and not PROJECT.fullmatch(project_id):
        raise ProfileError(f"OS_PROJECT_ID={project_id!r} is no project's id.")
    endpoints = _endpoints(given, login, auth_url, region)
    _complain(_missing(given, login, endpoints))
    cloud = cloud_at(auth_url) or cloud_at(endpoints.get("sdrs", ""))
    return Profile(
        name="env",
        auth_url=auth_url,
        login=login,
        project_id=project_id,
        project=given.get("OS_PROJECT_NAME", ""),
        region=region,
        cloud=cloud.name if cloud else urlsplit(endpoints.get("sdrs", auth_url)).hostname or "",
        endpoints=endpoints,
        ca_file=given.get("OS_CACERT", ""),
    )


_SOURCES: Mapping[str, Callable[[Mapping[str, str]], Profile]] = {"env": _from_environment}

_USER = ("OS_USERNAME", "OS_PASSWORD", "OS_USER_DOMAIN_NAME")
_KEYS = (("OS_ACCESS_KEY", "OS_SECRET_KEY"), ("HUAWEICLOUD_SDK_AK", "HUAWEICLOUD_SDK_SK"))
_SECURITY_TOKEN = "HUAWEICLOUD_SDK_SECURITY_TOKEN"  # noqa: S105  # the variable's name
_ENDPOINTS: Mapping[ServiceName, str] = {
    "sdrs": "DRKIT_SDRS_URL",
    "ecs": "DRKIT_ECS_URL",
    "evs": "DRKIT_EVS_URL",
}


def _login(given: Mapping[str, str]) -> PasswordLogin | KeyLogin:
    if all(each in given for each in _USER):
        return PasswordLogin(given["OS_USERNAME"], Secret(given["OS_PASSWORD"]), given["OS_USER_DOMAIN_NAME"])
    for access, secret in _KEYS:
        if access in given and secret in given:
            for name in (access, secret, _SECURITY_TOKEN):
                if not re.fullmatch(r"[\x21-\x2b\x2d-\x7e]*", given.get(name, "")):
                    raise ProfileError(f"{name} holds characters that no key has.")
            return KeyLogin(given[access], Secret(given[secret]), Secret(given.get(_SECURITY_TOKEN, "")))
    started = [names for names in (_USER, *_KEYS) if any(each in given for each in names)]
    lacks = [each for each in (started or [_USER])[0] if each not in given]
    or_keys = "" if started else ", or OS_ACCESS_KEY and OS_SECRET_KEY"
    raise ProfileError(f"The profile env is incomplete: set {', '.join(lacks)}{or_keys}.")


def _missing(
    given: Mapping[str, str], login: PasswordLogin | KeyLogin, endpoints: Mapping[ServiceName, str]
) -> list[str]:
    by_keys = isinstance(login, KeyLogin)
    missing = []
    if "OS_PROJECT_ID" not in given and "OS_PROJECT_NAME" not in given:
        missing.append("OS_PROJECT_ID or OS_PROJECT_NAME")
    if "OS_AUTH_URL" not in given and not (by_keys and "OS_PROJECT_ID" in given and "sdrs" in endpoints):
        missing.append("OS_AUTH_URL")
    if "OS_REGION_NAME" not in given:
        missing.append("OS_REGION_NAME")
    if by_keys and "sdrs" not in endpoints and not missing:
        missing.append("DRKIT_SDRS_URL (the address of SDRS in this cloud is not known)")
    return missing


def _complain(missing: list[str]) -> None:
    if missing:
        raise ProfileError(f"The profile env is incomplete: set {', '.join(missing)}.")


def _endpoints(
    given: Mapping[str, str], login: PasswordLogin | KeyLogin, auth_url: str, region: str
) -> Mapping[ServiceName, str]:
    """The addresses that are known before signing in."""
    cloud = cloud_at(auth_url)
    known: dict[ServiceName, str] = (
        dict(cloud.endpoints(region)) if cloud and region and isinstance(login, KeyLogin) else {}
    )
    for service, name in _ENDPOINTS.items():
        if name in given:
            known[service] = root(address(name, given[name]))
    return known


def _auth_url(given: str) -> str:
    if not given:
        return ""
    url = address("OS_AUTH_URL", given).rstrip("/")
    return url if url.endswith("/v3") else f"{url}/v3"


def address(name: str, url: str) -> str:
    """The address, if secrets may be sent there. Raises ProfileError that calls it by `name`."""
    try:
        parts = urlsplit(url)
        extras = (parts.username, parts.password, parts.query, parts.fragment, parts.port and "")
    except ValueError:
        raise ProfileError(f"{name} is no address; one looks like https://host.") from None
    if any(extras):
        raise ProfileError(f"{name} must be a plain address, without user, query or fragment.")
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ProfileError(f"{name}={url!r} is no address; one looks like https://host.")
    if parts.scheme == "http" and not (loopback(url) or practice_host(url)):
        raise ProfileError(f"{name}={url} is not encrypted: secrets are sent over https only.")
    return url
