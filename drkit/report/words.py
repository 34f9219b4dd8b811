"""How the report says times and durations."""

from collections.abc import Iterable
from datetime import datetime

from drkit.execution import CopyOf, RecoveryClock


def duration(seconds: float) -> str:
    """Seconds as people say them: "12 s", "3 min 12 s", "1 h 04 min"."""
    whole = max(round(seconds), 0)
    minutes, rest = divmod(whole, 60)
    hours, left = divmod(minutes, 60)
    if hours:
        return f"{hours} h {left:02} min"
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"


def difference(seconds: float) -> str:
    """How much longer or shorter something took: "+12 s", "−3 min 12 s", "as long"."""
    if not round(seconds):
        return "as long"
    return f"{'+' if seconds > 0 else '−'}{duration(abs(seconds))}"


def copy_words(copied: CopyOf | None) -> str:
    """Of which project, and of which reading of it, a practice world was a copy; empty for another world."""
    if not copied:
        return ""
    read_at = moment(datetime.fromisoformat(copied["read_at"]))
    return f"a copy of {copied['name']}, read at {read_at}"


def outage(clock: RecoveryClock) -> str:
    """How long a group was without its service."""
    return f"{'at least ' if clock.at_least else ''}{duration(clock.seconds)}"


def speeds_words(speeds: Iterable[float]) -> str:
    """At which speeds of the practice range something ran, and in which time it is told."""
    known = ", then ".join(f"{each:g}" for each in speeds)
    at = f"at speed {known}" if known else "at a speed that was not recorded"
    return f"{at}; durations are in the service's time, what people took in their own"


def moment(when: datetime | None) -> str:
    """A moment in UTC to the second; empty where there is none."""
    return f"{when:%Y-%m-%d %H:%M:%S} UTC" if when else ""
