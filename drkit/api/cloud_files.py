"""Clouds of clouds.yaml and secure.yaml, read by openstacksdk's own loader: its places, its precedence.

The loader takes a second to load (900 modules), so it is loaded only where such a file is there.
"""

import os
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import platformdirs

from drkit.api.clouds import region_of
from drkit.api.secret import Secret
from drkit.api.settings import SECRETS, Setting
from drkit.errors import ProfileError

_NAMES: Mapping[str, tuple[str, ...]] = {
    "user_domain": ("user_domain_name", "domain_name"),
    "user_domain_id": ("user_domain_id", "domain_id"),
    "project": ("project_name", "tenant_name"),
    "project_id": ("project_id", "tenant_id"),
    "project_domain": ("project_domain_name",),
    "access_key": ("access_key", "ak"),
    "secret_key": ("secret_key", "sk"),
    "security_token": ("security_token",),
    "region": ("region_name",),
    "sdrs_url": ("sdrs_endpoint_override",),
    "ecs_url": ("ecs_endpoint_override",),
    "evs_url": ("evs_endpoint_override",),
    "vpc_url": ("vpc_endpoint_override",),
    "cts_url": ("cts_endpoint_override",),
    **{
        name: (name,)
        for name in (
            "auth_type", "auth_url", "username", "user_id", "password", "passcode", "token",
            "application_credential_id", "application_credential_name", "application_credential_secret",
            "project_domain_id", "cacert", "cert", "key",
        )
    },
}  # fmt: skip
"""What drkit calls a value, and what a cloud of the file calls it, in `auth` or beside it."""


def _places(environ: Mapping[str, str], kind: str) -> list[Path]:
    """Where openstacksdk looks for clouds.yaml ("clouds") or secure.yaml ("secure")."""
    dirs = platformdirs.PlatformDirs("openstack", "OpenStack", multipath=True)
    roots = [os.getcwd(), dirs.user_config_dir, "~/.config/openstack", "/etc/openstack"]  # noqa: PTH109
    roots += dirs.site_config_dir.split(os.pathsep)
    names = [f"{kind}.{ending}" for ending in ("yaml", "yml", "json")]
    given = environ.get(f"OS_CLIENT_{'CONFIG' if kind == 'clouds' else 'SECURE'}_FILE", "")
    files = [*([given] if given else []), *(f"{root}/{name}" for root in roots for name in names)]
    return [Path(file).expanduser() for file in files]


@contextmanager
def _quiet() -> Iterator[None]:
    """The loader warns whoever calls it of parts of its own that will go."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


class CloudFiles:
    """The clouds that the files of this person and this machine name."""

    LOOKED = "in this folder, ~/.config/openstack or /etc/openstack"

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._there = any(place.is_file() for place in _places(environ, "clouds"))
        self._config: Any = None

    @property
    def names(self) -> tuple[str, ...]:
        """What the clouds are called. ProfileError for a file that cannot be read."""
        if not self._there:
            return ()
        return tuple(name for name in self._loaded.cloud_config["clouds"] if name not in self._not_clouds)

    def settings(self, name: str) -> dict[str, Setting]:
        """What the files say of a cloud, with its vendor profile. ProfileError where it is wrong."""
        from openstack import exceptions  # noqa: PLC0415  # see above

        raw = self._loaded.cloud_config["clouds"][name]
        if not isinstance(raw, Mapping):
            raise ProfileError(f"The cloud {name} in {self._loaded.config_filename} holds no values.")
        vendor = str(raw.get("profile") or raw.get("cloud") or "")
        if "://" in vendor:  # the loader would ask that address, past what drkit holds connections to
            raise ProfileError(
                f"The cloud {name} has its vendor profile at an address; write it out instead."
            )
        auth = raw["auth"] if isinstance(raw.get("auth"), Mapping) else {}
        told = region_of(str(auth.get("project_name") or auth.get("tenant_name") or ""))
        region = {} if raw.get("region_name") or raw.get("regions") or not told else {"region_name": told}
        try:
            with _quiet():
                found = self._loaded.get_one(name, validate=False, **region).config
        except (exceptions.SDKException, TypeError, KeyError, AttributeError, ValueError) as error:
            raise ProfileError(f"The cloud {name} of clouds.yaml cannot be used: {error}") from None
        if found.get("verify") is False or found.get("insecure"):
            raise ProfileError(
                f"The cloud {name} of clouds.yaml turns the check of certificates off, which drkit never "
                f"does: "
                "name your authority as cacert instead."
            )
        return self._named(name, found, vendor, told if region else "")

    def _check(self) -> None:
        """Refuse a file that is no YAML: the loader passes it over, and writes the line, a secret perhaps,
        into its log.
        """
        import yaml  # noqa: PLC0415  # comes with the loader

        for kind in ("clouds", "secure"):
            file = next((place for place in _places(self._environ, kind) if place.is_file()), None)
            try:
                yaml.safe_load(file.read_text("utf-8") if file else "")
            except (yaml.YAMLError, UnicodeDecodeError) as error:
                mark = getattr(error, "problem_mark", None)
                where = f", line {mark.line + 1}" if mark else ""
                raise ProfileError(f"{file}{where}: this is no YAML; put it right.") from None
            except OSError as error:
                raise ProfileError(f"{file} cannot be read: {error.strerror}.") from None

    def _named(self, name: str, found: Mapping[str, Any], vendor: str, told: str) -> dict[str, Setting]:
        settings: dict[str, Setting] = {}
        for key, spellings in _NAMES.items():
            for spelled in spellings:
                value = found.get("auth", {}).get(spelled) or found.get(spelled)
                if value in (None, "") or isinstance(value, (dict, list)) or key in settings:
                    continue
                where = self._where(name, spelled) or (
                    f"the vendor profile {vendor}" if vendor else "openstacksdk"
                )
                if key == "region" and told:
                    where = "told by the project's name"
                secret = key in SECRETS
                settings[key] = Setting(Secret(str(value)) if secret else str(value), where, spelled)
        if settings.get("auth_type") and settings["auth_type"].where == "openstacksdk":
            del settings["auth_type"]  # its default says nothing of this cloud
        return settings

    def _where(self, name: str, spelled: str) -> str:
        """The file in which a value of a cloud stands; secure.yaml goes over clouds.yaml."""
        import yaml  # noqa: PLC0415  # comes with the loader

        for file in (self._loaded.secure_config_filename, self._loaded.config_filename):
            if not file:
                continue
            cloud = (yaml.safe_load(Path(file).read_text("utf-8")) or {}).get("clouds", {}).get(name) or {}
            plain = {str(key).replace("-", "_"): value for key, value in cloud.items()}
            if spelled in plain or spelled in (plain.get("auth") or {}):
                return str(file)
        return ""

    @property
    def _not_clouds(self) -> tuple[str, ...]:
        return (self._loaded.envvar_key, "defaults")

    @property
    def _loaded(self) -> Any:  # noqa: ANN401  # an OpenStackConfig
        if self._config is None:
            from openstack import exceptions  # noqa: PLC0415
            from openstack.config import OpenStackConfig  # noqa: PLC0415

            self._check()
            try:
                with _quiet():
                    self._config = OpenStackConfig()
            except (exceptions.SDKException, OSError, TypeError, AttributeError, ValueError) as error:
                words = " ".join(str(error).split())
                raise ProfileError(f"clouds.yaml or secure.yaml cannot be used: {words}") from None
        return self._config
