"""A notebook's parameters: what it declares, and whether what was given fits. Nothing is run to find out.

A notebook declares them in its one cell tagged `parameters`, as annotated assignments with a comment:
`group: str = ""  # name of the protection group`.
"""

import ast
import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drkit.errors import LONGEST_NAME, InputError, UnknownNameError
from drkit.showing import cut

ParameterValue = str | int | float | bool | list[str] | dict[str, str] | None

_EXACT = 2**53
"""Whole numbers up to here are kept as they are in a float; a longer one would silently become another."""

KINDS = ("str", "int", "float", "bool", "list[str]", "str | list[str]", "dict[str, str]")
SECRET = re.compile(
    r"(^|_)(password|passwd|pwd|secret|token|credentials?|ak|sk|(access|secret|private|api)_?key)($|_)"
)
WORDS = {
    "true": True,
    "yes": True,
    "on": True,
    "1": True,
    "false": False,
    "no": False,
    "off": False,
    "0": False,
}


@dataclass(frozen=True)
class Parameter:
    """One entry of a parameters cell; `kind` is one of KINDS, `optional` allows None."""

    name: str
    kind: str
    optional: bool
    required: bool
    default: ParameterValue
    comment: str

    @property
    def annotation(self) -> str:
        """The type as it is written in the notebook."""
        return f"{self.kind} | None" if self.optional else self.kind

    def parse(self, text: str) -> ParameterValue:
        """The value that `text` from the shell stands for; InputError when it is not of this type."""
        if self.optional and text.lower() in {"none", "null"}:
            return None
        try:
            return self.accept(_PARSERS[self.kind](text))
        except (ValueError, LookupError, RecursionError):
            raise self._misfit(text) from None

    def accept(self, value: Any) -> ParameterValue:  # noqa: ANN401 - anything JSON can hold
        """`value` as this type; InputError when it is of another."""
        if value is None and self.optional:
            return None
        if self.kind == "float" and type(value) is int and abs(value) <= _EXACT:
            value = float(value)
        if not _is_of(self.kind, value):
            raise self._misfit(json.dumps(value))
        result: ParameterValue = value
        return result

    def _misfit(self, text: str) -> InputError:
        given = cut(text, LONGEST_NAME)
        return InputError(
            f"Parameter {self.name} is {self.annotation} ({_FORMS[self.kind]}), but {given!r} was given"
        )


def _json_or(text: str, otherwise: Any) -> Any:  # noqa: ANN401
    return json.loads(text) if text.lstrip()[:1] in {"[", "{"} else otherwise(text)


def _entries(text: str) -> list[str]:
    entries = [entry.strip() for entry in text.split(",")] if text.strip() else []
    if not all(entries):
        raise ValueError
    return entries


def _mapping(text: str) -> dict[str, str]:
    pairs = [entry.split("=", 1) for entry in _entries(text)]
    if any(len(pair) == 1 for pair in pairs) or len({key for key, *_ in pairs}) < len(pairs):
        raise ValueError
    return {key.strip(): value.strip() for key, value in pairs}


_PARSERS: Mapping[str, Any] = {
    "str": str,
    "int": int,
    "float": float,
    "bool": lambda text: WORDS[text.lower()],
    "list[str]": lambda text: _json_or(text, _entries),
    "str | list[str]": lambda text: _json_or(text, _entries if "," in text else str),
    "dict[str, str]": lambda text: _json_or(text, _mapping),
}
_FORMS = {
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "list[str]": 'a,b or ["a", "b"]',
    "str | list[str]": 'a, or a,b or ["a", "b"]',
    "dict[str, str]": 'k=v,k=v or {"k": "v"}',
}


def _is_of(kind: str, value: Any) -> bool:  # noqa: ANN401
    match kind:
        case "list[str]":
            return isinstance(value, list) and all(isinstance(entry, str) for entry in value)
        case "str | list[str]":
            return isinstance(value, str) or _is_of("list[str]", value)
        case "dict[str, str]":
            return isinstance(value, dict) and all(isinstance(entry, str) for entry in value.values())
        case "float":
            return isinstance(value, float) and math.isfinite(value)
        case _:
            return type(value).__name__ == kind


def declared(source: str) -> dict[str, Parameter]:
    """The parameters that the source of a parameters cell declares; InputError when it declares otherwise."""
    try:
        statements = ast.parse(source).body
    except SyntaxError as error:
        raise InputError(f"The parameters cell is not Python, line {error.lineno}: {error.msg}") from error
    except (ValueError, RecursionError, MemoryError) as error:
        raise InputError(f"The parameters cell is not Python: {error or 'nested too deep'}") from error
    lines = source.splitlines()
    found = [_declared_by(statement, lines) for statement in statements]
    return {parameter.name: parameter for parameter in found}


def _declared_by(statement: ast.stmt, lines: list[str]) -> Parameter:
    where = f"The parameters cell, line {statement.lineno}"
    if not isinstance(statement, ast.AnnAssign) or not isinstance(statement.target, ast.Name):
        raise InputError(f"{where}: only entries like `name: type = default  # what it is` belong here")
    name, annotation = statement.target.id, ast.unparse(statement.annotation)
    if SECRET.search(name.lower()):
        raise InputError(
            f"{where}: {name} looks like a secret, and secrets never belong in a notebook; use a profile"
        )
    kind = annotation.removesuffix(" | None")
    if kind not in KINDS:
        raise InputError(
            f"{where}: {name} is {annotation}; known types, with or without | None, are {', '.join(KINDS)}"
        )
    comment = (
        lines[(statement.end_lineno or statement.lineno) - 1]
        .encode()[statement.end_col_offset or 0 :]
        .decode()
    )
    entry = Parameter(
        name, kind, kind != annotation, statement.value is None, None, comment.strip().lstrip("# ")
    )
    if statement.value is None:
        return entry
    try:
        default = entry.accept(ast.literal_eval(statement.value))
    except (ValueError, TypeError, RecursionError):
        raise InputError(f"{where}: the default of {name} must be written out as a plain value") from None
    except InputError as error:
        raise InputError(f"{where}: {error}") from None
    return Parameter(name, kind, entry.optional, required=False, default=default, comment=entry.comment)


def bind(
    known: Mapping[str, Parameter], given: Iterable[str], file: Path | None = None
) -> dict[str, ParameterValue]:
    """The values for `given` (each NAME=VALUE) and for a JSON file's entries, which the given ones go over.

    InputError for a name the notebook does not have, a value of another type, a name given twice, or a
    parameter without a default that got no value.
    """
    values = {name: _known(known, name).accept(value) for name, value in _from_file(file).items()}
    seen: set[str] = set()
    for entry in given:
        name, equals, text = entry.partition("=")
        name = name.strip()
        if not equals:
            raise InputError(f"A parameter is given as NAME=VALUE, but {cut(entry, LONGEST_NAME)!r} has no =")
        if name in seen:
            raise InputError(f"Parameter {name} is given twice")
        seen.add(name)
        values[name] = _known(known, name).parse(text)
    missing = [name for name, parameter in known.items() if parameter.required and name not in values]
    if missing:
        raise InputError(f"No value is given for {', '.join(missing)}; add -p {missing[0]}=VALUE")
    return values


def _known(known: Mapping[str, Parameter], name: str) -> Parameter:
    if SECRET.search(name.lower()):
        raise InputError(f"{name} looks like a secret, and secrets never belong in a notebook; use a profile")
    if name not in known:
        raise UnknownNameError.among("parameter", name, known)
    return known[name]


def _from_file(file: Path | None) -> dict[str, Any]:
    if file is None:
        return {}
    try:
        values = json.loads(file.read_bytes())
    except OSError as error:
        raise InputError(f"The parameter file {file} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"The parameter file {file} is not JSON: {error}") from error
    if not isinstance(values, dict):
        raise InputError(f"The parameter file {file} must hold one JSON object, name: value")
    return values
