"""profiles.toml: what a profile has besides its cloud, or a whole profile; one table for each.

The file is `~/.config/drkit/profiles.toml`, or where DRKIT_PROFILES says. Secrets do not stand in it, only
where they are fetched.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import platformdirs

from drkit.api.asking import late
from drkit.api.settings import SECRETS, VARIABLES, Setting
from drkit.errors import ProfileError, UnknownNameError

OWN = ("cloud", "journal", "drill_days", "moving_minutes", "quota_share")
"""What only this file can say."""

KEYS = (*(key for key in VARIABLES if key != "insecure"), *OWN)

Tables = Mapping[str, Mapping[str, Any]]


def path(environ: Mapping[str, str]) -> Path:
    """Where the file is."""
    given = environ.get("DRKIT_PROFILES", "").strip()
    return Path(given).expanduser() if given else platformdirs.user_config_path("drkit") / "profiles.toml"


def tables(environ: Mapping[str, str]) -> Tables:
    """The tables of the file by their names; none where there is no file. ProfileError for no TOML."""
    file = path(environ)
    try:
        content = tomllib.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        if environ.get("DRKIT_PROFILES", "").strip():
            raise ProfileError(f"DRKIT_PROFILES={str(file)!r} is not there.") from None
        return {}
    except OSError as error:
        raise ProfileError(f"{file} cannot be read: {error.strerror}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ProfileError(f"{file} is no TOML: {error}.") from None
    loose = [name for name, table in content.items() if not isinstance(table, dict)]
    if loose:
        raise ProfileError(f"{file}: {loose[0]} stands outside of every profile; write [NAME] above it.")
    return content


def settings(name: str, table: Mapping[str, Any], file: Path) -> dict[str, Setting]:
    """The values of a profile. Raises ProfileError for a key that is not known, or a secret in plain."""
    where, values = str(file), dict[str, Setting]()
    for key, value in table.items():
        if key not in KEYS:
            sentence = str(UnknownNameError.among("value of a profile", key, KEYS))
            raise ProfileError(f"{file}, [{name}]: {sentence}")
        if key in SECRETS:
            if not isinstance(value, dict):
                raise ProfileError(
                    f"{file}, [{name}]: {key} stands there in plain. Put it into secure.yaml or the "
                    f"keyring, and "
                    'write {keyring = "SERVICE", user = "NAME"}, {command = ["PROGRAM"]} or {prompt = true}.'
                )
            values[key] = Setting(late(name, key, value, where), where, key)
        elif isinstance(value, (str, int, float)) and not isinstance(value, bool):
            if str(value).strip():
                values[key] = Setting(str(value).strip(), where, key)
        else:
            raise ProfileError(f"{file}, [{name}]: {key} must be a text or a number.")
    return values
