"""Evidence and pictures, from the journal alone.

Here: `gathering` turns a run's entries into `evidence` (with `stepping` and `verdicts`), `page` and `files`
make it an HTML file and JSON, `proving` (with `traced`) says what a record and its reports hold against,
`clauses` says what serves which standard, `run_record` is one run's record for people, `rehearsed` what the
journal knows of a project's groups, `reviews` (with `history` and `trends`) looks at many runs; `drawing`,
`timeline` and `charts` (with `marks` and `folding`) draw; `looks` says what a state means. The same journal
gives the same report. Not here: the network, widgets, deciding anything.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from drkit.report.charts import zones
    from drkit.report.evidence import Evidence
    from drkit.report.gathering import run_rows, step_rows
    from drkit.report.looks import (
        NOT_JUDGED,
        GroupLine,
        group_lines,
        look_of_group,
        look_of_instance,
        look_of_pair,
        meanings,
    )
    from drkit.report.proving import Proof, prove, prove_all
    from drkit.report.rehearsed import known_of
    from drkit.report.reviews import Review, Reviews, review
    from drkit.report.run_record import RunRecord, report_folder
    from drkit.report.traced import hold_against_trace, things_of, window
    from drkit.report.words import duration, moment, outage, speeds_words

_LATER = {
    "NOT_JUDGED": "looks",
    "Evidence": "evidence",
    "GroupLine": "looks",
    "Proof": "proving",
    "Review": "reviews",
    "Reviews": "reviews",
    "RunRecord": "run_record",
    "duration": "words",
    "group_lines": "looks",
    "hold_against_trace": "traced",
    "known_of": "rehearsed",
    "look_of_group": "looks",
    "look_of_instance": "looks",
    "look_of_pair": "looks",
    "meanings": "looks",
    "moment": "words",
    "outage": "words",
    "prove": "proving",
    "prove_all": "proving",
    "report_folder": "run_record",
    "review": "reviews",
    "run_rows": "gathering",
    "speeds_words": "words",
    "step_rows": "gathering",
    "things_of": "traced",
    "window": "traced",
    "zones": "charts",
}
"""Where each name is: loaded when it is first used, because matplotlib takes its time."""


def __getattr__(name: str) -> Any:  # noqa: ANN401  # the types are those imported above
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"drkit.report.{_LATER[name]}"), name)


__all__ = [
    "NOT_JUDGED",
    "Evidence",
    "GroupLine",
    "Proof",
    "Review",
    "Reviews",
    "RunRecord",
    "duration",
    "group_lines",
    "hold_against_trace",
    "known_of",
    "look_of_group",
    "look_of_instance",
    "look_of_pair",
    "meanings",
    "moment",
    "outage",
    "prove",
    "prove_all",
    "report_folder",
    "review",
    "run_rows",
    "speeds_words",
    "step_rows",
    "things_of",
    "window",
    "zones",
]
