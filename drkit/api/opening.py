"""From a profile to a signed-in `Client`: where the services are, which project, practice or real."""

import ssl
from collections.abc import Iterable, Mapping

from drkit.api.auth import KeyAuth, TokenAuth
from drkit.api.client import Client, ProjectConnection
from drkit.api.clouds import loopback, practice_host, root
from drkit.api.profiles import SANDBOX, KeyLogin, Profile, address
from drkit.api.transport import NO_NETWORK, Auth, Inner, Transport
from drkit.api.wire import ServiceName
from drkit.clock import Clock, SystemClock
from drkit.errors import ProfileError
from drkit.model import Backend

_TYPES: Mapping[ServiceName, tuple[str, ...]] = {
    "sdrs": ("sdrs",),
    "ecs": ("ecs", "compute"),
    "evs": ("evs", "volumev3", "volumev2"),
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
    )
    try:
        return _open(profile, clock, transport)
    except BaseException:
        transport.close()
        raise


def _open(profile: Profile, clock: Clock, transport: Transport) -> Client:
    auth: Auth
    roots: Mapping[ServiceName, str]
    if isinstance(profile.login, KeyLogin):
        project_id = profile.project_id or KeyAuth(profile.login, clock).find_project(
            transport, profile.auth_url, profile.project
        )
        auth, project, roots = KeyAuth(profile.login, clock, project_id), profile.project, profile.endpoints
    else:
        auth = TokenAuth(profile, profile.login, transport, clock)
        session = auth.session()
        project_id, project = session.project_id, session.project
        roots = {**_catalogued(session.catalog, profile.region), **profile.endpoints}
    if "sdrs" not in roots:
        raise ProfileError(
            f"IAM lists no SDRS in region {profile.region!r} for project {project or project_id!r}; "
            "check OS_REGION_NAME, or set DRKIT_SDRS_URL."
        )
    speed = _sandbox_speed(profile, transport, roots["sdrs"])
    backend = Backend(
        practice=speed is not None,
        cloud=profile.cloud if speed is None else SANDBOX,
        region=profile.region,
        project=project or project_id,
        project_id=project_id,
    )
    connection = ProjectConnection(transport, auth, roots, project_id)
    return Client(backend, connection, clock, ca_file=profile.ca_file, user=_user(profile))


def _user(profile: Profile) -> str:
    """The cloud's user, as the journal names it beside the login; an access key has no name."""
    if profile.sandbox or isinstance(profile.login, KeyLogin):
        return ""
    return f"{profile.login.username} of {profile.login.domain}"


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


def _trust(profile: Profile) -> ssl.SSLContext | bool:
    if not profile.ca_file:
        return True
    try:
        return ssl.create_default_context(cafile=profile.ca_file)
    except (OSError, ssl.SSLError) as error:
        raise ProfileError(f"OS_CACERT={profile.ca_file!r} cannot be used: {error}") from None
