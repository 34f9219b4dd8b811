"""Whether everything that a profile needs is there: one line for each thing, ok or not, and what to do.

It reads, and sends no change. What depends on something that failed is not looked at, and says so.
"""

import platform
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from drkit import api
from drkit.clock import Clock, SystemClock
from drkit.errors import DrkitError, ProfileError, ServiceError, UnreachableError
from drkit.showing import count
from drkit.site import Site, connect

if TYPE_CHECKING:
    from drkit.journal import Journal

SKEW_WARNS, SKEW_FAILS = 60.0, 300.0
"""Seconds that a clock may be off. Signatures are refused after 15 minutes; leases rest on clocks too."""
CERTIFICATE_DAYS = 14
VERSIONS = ("drkit", "httpx", "jupyterlab", "ipywidgets", "pandas", "sqlalchemy", "openstacksdk")
SERVICES: Mapping[str, str] = {"sdrs": "SDRS", "ecs": "ECS", "evs": "EVS"}
_READ_ONLY_ROLES = frozenset({"readonly"})


class Health(StrEnum):
    """How a thing is; what was not looked at is never ok."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"
    UNKNOWN = "not known"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One thing that was looked at: how it is, what was seen, what to do."""

    check: str
    health: Health
    seen: str
    to_do: str = ""

    def row(self) -> dict[str, str]:
        """As a row for people and programs."""
        return {"check": self.check, "state": self.health.value, "seen": self.seen, "to_do": self.to_do}


def examine(name: str | None = None, clock: Clock | None = None) -> Iterator[Diagnosis]:
    """Look at a profile, from the outside to the inside; each line as soon as it is known.

    Raises ProfileError for a profile that there is not.
    """
    clock, chosen = clock or SystemClock(), api.chosen(name)
    if chosen != api.SANDBOX:
        api.settings_of(chosen)
        try:
            profile = api.profile(chosen)
        except ProfileError as error:
            yield Diagnosis(
                "profile", Health.FAIL, str(error), "Put that right; drkit profiles shows the values."
            )
            yield from _versions()
            return
        yield _profile(profile)
        yield from _way(profile, clock)
    yield from _inside(chosen, clock)
    yield from _versions()


def exit_code(found: list[Diagnosis]) -> int:
    """1 where something failed or could not be told, else 0."""
    return int(any(each.health in {Health.FAIL, Health.UNKNOWN} for each in found))


def _profile(profile: api.Profile) -> Diagnosis:
    seen = f"{profile.name}: {profile.cloud}, {profile.access.words}"
    if note := api.unused_sentence(profile.name, profile.unused):
        return Diagnosis("profile", Health.WARN, f"{seen}. {note}", "Unset what is not meant.")
    return Diagnosis("profile", Health.OK, seen)


def _way(profile: api.Profile, clock: Clock) -> Iterator[Diagnosis]:
    """The hosts that are known before signing in, and the clock of the first of them."""
    urls = {"IAM": profile.auth_url, **{SERVICES[key]: url for key, url in profile.endpoints.items()}}
    for called, url in urls.items():
        if url:
            yield _door(called, url, profile, clock)
    yield _clock(next(filter(None, urls.values())), profile, clock)


def _door(called: str, url: str, profile: api.Profile, clock: Clock) -> Diagnosis:
    check = f"{called} is reached"
    try:
        door = api.door_of(url, profile)
    except UnreachableError as error:
        return Diagnosis(check, Health.FAIL, f"{url}: {error}", "Nothing was sent there.")
    if door is None:
        return Diagnosis(check, Health.OK, f"{url} by the proxy {api.proxy_for(url) or 'of this process'}")
    seen = f"{url} is {', '.join(door.addresses[:3])}{f', {door.tls}' if door.tls else ''}"
    if door.certificate_ends and door.certificate_ends - clock.now() < timedelta(days=CERTIFICATE_DAYS):
        seen += f"; its certificate ends at {door.certificate_ends:%Y-%m-%d %H:%M} UTC"
        return Diagnosis(check, Health.WARN, seen, "Tell who runs it.")
    return Diagnosis(check, Health.OK, seen)


def _clock(url: str, profile: api.Profile, clock: Clock) -> Diagnosis:
    try:
        skew = api.clock_skew(url, clock, 5.0, profile.ca_file, profile.cert_file, profile.key_file)
    except ConnectionError as error:
        return Diagnosis("clock", Health.UNKNOWN, f"{url} does not answer: {error}", "See above.")
    if skew is None:
        return Diagnosis(
            "clock", Health.UNKNOWN, f"{url} does not tell its time.", "Look whether NTP is on here."
        )
    seen = f"{abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} the cloud's"
    if abs(skew) < SKEW_WARNS:
        return Diagnosis("clock", Health.OK, seen)
    health = Health.FAIL if abs(skew) >= SKEW_FAILS else Health.WARN
    return Diagnosis(
        "clock", health, seen, "Set this machine's clock by NTP: signatures and tokens depend on it."
    )


def _inside(name: str, clock: Clock) -> Iterator[Diagnosis]:
    try:
        site = connect(name, clock=clock)
    except DrkitError as error:
        yield Diagnosis("sign-in", Health.FAIL, str(error), "Put that right first; the rest depends on it.")
        for check in ("project", "what may be read", "what may be changed"):
            yield Diagnosis(check, Health.UNKNOWN, "not looked at without a sign-in")
        yield _journal(lambda: _opened(name, clock), clock)
        return
    with site:
        user = site.client.user or (
            "the practice range's own user" if site.backend.practice else "an access key"
        )
        roles = f", with the roles {', '.join(site.client.roles)}" if site.client.roles else ""
        yield Diagnosis("sign-in", Health.OK, f"{user}{roles}")
        backend = site.backend
        yield Diagnosis(
            "project",
            Health.OK,
            f"{backend.label}: {backend.project} ({backend.project_id}), {backend.region}",
        )
        yield from _services(site)
        yield from (_read(site, what) for what in api.READS)
        yield _writes(site)
        yield _journal(lambda: nullcontext(site.journal), clock)


def _services(site: Site) -> Iterator[Diagnosis]:
    for service, called in SERVICES.items():
        url = site.client.address_of(service)  # type: ignore[arg-type]  # the names are those of the wire
        if url:
            yield Diagnosis(f"address of {called}", Health.OK, url)
        else:
            sentence = "neither the catalog nor the profile tells it"
            yield Diagnosis(
                f"address of {called}", Health.FAIL, sentence, f"Set {service}_url (DRKIT_{called}_URL)."
            )


def _read(site: Site, what: str) -> Diagnosis:
    check = f"reading {what}"
    try:
        site.client.try_read(what)
    except ServiceError as error:
        ask = f"Request id for the provider: {error.request_id}." if error.request_id else ""
        return Diagnosis(check, Health.FAIL, str(error), error.advice or ask or "Look at the error.")
    except DrkitError as error:
        return Diagnosis(check, Health.FAIL, str(error), "Put that right, then look again.")
    return Diagnosis(check, Health.OK, "allowed, and answered")


def _writes(site: Site) -> Diagnosis:
    """What the roles in the token tell of changes; nothing is sent to try it."""
    check, roles = "changes", {*site.client.roles}
    held = site.access is api.Access.READ_ONLY
    if roles and roles <= _READ_ONLY_ROLES:
        seen = f"the user may only read ({', '.join(sorted(roles))}): every change would be refused"
        to_do = "Have SDRS Administrator granted, if changes are meant."
        return Diagnosis(check, Health.OK if held else Health.FAIL, seen, "" if held else to_do)
    if "te_admin" in roles:
        kept = f"; the profile is {site.access.words}" if site.access is not api.Access.REAL else ""
        return Diagnosis(check, Health.OK, f"the user may change everything in the project{kept}")
    told = f"the roles {', '.join(sorted(roles))} do not tell" if roles else "the sign-in tells no roles"
    return Diagnosis(
        check,
        Health.OK if held else Health.WARN,
        f"{told} which changes are allowed; none was "
        f"tried{'' if not held else ', and the profile sends none'}",
        "" if held else "Ask the administrator of the domain for the user's rights in SDRS and ECS.",
    )


def _opened(name: str, clock: Clock) -> "Journal":
    from drkit.journal import Journal  # noqa: PLC0415  # SQLAlchemy takes its time to load

    return Journal.open(api.journal_of(name) or None, clock)


def _journal(opened: Callable[[], AbstractContextManager["Journal"]], clock: Clock) -> Diagnosis:
    check = "journal"
    try:
        with opened() as journal:
            where, runs = journal.where, len(list(journal.runs()))
            skew = (clock.now() - journal.now()).total_seconds()
    except DrkitError as error:
        return Diagnosis(check, Health.FAIL, str(error), "Without a journal nothing is sent.")
    seen = f"{where}: {count(runs, 'run')}"
    if abs(skew) >= SKEW_WARNS:
        seen += f"; its clock is {abs(skew):.0f} s {'behind' if skew > 0 else 'ahead of'} this machine's"
        return Diagnosis(
            check, Health.WARN, seen, "Set both clocks by NTP: leases are judged by the journal's."
        )
    return Diagnosis(check, Health.OK, seen)


def _versions() -> Iterator[Diagnosis]:
    installed = []
    for package in VERSIONS:
        try:
            installed.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            installed.append(f"{package} is not installed")
    yield Diagnosis("versions", Health.OK, f"Python {platform.python_version()}, {', '.join(installed)}")
