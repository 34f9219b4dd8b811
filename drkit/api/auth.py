"""Showing the service who asks: a token from IAM, or a signature on every request.

Source: "Obtaining a User Token Through Password Authentication", "... Through Password and Virtual MFA
Authentication" and "Querying Project Information" of the IAM API reference; for tokens and application
credentials the Identity API v3 of OpenStack; "AK/SK Signing and Authentication" of the API sign guide.
"""

import re
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias
from urllib.parse import urlsplit

from drkit.api import signer
from drkit.api.asking import LateSecret, forget_typed
from drkit.api.clouds import PROJECT
from drkit.api.logins import ApplicationLogin, KeyLogin, PasswordLogin, TokenLogin
from drkit.api.profiles import Profile
from drkit.api.responses import Response
from drkit.api.secret import Secret
from drkit.api.transport import Open, OutgoingCall, Transport
from drkit.api.wire import Request
from drkit.clock import Clock
from drkit.errors import DrkitError, ProfileError, SignInError, WireError
from drkit.model import WireFields

RENEW_BEFORE = timedelta(minutes=30)
"""A token that is this near to its end is renewed, for the service works with it while a job runs."""
RENEW_NOT_WITHIN = 300.0
"""Seconds in which a token isn't renewed for its age, should this machine's clock be wrong."""


@dataclass(frozen=True, slots=True)
class Session:
    """What IAM answered: the token, its end, its project, and (type, region, address) of each service.

    `roles` are the names of what the user may do there, `user` who that is.
    """

    token: Secret
    ends: str
    project_id: str
    project: str
    catalog: tuple[tuple[str, str, str], ...]
    roles: tuple[str, ...] = ()
    user: str = ""


TokenGiver: TypeAlias = PasswordLogin | ApplicationLogin | TokenLogin
"""What IAM gives a token for."""


class TokenAuth:
    """Signs in at IAM and sends the token along. Thread-safe: of many threads one signs in."""

    def __init__(self, profile: Profile, login: TokenGiver, transport: Transport, clock: Clock) -> None:
        self._profile, self._login, self._transport, self._clock = profile, login, transport, clock
        # Guards the session and is held while one thread signs in, so that the others wait for its token
        # instead of signing in too. The sign-in itself goes out with `Open`, which never asks for a session:
        # the lock is not taken twice, and no other lock is taken under it.
        self._lock = threading.Lock()
        self._session: Session | None = None
        self._renew_after = 0.0

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """What is shown to IAM; the token that it gives is among the headers. Nothing is fetched for it."""
        return _fetched(_secrets(self._login))

    def session(self) -> Session:
        """The present session; signs in where there is none, or where it ends soon."""
        with self._lock:
            if self._session is None:
                self._session = self._sign_in()
            elif self._ends_soon(self._session):
                with suppress(DrkitError):  # the old token is good still
                    self._session = self._sign_in()
            return self._session

    def headers(self, _call: OutgoingCall, /) -> Mapping[str, Secret]:
        """The token; signs in where there is none."""
        return {"X-Auth-Token": self.session().token}

    def renew(self, refused: Mapping[str, Secret], /) -> bool:
        """Sign in again, unless another thread has done so since."""
        with self._lock:
            # Many threads may hold the same refused token: the first renews, the rest see another one here.
            if self._session is None or self._session.token == refused["X-Auth-Token"]:
                self._session = None  # a sign-in that fails must not leave the refused token in use
                self._session = self._sign_in()
        return True

    def _ends_soon(self, session: Session) -> bool:
        ends = WireFields("token", {"expires_at": session.ends}).time("expires_at")
        near = ends is not None and ends - self._clock.now() < RENEW_BEFORE
        return near and self._clock.monotonic() > self._renew_after

    def _sign_in(self) -> Session:
        self._renew_after = self._clock.monotonic() + RENEW_NOT_WITHIN
        request = Request(
            "POST", "/auth/tokens", body=_sign_in_body(self._profile, self._login), service="iam"
        )
        secrets = _secrets(self._login)
        try:
            body, answer = self._transport.send(request, self._profile.auth_url, Open(*secrets))
        except SignInError:
            forget_typed(self._profile.name)
            self._forget(secrets)
            raise
        self._forget(secrets[1:])  # a passcode counts once
        return _session(self._profile, answer, body)

    @staticmethod
    def _forget(secrets: Sequence[Secret]) -> None:
        for secret in secrets:
            if isinstance(secret, LateSecret):
                secret.forget()


class KeyAuth:
    """Signs each request with an access key and a secret key; there is nothing to sign in or to renew."""

    def __init__(self, login: KeyLogin, clock: Clock, project_id: str = "") -> None:
        self._login, self._clock, self._project_id = login, clock, project_id

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """The secret key, and the token of temporary keys."""
        return _fetched((self._login.secret_key, self._login.security_token))

    def headers(self, call: OutgoingCall, /) -> Mapping[str, Secret]:
        """The signature and the headers it covers."""
        parts, login = urlsplit(call.url), self._login
        signed = {"Host": parts.netloc, "X-Sdk-Date": signer.date_header(self._clock.now())}
        if self._project_id:
            signed["X-Project-Id"] = self._project_id
        if login.security_token:
            signed["X-Security-Token"] = login.security_token.reveal()
        signed["Authorization"] = signer.authorization(
            call.request.method,
            parts.path,
            call.request.query,
            signed,
            call.body,
            access_key=login.access_key,
            secret_key=login.secret_key.reveal(),
        )
        return {name: Secret(value) for name, value in signed.items()}

    def renew(self, _refused: Mapping[str, Secret], /) -> bool:
        """Nothing to renew."""
        return False

    def find_project(self, transport: Transport, auth_url: str, name: str) -> str:
        """The id of the project of that name."""
        body, _answer = transport.send(
            Request("GET", "/projects", (("name", name),), service="iam"), auth_url, self
        )
        found = WireFields("projects answer", body).objects("projects")
        named = [each for each in found if each.text("name") == name]
        if len(named) != 1:
            raise ProfileError(
                f"IAM knows {len(named)} projects named {name!r} that these keys open; set the project's id "
                "(OS_PROJECT_ID)."
            )
        return _project_id(named[0])


def _secrets(login: TokenGiver) -> tuple[Secret, ...]:
    if isinstance(login, PasswordLogin):
        return (login.password, login.passcode) if login.passcode else (login.password,)
    return (login.secret,) if isinstance(login, ApplicationLogin) else (login.token,)


def _fetched(secrets: Sequence[Secret]) -> tuple[Secret, ...]:
    return tuple(each for each in secrets if not isinstance(each, LateSecret) or each.fetched)


def _sign_in_body(profile: Profile, login: TokenGiver) -> object:
    if isinstance(login, ApplicationLogin):  # it has its project in itself, and takes none beside it
        return {"auth": {"identity": _by_application(login)}}
    identity = _by_token(login) if isinstance(login, TokenLogin) else _by_password(login)
    project = {"id": profile.project_id} if profile.project_id else _named(profile, login)
    return {"auth": {"identity": identity, "scope": {"project": project}}}


def _by_password(login: PasswordLogin) -> dict[str, object]:
    user = _user(login) | {"password": login.password}
    identity: dict[str, object] = {"methods": ["password"], "password": {"user": user}}
    if login.passcode:
        identity["methods"] = ["password", "totp"]
        identity["totp"] = {"user": {"id": login.user_id, "passcode": login.passcode}}
    return identity


def _by_application(login: ApplicationLogin) -> dict[str, object]:
    named = {"id": login.id} if login.id else {"name": login.name, "user": _user(login)}
    return {
        "methods": ["application_credential"],
        "application_credential": {**named, "secret": login.secret},
    }


def _by_token(login: TokenLogin) -> dict[str, object]:
    return {"methods": ["token"], "token": {"id": login.token}}


def _user(login: PasswordLogin | ApplicationLogin) -> dict[str, object]:
    if login.user_id:
        return {"id": login.user_id}
    return {"name": login.username, "domain": _domain(login)}


def _domain(login: PasswordLogin | ApplicationLogin) -> dict[str, str]:
    return {"id": login.domain_id} if login.domain_id and not login.domain else {"name": login.domain}


def _named(profile: Profile, login: PasswordLogin | TokenLogin) -> dict[str, object]:
    """A project by its name, in its domain, else in the user's; these clouds also find it without one."""
    domain = profile.project_domain
    if not domain and isinstance(login, PasswordLogin) and (login.domain or login.domain_id):
        domain = _domain(login)
    return {"name": profile.project, "domain": domain} if domain else {"name": profile.project}


def _session(profile: Profile, answer: Response, body: object) -> Session:
    text = answer.headers.get("x-subject-token", "")
    if not re.fullmatch(r"[\x21-\x7e]{1,65536}", text):
        raise WireError("IAM's sign-in answer has no readable X-Subject-Token header")
    token = WireFields("sign-in answer", body).object("token")
    project = token.object("project")
    project_id = _project_id(project)
    if profile.project_id and project_id != profile.project_id:
        raise WireError(f"IAM opened project {project_id!r} instead of {profile.project_id!r}")
    catalog = token.objects("catalog") if token.has("catalog") else ()
    roles = token.objects("roles") if token.has("roles") else ()
    return Session(
        token=Secret(text),
        ends=token.text("expires_at"),
        project_id=project_id,
        project=project.text("name"),
        catalog=tuple(_endpoints(catalog)),
        roles=tuple(filter(None, (_optional(role, "name") for role in roles))),
        user=_optional(token.object("user"), "name") if token.has("user") else "",
    )


def _project_id(project: WireFields) -> str:
    if not PROJECT.fullmatch(project.identity()):
        raise WireError(f"IAM calls a project {project.identity()[:80]!r}, which is no project's id")
    return project.identity()


def _endpoints(catalog: Sequence[WireFields]) -> list[tuple[str, str, str]]:
    """The public addresses; an entry that lacks something is none that can be used."""
    return [
        (
            _optional(service, "type"),
            _optional(entry, "region_id") or _optional(entry, "region"),
            _optional(entry, "url"),
        )
        for service in catalog
        if service.has("endpoints")
        for entry in service.objects("endpoints")
        if _optional(entry, "interface") == "public" and _optional(entry, "url")
    ]


def _optional(fields: WireFields, key: str) -> str:
    return fields.text(key) if fields.has(key) else ""
