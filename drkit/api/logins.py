"""Who one is: a user with a password and perhaps a passcode, an application credential, a token, or a key."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from drkit.api.asking import LateSecret, prompted
from drkit.api.secret import Secret
from drkit.api.settings import Settings
from drkit.errors import ProfileError


@dataclass(frozen=True, slots=True)
class PasswordLogin:
    """A user, by name in a domain or by id; `passcode` is the second factor, where IAM wants one."""

    username: str
    password: Secret
    domain: str = ""
    user_id: str = ""
    domain_id: str = ""
    passcode: Secret | None = None


@dataclass(frozen=True, slots=True)
class ApplicationLogin:
    """An application credential, by its id, or by its name and its user; it has its project in itself."""

    secret: Secret
    id: str = ""
    name: str = ""
    username: str = ""
    domain: str = ""
    user_id: str = ""
    domain_id: str = ""


@dataclass(frozen=True, slots=True)
class TokenLogin:
    """A token that somebody else got; it cannot be renewed."""

    token: Secret


@dataclass(frozen=True, slots=True)
class KeyLogin:
    """An access key; temporary ones come with a security token."""

    access_key: str
    secret_key: Secret
    security_token: Secret = field(default_factory=lambda: Secret(""))


Login: TypeAlias = PasswordLogin | ApplicationLogin | TokenLogin | KeyLogin

_USER: Final = ("username", "user_id", "user_domain", "user_domain_id")
_OF: Final[Mapping[str, tuple[str, ...]]] = {
    "password": (*_USER, "password", "passcode"),
    "application": (*_USER, *(f"application_credential_{part}" for part in ("id", "name", "secret"))),
    "token": ("token",),
    "keys": ("access_key", "secret_key", "security_token"),
}
_KINDS: Final[Mapping[str, str]] = {
    "password": "password",
    "totp": "password",
    "multifactor": "password",
    "applicationcredential": "application",
    "token": "token",
}
"""What `auth_type` calls them, without its "v3" in front."""

Called = Callable[[str], str]


def login_of(name: str, settings: Settings, called: Called) -> tuple[Login, frozenset[str]]:
    """The login of a profile, and which of its settings count with that.

    `called` names a value where it would have to be written. Raises ProfileError for what is missing.
    """
    kind = _kind(settings)
    others = {key for of, keys in _OF.items() if of != kind for key in keys} - {*_OF[kind]}
    return _MAKERS[kind](name, settings, called), frozenset(settings.keys() - others)


def _kind(settings: Settings) -> str:
    if "auth_type" in settings:
        way = settings["auth_type"].text.lower().removeprefix("v3").replace("_", "")
        if way not in _KINDS:
            raise ProfileError(
                f"{settings['auth_type'].called}={settings['auth_type'].text!r} is no way to sign in that "
                f"drkit "
                f"knows; known: {', '.join(f'v3{word}' for word in _KINDS)}, or an access key without it."
            )
        if not (
            way == "password" and "password" not in settings and _has(settings, "access_key", "secret_key")
        ):
            return _KINDS[way]
    if "password" in settings and ("username" in settings or "user_id" in settings):
        return "password"
    if "application_credential_secret" in settings:
        return "application"
    if "token" in settings:
        return "token"
    keys = _has(settings, "access_key", "secret_key")
    begun = "access_key" in settings or "secret_key" in settings
    return "keys" if keys or (begun and not any(key in settings for key in _OF["password"])) else "password"


def _has(settings: Settings, *keys: str) -> bool:
    return all(key in settings for key in keys)


def _by_password(name: str, settings: Settings, called: Called) -> PasswordLogin:
    text = _texts(settings)
    missing = _missing_user(settings, called)
    if missing:
        if "password" not in settings:
            missing.insert(1, called("password"))
        keys = "" if any(key in settings for key in _OF["password"]) else _or_keys(called)
        raise ProfileError(f"The profile {name} is incomplete: set {', '.join(missing)}{keys}.")
    two_factors = (
        "passcode" in settings
        or "totp" in text.get("auth_type", "")
        or ("multifactor" in text.get("auth_type", ""))
    )
    if two_factors and "user_id" not in settings:
        raise ProfileError(
            f"The profile {name} is incomplete: with a passcode IAM takes the user by id only; set "
            f"{called('user_id')}."
        )
    hint = (
        f"set {called('password')}"
        if called("password") != "password"
        else ("set OS_PASSWORD, put it into secure.yaml, or name a keyring or a command in profiles.toml")
    )
    return PasswordLogin(
        text.get("username", ""),
        _secret(settings, "password") or prompted(name, "password", hint),
        text.get("user_domain", ""),
        text.get("user_id", ""),
        text.get("user_domain_id", ""),
        (_secret(settings, "passcode") or prompted(name, "passcode", "set OS_PASSCODE"))
        if two_factors
        else None,
    )


def _missing_user(settings: Settings, called: Called) -> list[str]:
    missing = []
    if "username" not in settings and "user_id" not in settings:
        missing.append(called("username"))
    if not any(key in settings for key in ("user_id", "user_domain", "user_domain_id")):
        missing.append(called("user_domain"))
    return missing


def _or_keys(called: Called) -> str:
    return f", or {called('access_key')} and {called('secret_key')}"


def _by_application(name: str, settings: Settings, called: Called) -> ApplicationLogin:
    text, secret = _texts(settings), _secret(settings, "application_credential_secret")
    missing = [] if secret else [called("application_credential_secret")]
    if "application_credential_id" not in text:
        if "application_credential_name" not in text:
            missing.append(called("application_credential_id"))
        else:
            missing += _missing_user(settings, called)
    if missing or not secret:
        raise ProfileError(f"The profile {name} is incomplete: set {', '.join(missing)}.")
    return ApplicationLogin(
        secret,
        text.get("application_credential_id", ""),
        text.get("application_credential_name", ""),
        text.get("username", ""),
        text.get("user_domain", ""),
        text.get("user_id", ""),
        text.get("user_domain_id", ""),
    )


def _by_token(name: str, settings: Settings, called: Called) -> TokenLogin:
    if not (token := _secret(settings, "token")):
        raise ProfileError(f"The profile {name} is incomplete: set {called('token')}.")
    return TokenLogin(token)


def _by_keys(name: str, settings: Settings, called: Called) -> KeyLogin:
    access, secret = settings.get("access_key"), _secret(settings, "secret_key")
    if access is None or secret is None:
        lacking = _other_half(settings, called)
        raise ProfileError(f"The profile {name} is incomplete: set {lacking}.")
    token = _secret(settings, "security_token") or Secret("")
    for key in ("access_key", "secret_key", "security_token"):
        value = settings[key].value if key in settings else ""
        plain = value if isinstance(value, str) else "" if isinstance(value, LateSecret) else value.reveal()
        if not re.fullmatch(r"[\x21-\x2b\x2d-\x7e]*", plain):
            raise ProfileError(f"{settings[key].called} holds characters that no key has.")
    return KeyLogin(access.text, secret, token)


def _other_half(settings: Settings, called: Called) -> str:
    """What the missing half of a key is called, in the words of the half that is there."""
    lacks, there = ("secret_key", "access_key") if "access_key" in settings else ("access_key", "secret_key")
    halves = {"HUAWEICLOUD_SDK_AK": "HUAWEICLOUD_SDK_SK", "HUAWEICLOUD_SDK_SK": "HUAWEICLOUD_SDK_AK"}
    return halves.get(settings[there].called) or called(lacks)


_MAKERS: Final[Mapping[str, Callable[[str, Settings, Called], Login]]] = {
    "password": _by_password,
    "application": _by_application,
    "token": _by_token,
    "keys": _by_keys,
}


def _texts(settings: Settings) -> dict[str, str]:
    return {key: each.text for key, each in settings.items()}


def _secret(settings: Settings, key: str) -> Secret | None:
    value = settings[key].value if key in settings else None
    return value if isinstance(value, Secret) else None
