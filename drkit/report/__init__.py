"""Evidence and pictures, from the journal alone.

Here: `gathering` turns a run's entries into `evidence` (with `stepping` and `verdicts`), `page` and `files`
make it an HTML file and JSON, `proving` says what a record and its reports hold against, `clauses` says what
serves which standard, `run_record` is one run's record for people, `reviews` (with `history` and `trends`)
looks at many runs; `drawing`, `timeline` and `charts` draw. The same journal gives the same report. Not here:
the network, widgets, deciding anything.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from drkit.report.charts import by_trouble, zones
    from drkit.report.evidence import Evidence
    from drkit.report.gathering import run_rows
    from drkit.report.proving import Proof, prove, prove_all
    from drkit.report.reviews import Review, Reviews, review
    from drkit.report.run_record import RunRecord, report_folder
    from drkit.report.words import duration, moment, outage, speeds_words

_LATER = {
    "Evidence": "evidence",
    "Proof": "proving",
    "Review": "reviews",
    "Reviews": "reviews",
    "RunRecord": "run_record",
    "by_trouble": "charts",
    "duration": "words",
    "moment": "words",
    "outage": "words",
    "prove": "proving",
    "prove_all": "proving",
    "report_folder": "run_record",
    "review": "reviews",
    "run_rows": "gathering",
    "speeds_words": "words",
    "zones": "charts",
}
"""Where each name is: loaded when it is first used, because matplotlib takes its time."""


def __getattr__(name: str) -> Any:  # noqa: ANN401  # the types are those imported above
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"drkit.report.{_LATER[name]}"), name)


__all__ = [
    "Evidence",
    "Proof",
    "Review",
    "Reviews",
    "RunRecord",
    "by_trouble",
    "duration",
    "moment",
    "outage",
    "prove",
    "prove_all",
    "report_folder",
    "review",
    "run_rows",
    "speeds_words",
    "zones",
]
