"""`drkit profiles`: which profiles there are, and where each of their values comes from. Nothing is sent."""

import argparse
import json
from typing import Any

Rows = list[dict[str, str]]


def add_profiles(commands: Any) -> None:  # noqa: ANN401 - argparse does not publish it
    """Add the command."""
    profiles = commands.add_parser(
        "profiles",
        help="list where drkit can connect",
        description="List the profiles: of profiles.toml, of clouds.yaml and secure.yaml, and env, the "
        "variables of this shell. With --profile: each value of one, where it comes from, secrets masked. "
        "Nothing is sent.",
    )
    profiles.add_argument("--json", action="store_true", help="as a JSON list of rows")
    profiles.set_defaults(command=_profiles)


def _profiles(arguments: argparse.Namespace) -> int:
    from drkit.cli.looking import complain
    from drkit.errors import ProfileError
    from drkit.headless import aligned, printable

    rows, notes, code = _values(arguments.profile) if arguments.profile else _all()
    if arguments.json:
        print(json.dumps(rows, indent=1))
    elif rows:
        print(*aligned([{key: printable(text) for key, text in row.items()} for row in rows]), sep="\n")
    for note in notes:
        complain(printable(note))
    if code and arguments.profile:
        raise ProfileError(notes[-1])
    return code


def _values(name: str) -> tuple[Rows, list[str], int]:
    """The values of one profile, and what is against connecting with it."""
    from drkit import api
    from drkit.errors import ProfileError

    settings = api.settings_of(name)
    rows = [
        {"value": key, "is": each.shown, "from": each.where, "called": each.called}
        for key, each in sorted(settings.items())
    ]
    if name == api.SANDBOX:
        return rows, ["The practice range needs no values: it says itself where it is."], 0
    try:
        profile = api.profile(name)
    except ProfileError as error:
        return rows, [str(error)], 2
    rows += [
        {"value": key, "is": text, "from": source, "called": ""}
        for key, text, source in (
            ("region", profile.region, "told by the project's name or by IAM's address"),
            ("access", profile.access.value, "real clouds are read-only unless the profile says otherwise"),
            ("auth_url", profile.auth_url, "the region's pattern"),
        )
        if text and key not in settings
    ]
    note = api.unused_sentence(name, profile.unused)
    return rows, [f"Note: {note}"] if note else [], 0


_COLUMNS = ("profile", "meant", "access", "cloud", "region", "project", "from", "state")


def _all() -> tuple[Rows, list[str], int]:
    from drkit import api
    from drkit.errors import ProfileError

    meant, rows, notes = api.chosen(), Rows(), list[str]()
    try:
        names = api.names()
    except ProfileError as error:  # a file that cannot be read hides no other source
        notes.append(str(error))
        names = api.names(clouds=False)
    for name in names:
        row: dict[str, str] = dict.fromkeys(_COLUMNS, "")
        row |= {"profile": name, "meant": "yes" if name == meant else ""}
        rows.append(row)
        if name == api.SANDBOX:
            row |= {"access": "practice", "state": "ok"}
            continue
        settings: api.Settings = {}
        try:  # what is wrong with one profile hides no other
            settings = api.settings_of(name)
            row["from"] = ", ".join(dict.fromkeys(each.where for each in settings.values()))
            profile = api.profile(name)
        except ProfileError as error:
            row["state"] = "not set" if name == api.ENV and not settings else str(error)
            continue
        row |= {
            "access": profile.access.value,
            "cloud": profile.cloud,
            "region": profile.region,
            "project": profile.project or profile.project_id,
            "state": "ok",
        }
    if not notes and meant not in {row["profile"] for row in rows}:
        notes.append(f"Note: {meant!r} is meant, and there is no profile of that name.")
    return rows, notes, 0
