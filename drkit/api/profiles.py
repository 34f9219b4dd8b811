"""Profiles: where to go and who one is. A profile is read from somewhere and checked before anything is sent.

Sources of profiles, the first that knows the name: the sandbox (`sandbox_profile`, from what a sandbox says
of itself), the environment (`env`, with the variables of OpenStack's and of the vendor's own tools),
profiles.toml (`profile_file`), clouds.yaml and secure.yaml (`cloud_files`). A table of profiles.toml goes
over the cloud of its name, or the one that it names as `cloud`.
"""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final
from urllib.parse import urlsplit

from drkit.api import profile_file
from drkit.api.access import Access
from drkit.api.cloud_files import CloudFiles
from drkit.api.clouds import (
    PROJECT,
    REGION,
    cloud_at,
    cloud_with,
    loopback,
    practice_host,
    region_at,
    region_of,
    root,
)
from drkit.api.logins import ApplicationLogin, KeyLogin, Login, PasswordLogin, login_of
from drkit.api.secret import Secret
from drkit.api.settings import (
    ENVIRONMENT,
    VARIABLES,
    Setting,
    Settings,
    from_environment,
    set_and_not_used,
)
from drkit.api.throttling import UNSHARED, Pacing
from drkit.api.wire import ServiceName
from drkit.errors import ProfileError, UnknownNameError

SANDBOX: Final = "sandbox"
ENV: Final = "env"


@dataclass(frozen=True, slots=True)
class Profile:
    """Where to go and who one is.

    `auth_url` is IAM's, ending in /v3; `endpoints` are addresses without version and project that win over
    the token's catalog. An empty `region` is told by the project's name, once IAM said it. `pacing` says how
    fast requests may go, `access` what may leave, `journal` where the runs are recorded (empty: the usual
    place), `thresholds` what readiness is held against where it is not the usual. `sandbox`: it was read from
    a sandbox, not from the operator. `settings` are the values with their places; `unused` the variables that
    are set and were not looked at.
    """

    name: str
    auth_url: str
    login: Login
    project_id: str
    project: str
    region: str
    cloud: str
    endpoints: Mapping[ServiceName, str] = field(default_factory=dict)
    ca_file: str = ""
    cert_file: str = ""
    key_file: str = ""
    project_domain: Mapping[str, str] = field(default_factory=dict)
    pacing: Pacing = field(default_factory=Pacing)
    access: Access = Access.READ_ONLY
    journal: str = field(default="", repr=False)  # a URL may hold a password
    thresholds: Mapping[str, Any] = field(default_factory=dict)
    sandbox: bool = False
    settings: Settings = field(default_factory=dict)
    unused: tuple[str, ...] = ()

    def called(self, key: str) -> str:
        """What a value is called where it stands, or should stand."""
        return self.settings[key].called if key in self.settings else _called(self.name, key)


def chosen(name: str | None = None, environ: Mapping[str, str] | None = None) -> str:
    """The name of the profile that is meant: the one given, else DRKIT_PROFILE, else the sandbox that
    DRKIT_SANDBOX names, else the cloud of OS_CLOUD, else `env` where OS_AUTH_URL names a cloud, else the
    sandbox.
    """
    given = os.environ if environ is None else environ
    meant = {key: given.get(key, "").strip() for key in _CHOOSING}
    if name or meant["DRKIT_PROFILE"]:
        return name or meant["DRKIT_PROFILE"]
    if meant["DRKIT_SANDBOX"]:
        return SANDBOX
    return meant["OS_CLOUD"] or (ENV if meant["OS_AUTH_URL"] else SANDBOX)


_CHOOSING = ("DRKIT_PROFILE", "DRKIT_SANDBOX", "OS_CLOUD", "OS_AUTH_URL")


def names(environ: Mapping[str, str] | None = None, *, clouds: bool = True) -> tuple[str, ...]:
    """The names of all profiles that can be asked for, those of clouds.yaml too. ProfileError for a file that
    cannot be read.
    """
    given = os.environ if environ is None else environ
    named = CloudFiles(given).names if clouds else ()
    return tuple(dict.fromkeys((SANDBOX, ENV, *profile_file.tables(given), *named)))


def settings_of(name: str, environ: Mapping[str, str] | None = None) -> Settings:
    """The values of a profile, each with its place; nothing is fetched or sent. ProfileError for no such."""
    given = os.environ if environ is None else environ
    table = profile_file.tables(given).get(name)
    settings = _base(name, table, given) | (
        profile_file.settings(name, table, profile_file.path(given)) if table is not None else {}
    )
    if name != ENV:
        _complete(settings, from_environment(given))
    return settings


def _complete(settings: dict[str, Setting], variables: Settings) -> None:
    """Take from the environment what nobody wants to write down; not what is another user's or cloud's."""
    for key in ("auth_url", "username", "user_id"):
        if key in variables and key in settings and variables[key].text != settings[key].text:
            return
    wanted = [("password", {"username", "user_id"}), ("passcode", {"user_id"})]
    for key, needs in wanted:
        if key not in settings and key in variables and needs & settings.keys():
            settings[key] = variables[key]


def _base(name: str, table: Mapping[str, object] | None, environ: Mapping[str, str]) -> dict[str, Setting]:
    if name == SANDBOX:
        return {}
    wanted = str(table.get("cloud", "")) if table else ""
    if ENV in (wanted, name):
        return from_environment(environ)
    clouds = CloudFiles(environ)
    if (wanted or name) in clouds.names:
        return clouds.settings(wanted or name)
    if wanted:
        raise ProfileError(
            f"The profile {name} is on the cloud {wanted!r}. "
            f"{UnknownNameError.among('cloud of clouds.yaml', wanted, clouds.names)}"
        )
    if table is not None:
        return {}
    known = names(environ)
    looked = "" if clouds.names else f", and there is no clouds.yaml {CloudFiles.LOOKED}"
    raise ProfileError(f"{UnknownNameError.among('profile', name, known)}{looked}")


def journal_of(name: str, environ: Mapping[str, str] | None = None) -> str:
    """Where the runs of a profile are recorded; empty: the usual place. ProfileError for no such profile."""
    given = os.environ if environ is None else environ
    table = profile_file.tables(given).get(name)
    if table is None:
        if name not in {SANDBOX, ENV}:
            settings_of(name, given)
        return ""
    found = profile_file.settings(name, table, profile_file.path(given))
    return found["journal"].text if "journal" in found else ""


def profile(name: str, environ: Mapping[str, str] | None = None) -> Profile:
    """The profile of that name, complete. Raises ProfileError that names what is missing or wrong.

    A complete user wins over an application credential, a token and keys, because the sign-in of a user can
    be repeated and tells where the services are. `settings.VARIABLES` lists what `env` reads. Real clouds
    are read-only unless the profile says `access` (DRKIT_ACCESS for `env`). The journal that a team shares is
    named by `journal`, else by DRKIT_JOURNAL, which `Journal.open` reads.
    """
    given = os.environ if environ is None else environ
    if name == SANDBOX:
        raise ProfileError("The sandbox has no values of its own; it is connected to as it says itself.")
    settings = settings_of(name, given)
    _check_wire(name, settings)
    login, used = login_of(name, settings, lambda key: _called(name, key))
    made = _profile(name, settings, login)
    looked_at = {each.called for key, each in settings.items() if key in used and each.where == ENVIRONMENT}
    chose = {"OS_CLOUD"} if given.get("OS_CLOUD", "").strip() == name else set()
    unused = _differing(given, looked_at | chose)
    if made.journal and given.get("DRKIT_JOURNAL", "").strip() not in ("", made.journal):
        unused.append("DRKIT_JOURNAL")
    return replace(made, unused=tuple(unused))


def _differing(environ: Mapping[str, str], looked_at: set[str]) -> list[str]:
    """The variables that were not looked at and say something else than those that were."""
    said = {environ[name].strip() for name in looked_at}
    return [name for name in set_and_not_used(environ, looked_at) if environ[name].strip() not in said]


def _profile(name: str, settings: Settings, login: Login) -> Profile:
    text = {key: each.text for key, each in settings.items()}
    region = _region(settings)
    by_keys = isinstance(login, KeyLogin)
    auth_url = _auth_url(settings)
    if not auth_url and by_keys and (known := cloud_with(region)):
        auth_url = known.auth_url(region)
    endpoints = _endpoints(settings, region, auth_url, by_keys=by_keys)
    project_id = _checked(settings, "project_id", PROJECT, "no project's id")
    project = text.get("project", "") or (region if by_keys and not project_id else "")
    needed = {
        "project_id or project": project_id or project or isinstance(login, ApplicationLogin),
        "auth_url": auth_url or (by_keys and project_id and "sdrs" in endpoints),
        "region": region or (project_id and not by_keys) or isinstance(login, ApplicationLogin),
    }
    missing = [_both(name, keys) for keys, there in needed.items() if not there]
    if by_keys and "sdrs" not in endpoints and not missing:
        missing.append(f"{_called(name, 'sdrs_url')} (the address of SDRS in this cloud is not known)")
    if missing:
        raise ProfileError(f"The profile {name} is incomplete: set {', '.join(missing)}.")
    cloud = cloud_at(auth_url) or cloud_at(endpoints.get("sdrs", ""))
    return Profile(
        name=name,
        auth_url=auth_url,
        login=login,
        project_id=project_id,
        project=project,
        region=region,
        cloud=cloud.name if cloud else urlsplit(endpoints.get("sdrs", auth_url)).hostname or "",
        endpoints=endpoints,
        ca_file=text.get("cacert", ""),
        cert_file=text.get("cert", ""),
        key_file=text.get("key", ""),
        project_domain=_project_domain(text),
        pacing=_pacing(settings),
        access=Access.named(text["access"], settings["access"].called)
        if "access" in text
        else Access.READ_ONLY,
        journal=text.get("journal", ""),
        thresholds=_thresholds(settings),
        settings=settings,
    )


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
            endpoints={"sdrs": url, "ecs": url, "evs": url, "vpc": url, "cts": url},
            pacing=UNSHARED,
            access=Access.REAL,
            sandbox=True,
        )
    except KeyError as error:
        raise ProfileError(f"What the sandbox says of itself lacks {error}; start it again.") from None
    for each in (found.auth_url, url):
        if not loopback(each) and not practice_host(each):
            raise ProfileError(f"{each} is no sandbox: one listens on this machine only.")
    return found


def _called(name: str, key: str) -> str:
    """What a value that is missing would be called, where it would be written."""
    return VARIABLES[key][0] if name == ENV and key in VARIABLES else key


def _both(name: str, keys: str) -> str:
    return " or ".join(_called(name, key) for key in keys.split(" or "))


def _check_wire(name: str, settings: Settings) -> None:
    if "insecure" in settings and settings["insecure"].text.lower() not in {"0", "false", "no", "off"}:
        raise ProfileError(
            f"{settings['insecure'].called} turns the check of certificates off, which drkit never does: "
            f"name "
            f"your authority as {_called(name, 'cacert')} instead."
        )
    if "key" in settings and "cert" not in settings:
        raise ProfileError(
            f"{settings['key'].called} is a key without {_called(name, 'cert')}, its certificate."
        )


def _region(settings: Settings) -> str:
    """The region as it is named, else as the project's name tells it, else as IAM's address does."""
    if named := _checked(settings, "region", REGION, "no region's name"):
        return named
    text = {key: each.text for key, each in settings.items()}
    return region_of(text.get("project", "")) or region_at(text.get("auth_url", ""))


def _checked(settings: Settings, key: str, pattern: re.Pattern[str], what: str) -> str:
    if key not in settings:
        return ""
    text = settings[key].text
    if not pattern.fullmatch(text):
        raise ProfileError(f"{settings[key].called}={text!r} is {what}.")
    return text


def _project_domain(text: Mapping[str, str]) -> Mapping[str, str]:
    """The domain that the project is named in; empty where it is the user's."""
    if text.get("project_domain_id"):
        return {"id": text["project_domain_id"]}
    return {"name": text["project_domain"]} if text.get("project_domain") else {}


def _number(settings: Settings, key: str, usual: float, most: int) -> float:
    if key not in settings:
        return usual
    text = settings[key].text
    if not re.fullmatch(r"[1-9]\d{0,4}", text) or int(text) > most:
        raise ProfileError(
            f"{settings[key].called}={text!r} is no number of {key.partition('_')[0]}; "
            f"give a whole one from 1 to {most}."
        )
    return int(text)


def _pacing(settings: Settings) -> Pacing:
    usual = Pacing()
    return Pacing(
        _number(settings, "requests_a_second", usual.a_second, 9999),
        int(_number(settings, "requests_at_once", usual.at_once, 9999)),
    )


def _thresholds(settings: Settings) -> Mapping[str, Any]:
    limits: dict[str, float] = {}
    for key in ("drill_days", "moving_minutes"):
        if key in settings:
            limits[key] = _number(settings, key, 0, 36500)
    if "quota_share" in settings:
        text = settings["quota_share"].text
        if not re.fullmatch(r"1(\.0*)?|0?\.\d+", text) or not float(text):
            raise ProfileError(f"quota_share={text!r} is no number above 0 and up to 1.")
        limits["quota_share"] = float(text)
    return limits


def _endpoints(settings: Settings, region: str, auth_url: str, *, by_keys: bool) -> Mapping[ServiceName, str]:
    """The addresses that are known before signing in."""
    cloud = cloud_at(auth_url) or cloud_with(region)
    known: dict[ServiceName, str] = dict(cloud.endpoints(region)) if cloud and region and by_keys else {}
    services: tuple[ServiceName, ...] = ("sdrs", "ecs", "evs", "vpc", "cts")
    for service in services:
        if (key := f"{service}_url") in settings:
            known[service] = root(address(settings[key].called, settings[key].text))
    return known


def _auth_url(settings: Settings) -> str:
    if "auth_url" not in settings:
        return ""
    given = settings["auth_url"].text
    if "://" not in given and cloud_at(f"https://{given}"):  # so spelled in openstacksdk's profile otc-swiss
        given = f"https://{given}"
    url = address(settings["auth_url"].called, given).rstrip("/")
    return f"{re.sub(r'/v(3|2[.]0)$', '', url)}/v3"


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


def unused_sentence(profile_: str, unused: Sequence[str]) -> str:
    """That variables are set and not used, for whoever thinks that they are; empty where there are none."""
    if not unused:
        return ""
    verb = "is" if len(unused) == 1 else "are"
    return f"{', '.join(unused)} {verb} set and not used: the profile is {profile_}."
