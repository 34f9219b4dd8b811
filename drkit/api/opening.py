"""From a profile to a signed-in `Client`: where the services are, which project, practice or real."""

import ssl
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import cast
from urllib.parse import urlsplit

from drkit.api.access import Access
from drkit.api.auth import KeyAuth, TokenAuth, TokenGiver
from drkit.api.client import Client, ProjectConnection
from drkit.api.clouds import cloud_at, cloud_with, loopback, practice_host, region_of, root
from drkit.api.logins import KeyLogin, Login, PasswordLogin
from drkit.api.profiles import SANDBOX, Profile, address
from drkit.api.transport import NO_NETWORK, Auth, Inner, Transport, trust
from drkit.api.wire import ServiceName
from drkit.clock import Clock, SystemClock
from drkit.errors import ProfileError
from drkit.model import Backend

_TYPES: Mapping[ServiceName, tuple[str, ...]] = {
    "sdrs": ("sdrs",),
    "ecs": ("ecs", "compute"),
    "evs": ("evs", "volumev3", "volumev2"),
    "vpc": ("vpc",),
    "cts": ("cts", "ctsv3"),
}
"""What a catalog calls the services, the best name first."""


def open_client(profile: Profile, clock: Clock | None = None, *, inner: Inner | None = None) -> Client:
    """Sign in and return the client of the profile's project.

    `inner` replaces the network, for a sandbox inside this process. Raises ProfileError when the profile
    does not fit what IAM says, SignInError for wrong credentials, UnreachableError for no connection.
    """
    clock = clock or SystemClock()
    nowhere = [each for each in (profile.auth_url, *profile.endpoints.values()) if practice_host(each)]
    if nowhere and inner is None:
        raise ProfileError(f"{nowhere[0]} is no address: {NO_NETWORK}.")
    transport = Transport(
        clock,
        inner=inner,
        verify=_trust(profile),
        proxies=not loopback(profile.auth_url or profile.endpoints["sdrs"]),
        pacing=profile.pacing,
        access=profile.access,
    )
    try:
        return _open(profile, clock, transport)
    except BaseException:
        transport.close()
        raise


@dataclass(frozen=True, slots=True)
class _SignedIn:
    """What is known once somebody signed in."""

    auth: Auth
    project_id: str
    project: str
    region: str
    roots: Mapping[ServiceName, str]
    roles: tuple[str, ...] = ()
    user: str = ""


def _open(profile: Profile, clock: Clock, transport: Transport) -> Client:
    with_keys = isinstance(profile.login, KeyLogin)
    signed_in = (_with_keys if with_keys else _with_token)(profile, clock, transport)
    speed = _sandbox_speed(profile, transport, signed_in.roots["sdrs"])
    if speed is not None and "access" not in profile.settings:  # a practice range has nothing to protect
        transport.access = Access.REAL
    backend = Backend(
        practice=speed is not None,
        cloud=profile.cloud if speed is None else SANDBOX,
        region=signed_in.region,
        project=signed_in.project or signed_in.project_id,
        project_id=signed_in.project_id,
    )
    connection = ProjectConnection(transport, signed_in.auth, signed_in.roots, signed_in.project_id)
    return Client(
        backend,
        connection,
        clock,
        ca_file=profile.ca_file,
        user="" if profile.sandbox else signed_in.user,
        roles=signed_in.roles,
    )


def _with_keys(profile: Profile, clock: Clock, transport: Transport) -> _SignedIn:
    """An access key has no name, and its roles are told nowhere."""
    login = cast("KeyLogin", profile.login)
    project_id = profile.project_id or KeyAuth(login, clock).find_project(
        transport, profile.auth_url, profile.project
    )
    auth = KeyAuth(login, clock, project_id)
    return _SignedIn(auth, project_id, profile.project, profile.region, profile.endpoints)


def _with_token(profile: Profile, clock: Clock, transport: Transport) -> _SignedIn:
    auth = TokenAuth(profile, cast("TokenGiver", profile.login), transport, clock)
    session, region = auth.session(), profile.region
    project = session.project
    if "region" not in profile.settings:  # nobody named it: the project's name knows better than an address
        region = region_of(project) or region
    if not region:
        raise ProfileError(
            f"The name of project {project!r} tells no region; set {profile.called('region')}."
        )
    roots: Mapping[ServiceName, str] = {
        **_known(profile, region),
        **_catalogued(session.catalog, region),
        **profile.endpoints,
    }
    if "sdrs" not in roots:
        raise ProfileError(
            f"IAM lists no SDRS in region {region!r} for project {project or session.project_id!r} "
            f"({_listed(session.catalog)}); check {profile.called('region')}, or set "
            f"{profile.called('sdrs_url')}."
        )
    user = _user(profile.login, session.user)
    return _SignedIn(auth, session.project_id, project, region, roots, session.roles, user)


def _user(login: Login, name: str) -> str:
    """The cloud's user, as the journal names it beside the login."""
    if not isinstance(login, PasswordLogin):
        return name
    return f"{login.username or name} of {login.domain or login.domain_id}".removesuffix(" of ")


def _sandbox_speed(profile: Profile, transport: Transport, sdrs: str) -> float | None:
    """The sandbox's speed; None for a real cloud. A sandbox is on this machine and says so itself."""
    speed = transport.sandbox_speed(sdrs) if loopback(sdrs) or practice_host(sdrs) else None
    if profile.sandbox and speed is None:
        raise ProfileError(f"What listens at {sdrs} is no sandbox of drkit; start one with: drkit sandbox")
    return speed


def _catalogued(catalog: Iterable[tuple[str, str, str]], region: str) -> dict[ServiceName, str]:
    """The address of each service in a region; some catalogs list a service for all regions at once."""
    urls: dict[tuple[str, str], str] = {}
    for kind, place, url in catalog:
        urls.setdefault((kind, place), url)
    found: dict[ServiceName, str] = {}
    for service, names in _TYPES.items():
        fitting = [
            urls[name, place] for name in names for place in (region, "*", "") if (name, place) in urls
        ]
        if fitting:
            found[service] = root(address(f"The address of {service.upper()} in the catalog", fitting[0]))
    return found


def _known(profile: Profile, region: str) -> Mapping[ServiceName, str]:
    """Where the services of a cloud are by its pattern; only for a region that the cloud is known to have."""
    cloud = cloud_at(profile.auth_url)
    return cloud.endpoints(region) if cloud and cloud == cloud_with(region) else {}


def _listed(catalog: Iterable[tuple[str, str, str]]) -> str:
    places = sorted({place for kind, place, _ in catalog if kind in _TYPES["sdrs"] and place})
    return f"it is listed in {', '.join(map(repr, places))}" if places else "it is listed nowhere"


def _trust(profile: Profile) -> ssl.SSLContext | bool:
    named = {key: getattr(profile, f"{file}_file") for key, file in _FILES.items()}
    if not any(named.values()) and urlsplit(profile.auth_url).scheme == "http":
        return True  # a practice range on this machine; to make ready what nobody uses takes its time
    try:
        return trust(profile.ca_file, profile.cert_file, profile.key_file)
    except (OSError, ssl.SSLError) as error:
        files = " and ".join(f"{profile.called(key)}={file!r}" for key, file in named.items() if file)
        raise ProfileError(f"{files} cannot be used: {error}") from None


_FILES: Mapping[str, str] = {"cacert": "ca", "cert": "cert", "key": "key"}
