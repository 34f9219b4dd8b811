"""Sessions: what a notebook asks for is judged, planned and carried out, with a screen or without.

Here: `requests` (the parameters of a notebook), `session` (what every session shares), `attach` and
`rehearsal` (the two sessions), `unattended` (their steps without a screen), `answers` (to manual steps, given
beforehand), `rows` (plans and runs as plain rows), `practice` (the practice range). Not here: widgets and
HTML, which are `drkit.forms`.
"""

from drkit.api import PracticeWorld
from drkit.journal import RunRow
from drkit.rules import Objection
from drkit.runbooks.answers import Answers, how_to_go_on
from drkit.runbooks.attach import AttachSession, Chance
from drkit.runbooks.practice import Reached, present_world, run_under_way, story_text
from drkit.runbooks.rehearsal import RehearsalSession
from drkit.runbooks.requests import AttachRequest, RehearsalRequest
from drkit.runbooks.rows import (
    KNOWN_BY,
    expected_words,
    how,
    irreversible,
    objectives_rows,
    outage_words,
    whole_words,
)
from drkit.runbooks.session import AnySession, RunbookSession
from drkit.runbooks.unattended import PlainOverview, UnattendedAttach, UnattendedRehearsal, exit_code

__all__ = [
    "KNOWN_BY",
    "Answers",
    "AnySession",
    "AttachRequest",
    "AttachSession",
    "Chance",
    "Objection",
    "PlainOverview",
    "PracticeWorld",
    "Reached",
    "RehearsalRequest",
    "RehearsalSession",
    "RunRow",
    "RunbookSession",
    "UnattendedAttach",
    "UnattendedRehearsal",
    "exit_code",
    "expected_words",
    "how",
    "how_to_go_on",
    "irreversible",
    "objectives_rows",
    "outage_words",
    "present_world",
    "run_under_way",
    "story_text",
    "whole_words",
]
