"""Predicted beside observed: what was expected of each step of a run, and how long it took (pure).

What was expected is in the run's first entry, so this is recomputed from its journal as everything else is.
"""

from collections.abc import Iterable, Sequence

from drkit.execution import Predicted, StepPhase
from drkit.report.evidence import StepComparison, StepEvidence, StepPredictions


def predictions(predicted: Predicted | None, steps: Sequence[StepEvidence]) -> StepPredictions | None:
    """What was expected of the steps beside what they took; None where nobody wrote it down at the start."""
    if predicted is None:
        return None
    return StepPredictions(
        predicted.get("run", ""), predicted.get("copy_of"), tuple(_compared(predicted, steps))
    )


def _compared(predicted: Predicted, steps: Iterable[StepEvidence]) -> Iterable[StepComparison]:
    for step in steps:
        known = predicted["steps"].get(step.key)
        if known:
            took, practised = _took(step), known.get("practised")
            yield StepComparison(
                step.number,
                step.title,
                practised,
                known["forecast"],
                known["source"],
                took,
                None if took is None or practised is None else took - practised,
                None if took is None else took - known["forecast"],
            )


def _took(step: StepEvidence) -> float | None:
    """The seconds of a step that was done: of a change the service's part, as its forecast means it."""
    if step.phase != StepPhase.DONE or step.seconds is None:
        return None
    if step.how != "change":
        return step.seconds
    return sum(part.end - part.start for part in step.stretches if not part.people)
