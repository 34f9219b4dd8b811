"""How a headless run ended, told by the kernel through a small file; the last word counts."""

import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from drkit import errors

DONE, FAILED, REFUSED, UNKNOWN = 0, 1, 2, 3


@dataclass(frozen=True)
class Outcome:
    """An exit code, one sentence, and the result table as rows of text."""

    exit: int
    sentence: str
    table: tuple[Mapping[str, str], ...] = ()


def is_headless() -> bool:
    """True in a kernel that `drkit run` started: nobody is there to press a button."""
    return os.environ.get("DRKIT_HEADLESS") == "1"


def is_watched() -> bool:
    """False where a program executes the cells: papermill, `jupyter execute`, nbconvert and their like.

    They all tell the kernel that nobody can be asked for input (`allow_stdin` of Jupyter's messages), and
    every front end with a person before it tells that somebody can. True where there is no kernel at all.
    """
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    kernel = getattr(shell, "kernel", None)
    return kernel is None or bool(kernel.get_parent().get("content", {}).get("allow_stdin", True))


def is_notebook() -> bool:
    """True in the kernel of a notebook that a person has before them."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return hasattr(shell, "kernel") and is_watched() and not is_headless()


def report_outcome(exit: int, sentence: str, rows: Sequence[Mapping[str, str]] = ()) -> None:  # noqa: A002
    """Tell `drkit run` how it stands; does nothing in a kernel that it did not start.

    Call it with 3 right before the first change is sent ("changes are being sent"), so that a kernel that
    dies is not taken for one that did nothing, and again at the end. `exit` is 0 done, 1 some step failed,
    2 refused with nothing sent, 3 interrupted or an outcome unknown.
    """
    where = os.environ.get("DRKIT_OUTCOME")
    if not where:
        return
    draft = Path(f"{where}.part")
    draft.write_text(json.dumps({"exit": exit, "sentence": sentence, "table": [dict(row) for row in rows]}))
    draft.replace(where)


def read_outcome(path: Path) -> Outcome | None:
    """The last word of the kernel; None when it said nothing."""
    try:
        written = json.loads(path.read_text())
        table = tuple({str(key): str(value) for key, value in row.items()} for row in written["table"])
        return Outcome(int(written["exit"]), str(written["sentence"]), table)
    except FileNotFoundError:
        return None
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return Outcome(
            UNKNOWN, "How the runbook ended cannot be read; look at the service and at `drkit runs`."
        )


def after_error(reported: Outcome | None, name: str, sentence: str) -> Outcome:
    """The outcome when a cell raised: a refusal of drkit's own keeps its exit code, but never hides what
    was already sent.
    """
    kind = getattr(errors, name, None)
    code = kind.exit_code if isinstance(kind, type) and issubclass(kind, errors.DrkitError) else FAILED
    if reported is None:
        return Outcome(code, sentence)
    if UNKNOWN in (reported.exit, code):
        return Outcome(UNKNOWN, f"{reported.sentence} Then: {sentence}", reported.table)
    return Outcome(reported.exit or FAILED, f"{reported.sentence} Then: {sentence}", reported.table)


def after_death(reported: Outcome | None) -> Outcome:
    """The outcome when the kernel died: unknown once sending had begun, else nothing was sent."""
    died = "The kernel died."
    if reported is None:
        return Outcome(REFUSED, f"{died} Nothing had been sent.")
    return Outcome(reported.exit or FAILED, f"{died} {reported.sentence}", reported.table)


def after_interruption(reported: Outcome | None) -> Outcome:
    """The outcome when the operator or the system stopped the run."""
    if reported is None:
        return Outcome(UNKNOWN, "Interrupted; nothing had been sent.")
    named = reported.sentence.startswith("Interrupted")
    return Outcome(
        UNKNOWN, reported.sentence if named else f"Interrupted. {reported.sentence}", reported.table
    )
