"""The key that signs what runs wrote, and what a signature proves.

The key is made on first use and lies outside the journal: in the file that DRKIT_KEY names, else in the
platform's data folder. Only its public half is ever shown or written elsewhere.
"""

import base64
import os
import secrets
from contextlib import suppress
from functools import cached_property
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from platformdirs import user_data_path

from drkit.errors import InputError, JournalError
from drkit.showing import shows

_PREFIX = "ed25519:"
_PURPOSE = b"drkit seal 1\n"  # so that a signature made for something else never passes for one of these


@shows("path")
class SigningKey:
    """The key in a file. Reading or making it raises `JournalError` that says what is wrong with the file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def here(cls) -> "SigningKey":
        """The key of whoever runs this."""
        named = os.environ.get("DRKIT_KEY", "").strip()
        return cls(Path(named).expanduser() if named else user_data_path("drkit") / "signing-key.pem")

    @property
    def public(self) -> str:
        """Its public half, as reports print it; empty where there is no key yet."""
        return _spell(self._private.public_key()) if self.path.exists() else ""

    def sign(self, message: str) -> tuple[str, str]:
        """The public half and the signature; makes the key where there is none yet."""
        try:
            if not self.path.exists():
                _make(self.path)
            signed = self._private.sign(_PURPOSE + message.encode())
        except OSError as error:
            raise JournalError(f"The key {self.path} cannot be made or read ({error}).") from error
        return self.public, base64.b64encode(signed).decode()

    @cached_property
    def _private(self) -> Ed25519PrivateKey:
        if self.path.stat().st_mode & 0o077:
            raise JournalError(
                f"The key {self.path} can be read by others, so nothing is signed with it: "
                f"put it aside for a new one, or chmod 600 {self.path} if nobody can have read it."
            )
        try:
            loaded = load_pem_private_key(self.path.read_bytes(), None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            loaded = None
        if not isinstance(loaded, Ed25519PrivateKey):
            raise JournalError(f"{self.path} holds no ed25519 key: put it aside for a new one.")
        return loaded


def _make(path: Path) -> None:
    """Put a new key there, whole and for its owner only, unless another process was first."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}-{secrets.token_hex(4)}")
    content = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    try:
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        # A link, because it never replaces: of two processes that make the key at once the second finds that
        # of the first, and both sign with the same.
        with suppress(FileExistsError):
            path.hardlink_to(fresh)
    finally:
        fresh.unlink(missing_ok=True)


def signature_holds(public: str, message: str, signed: str) -> bool:
    """Whether the owner of that key signed exactly this message."""
    try:
        key = Ed25519PublicKey.from_public_bytes(_raw(public))
        key.verify(base64.b64decode(signed, validate=True), _PURPOSE + message.encode())
    except (ValueError, InvalidSignature):
        return False
    return True


def read_public(text: str) -> str:
    """A public key as reports print it, or as a PEM; raises `InputError` for anything else."""
    try:
        if text.lstrip().startswith("-----BEGIN PUBLIC KEY"):
            key = load_pem_public_key(text.encode())
        else:
            key = Ed25519PublicKey.from_public_bytes(_raw(text.strip()))
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise InputError(
            f"That is no public key of drkit; one looks like {_PREFIX}… and stands in each report."
        )
    return _spell(key)


def _spell(key: Ed25519PublicKey) -> str:
    return _PREFIX + base64.b64encode(key.public_bytes_raw()).decode()


def _raw(public: str) -> bytes:
    if not public.startswith(_PREFIX):
        raise ValueError(public)
    return base64.b64decode(public.removeprefix(_PREFIX), validate=True)
