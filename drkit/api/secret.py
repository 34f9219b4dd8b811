"""Passwords, keys and tokens: values that no print, log, journal or notebook shows by accident."""

from typing import NoReturn


class Secret:
    """A text that is shown as `***` and can be neither pickled, copied nor written as JSON.

    Only `reveal` gives it out; what calls it is on the way to the wire.
    """

    __slots__ = ("__text",)

    def __init__(self, text: str) -> None:
        self.__text = text

    def reveal(self) -> str:
        """The text itself."""
        return self.__text

    def __repr__(self) -> str:
        return "***"

    def __format__(self, _spec: str) -> str:
        return "***"

    def __bool__(self) -> bool:
        return bool(self.__text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self.reveal() == other.reveal()

    def __hash__(self) -> int:
        return hash(self.__text)

    def __reduce__(self) -> NoReturn:
        raise TypeError("A secret is neither copied nor pickled")
