"""How the report says times and durations."""

from datetime import datetime


def duration(seconds: float) -> str:
    """Seconds as people say them: "12 s", "3 min 12 s", "1 h 04 min"."""
    whole = max(round(seconds), 0)
    minutes, rest = divmod(whole, 60)
    hours, left = divmod(minutes, 60)
    if hours:
        return f"{hours} h {left:02} min"
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"


def moment(when: datetime | None) -> str:
    """A moment in UTC to the second; empty where there is none."""
    return f"{when:%Y-%m-%d %H:%M:%S} UTC" if when else ""
