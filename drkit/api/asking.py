"""Secrets that are fetched when they are needed: from the keyring, from a command, or from a person.

Never kept on disk, and in memory only as long as the connection that needed them, or until this process ends.
"""

import getpass
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from drkit.api.secret import Secret
from drkit.errors import ProfileError, SecretNeededError

COMMAND_SECONDS = 60.0
"""So long a command may take: it may ask for a finger on a key."""

_typed: dict[tuple[str, str], Secret] = {}
_at_the_terminal = threading.Lock()
"""Profiles that are read side by side ask one after the other."""


class LateSecret(Secret):
    """A secret that is fetched when it is first revealed; `forget` has it fetched anew."""

    __slots__ = ("_fetch", "_known", "source")

    def __init__(self, fetch: Callable[[], Secret], source: str) -> None:
        super().__init__("")
        self._fetch, self.source = fetch, source
        self._known: Secret | None = None

    def reveal(self) -> str:
        """The text itself, fetched if need be. Raises ProfileError, or SecretNeededError for a person's."""
        if self._known is None:
            self._known = self._fetch()
        return self._known.reveal()

    @property
    def fetched(self) -> bool:
        """Whether there is something to hide: what is not fetched can be repeated by nobody."""
        return self._known is not None

    def forget(self) -> None:
        """Have it fetched anew the next time: a passcode counts once."""
        self._known = None

    def __repr__(self) -> str:
        return f"*** ({self.source})"

    def __format__(self, _spec: str) -> str:
        return repr(self)

    def __bool__(self) -> bool:
        return True

    __hash__ = object.__hash__


def remember(profile: str, what: str, secret: Secret) -> None:
    """Keep what somebody typed in a form ("password", "passcode") for this process; it is not stored."""
    _typed[profile, what] = secret


def forget_typed(profile: str) -> None:
    """Forget what was typed for a profile: it was refused."""
    for key in [key for key in _typed if key[0] == profile]:
        del _typed[key]


def prompted(profile: str, what: str, hint: str) -> LateSecret:
    """A secret that a person types: in a form (`remember`), or in the terminal."""

    def fetch() -> Secret:
        if (profile, what) in _typed:  # a passcode counts once
            return _typed[profile, what] if what != "passcode" else _typed.pop((profile, what))
        if not (sys.stdin and sys.stdin.isatty() and sys.stderr and sys.stderr.isatty()):
            sentence = f"The profile {profile} needs its {what}, and nobody is here to type it: {hint}."
            raise SecretNeededError(sentence, profile=profile, what=what)
        with _at_the_terminal:
            text = getpass.getpass(f"{what.capitalize()} of profile {profile}: ")
        if not text:
            raise ProfileError(f"No {what} was typed; nothing was sent.")
        return Secret(text)

    return LateSecret(fetch, "asked for")


def late(profile: str, what: str, table: Mapping[str, Any], where: str) -> LateSecret:
    """The secret that a table of profiles.toml describes. Raises ProfileError for any other table.

    `{keyring = "service", user = "name"}`, `{command = ["pass", "show", "otc"]}` or `{prompt = true}`.
    """
    keys, called = set(table), f"{what} of profile {profile} in {where}"
    if keys == {"keyring", "user"} and all(isinstance(text, str) and text for text in table.values()):
        service, user = table["keyring"], table["user"]
        return LateSecret(lambda: _from_keyring(service, user, called), f"keyring {service}, {user}")
    if keys == {"command"} and _words(table["command"]):
        return LateSecret(lambda: _from_command(table["command"], called), f"command {table['command'][0]}")
    if table == {"prompt": True}:
        return prompted(profile, what, "run it in a terminal or a notebook, or name a keyring or a command")
    raise ProfileError(
        f'The {called} is none that can be fetched: write {{keyring = "SERVICE", user = "NAME"}}, '
        '{command = ["PROGRAM", "WORD"]} or {prompt = true}.'
    )


def _words(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(word, str) and word for word in value)


def _from_keyring(service: str, user: str, called: str) -> Secret:
    try:
        import keyring  # noqa: PLC0415  # an extra, and slow to load
    except ImportError:
        raise ProfileError(
            f"The {called} is in the keyring, which needs: pip install 'drkit[keyring]'"
        ) from None
    try:
        text = keyring.get_password(service, user)
    except Exception as error:  # noqa: BLE001  # every backend has errors of its own
        raise ProfileError(f"The keyring does not give the {called} ({type(error).__name__}).") from None
    if not text:
        raise ProfileError(
            f"The keyring has nothing for the {called}; put it there: keyring set {service!r} {user!r}"
        )
    return Secret(text)


def _from_command(words: Sequence[str], called: str) -> Secret:
    """The first line that the command prints. What it says besides goes to the terminal."""
    try:
        done = subprocess.run(  # noqa: S603  # the operator's own words, without a shell
            list(words), stdout=subprocess.PIPE, timeout=COMMAND_SECONDS, check=False
        )
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise ProfileError(f"The command for the {called} cannot be run: {reason}.") from None
    except subprocess.TimeoutExpired:
        raise ProfileError(
            f"The command for the {called} did not end within {COMMAND_SECONDS:.0f} s."
        ) from None
    text = done.stdout.decode("utf-8", "replace").partition("\n")[0].rstrip("\r")
    if done.returncode or not text:
        why = f"ended with code {done.returncode}" if done.returncode else "printed nothing"
        raise ProfileError(f"The command for the {called} {why}.")
    return Secret(text)
