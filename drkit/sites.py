"""`Sites`: several projects and regions at once, to read. Changes are made in one project at a time."""

import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial, update_wrapper
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, overload

from drkit import site as single
from drkit import tables
from drkit.clock import Clock
from drkit.errors import DrkitError, InputError, UnknownNameError
from drkit.showing import count, line
from drkit.site import Site, Where

if TYPE_CHECKING:
    import pandas as pd

SIDE_BY_SIDE = 8  # projects that are read at a time

_OF_ONE_JOURNAL = {"runs", "steps", "jobs"}
READING = tuple(
    name
    for name, method in vars(Site).items()
    if not name.startswith("_")
    and getattr(method, "__annotations__", {}).get("return") == "pd.DataFrame"
    and name not in _OF_ONE_JOURNAL
)
"""The methods of `Site` that read a project and give a table; `Sites` has each of them."""

Open = Callable[[], Site]
Profiles = list[str] | tuple[str, ...]


@overload
def connect(profile: str | None = None, *, clock: Clock | None = None, journal: Where = None) -> Site: ...
@overload
def connect(profile: Profiles, *, clock: Clock | None = None, journal: Where = None) -> "Sites": ...
def connect(
    profile: str | Profiles | None = None, *, clock: Clock | None = None, journal: Where = None
) -> "Site | Sites":
    """Sign in and return the site of a profile: the one named, else DRKIT_PROFILE, else the cloud that
    OS_CLOUD or OS_AUTH_URL names, else the sandbox.

    A profile is a cloud of clouds.yaml, a table of profiles.toml, or `env`. Of several profiles in a list:
    the `Sites` of all, which read them side by side; one that cannot be reached is told with each table, and
    hides no other.

    The sandbox is the one that runs on this machine, else one inside this process, made at the first call and
    kept (DRKIT_SANDBOX_SPEED sets how fast its jobs go, DRKIT_SANDBOX_MANNER how much its answers tell).
    `journal` is a file or a database URL, else the profile's, else DRKIT_JOURNAL, else a file in the
    platform's data folder. Raises ProfileError that names what is missing, or says that the sandbox of
    DRKIT_SANDBOX is gone, SignInError for wrong credentials, UnreachableError for no connection; InputError
    for a list without profiles, or with one twice.
    """
    if profile is None or isinstance(profile, str):
        return single.connect(profile, clock=clock, journal=journal)
    if not profile or len({*profile}) < len(profile):
        raise InputError("Name each profile once, and at least one; nothing was read.")
    return Sites({name: partial(single.connect, name, clock=clock, journal=journal) for name in profile})


class Sites:
    """Several projects, by the names of their profiles, to be read side by side.

    Each reading method of `Site` is here as well (`groups`, `pairs`, `readiness`, `why_not`, ...) and gives
    one table of all projects, with `profile` and `project` in front. A project that fails is left out of that
    table and said in `attrs["problems"]`; `attrs["failed"]` has its sentence by the profile's name. Where all
    of them fail, the first one's error is raised. Nothing here changes anything: `sites["a"]` is the site of
    one project, to plan and run there. Close it when done, or use it in a `with`.
    """

    def __init__(self, sites: Mapping[str, Site | Open]) -> None:
        """`sites`: by the names of their profiles, open ones or what opens them (tried again each time)."""
        self._sites = {name: given for name, given in sites.items() if isinstance(given, Site)}
        self._open = {name: given for name, given in sites.items() if not isinstance(given, Site)}
        self._names = tuple(sites)
        self._opening = {name: threading.Lock() for name in sites}  # each is opened once, whoever asks first

    @property
    def profiles(self) -> tuple[str, ...]:
        """The names of the profiles, in their order."""
        return self._names

    @property
    def label(self) -> str:
        """What each of them is, as the band on top of every screen says it."""
        opened = {name: site.backend.label for name, site in self._sites.items()}
        return ", ".join(f"{name}: {opened.get(name, 'not open')}" for name in self._names)

    def __getitem__(self, profile: str) -> Site:
        """The site of one profile. Raises UnknownNameError, or what keeps it from being opened."""
        if profile not in self._names:
            raise UnknownNameError.among("profile", profile, self._names)
        with self._opening[profile]:
            if profile not in self._sites:
                self._sites[profile] = self._open[profile]()
        return self._sites[profile]

    def __getattr__(self, name: str) -> Callable[..., "pd.DataFrame"]:
        if name in READING:
            return update_wrapper(partial(self.table, name), getattr(Site, name))
        if hasattr(Site, name):
            raise AttributeError(f"Sites only reads; take one of them: sites[{self._names[0]!r}].{name}")
        raise AttributeError(f"Sites has no {name!r}; it reads: {', '.join(READING)}")

    def __dir__(self) -> Iterable[str]:
        return [*super().__dir__(), *READING]

    def table(self, name: str, *arguments: Any, **more: Any) -> "pd.DataFrame":  # noqa: ANN401  # the method's
        """What that reading method gives of each project, in one table. UnknownNameError for another name."""
        if name not in READING:
            raise UnknownNameError.among("table", name, READING)
        with ThreadPoolExecutor(SIDE_BY_SIDE, thread_name_prefix="drkit-sites") as pool:
            read = list(pool.map(lambda profile: self._read(profile, name, arguments, more), self._names))
        answers = dict(zip(self._names, read, strict=True))
        errors = {profile: answer for profile, answer in answers.items() if isinstance(answer, Exception)}
        parts = [(key, *answer) for key, answer in answers.items() if not isinstance(answer, Exception)]
        if not parts:
            raise next(iter(errors.values()))
        made = tables.joined(parts)
        made.attrs["failed"] = {profile: _sentence(error) for profile, error in errors.items()}
        failed = (f"{profile} could not be read: {why}" for profile, why in made.attrs["failed"].items())
        made.attrs["problems"] = (*failed, *made.attrs["problems"])
        return made

    def _read(
        self, profile: str, name: str, arguments: tuple[Any, ...], more: Mapping[str, Any]
    ) -> tuple[str, "pd.DataFrame"] | Exception:
        try:
            site = self[profile]
            return site.backend.project, getattr(site, name)(*arguments, **more)
        except Exception as error:  # noqa: BLE001  # whatever is wrong with one project hides no other
            return error

    def __repr__(self) -> str:
        return line(self, f"{count(len(self._names), 'project')}: {self.label}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections and the journals of all."""
        with ExitStack() as closing:
            for site in self._sites.values():
                closing.callback(site.close)


def _sentence(error: Exception) -> str:
    if isinstance(error, DrkitError):
        return str(error)
    return f"a fault in drkit itself ({type(error).__name__}: {error})"
