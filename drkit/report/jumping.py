"""Where a machine's clock jumped while a run was on, and where only the wall's clock could tell (pure)."""

from collections.abc import Iterator, Sequence

from drkit.journal import ClockReading, Entry
from drkit.report.words import duration, moment

JUMP = 2.0  # seconds: by so much a clock is set, not kept


def jumps(entries: Sequence[Entry]) -> Iterator[str]:
    """A sentence for each jump, with its size, and for each machine or start of one that took over."""
    seen: dict[str, ClockReading] = {}
    last: ClockReading | None = None
    for entry in entries:
        now = entry.clock
        if now is None or not entry.fence:  # of a former record, or added by a person
            continue
        before = seen.get(now.boot)
        if before and now.goes_on(before):
            jumped = (now.wall - before.wall).total_seconds() - (now.seconds - before.seconds)
            if abs(jumped) >= JUMP:
                yield _set(entry, jumped)
        elif last:
            yield from _known_by_the_wall(entry, now, last)
        seen[now.boot] = last = now


def _set(entry: Entry, jumped: float) -> str:
    way = "back" if jumped < 0 else "ahead"
    return (
        f"The clock of {entry.host} was set {way} by {duration(abs(jumped))} before {moment(entry.at)}. "
        "Times and durations in this report go on without the jump: a clock that cannot be set counts them."
    )


def _known_by_the_wall(entry: Entry, now: ClockReading, last: ClockReading) -> Iterator[str]:
    behind = (last.wall - now.wall).total_seconds()
    if behind >= JUMP:
        yield (
            f"At {moment(entry.at)} the clock of {entry.host} was {duration(behind)} behind what was written "
            "before. How much time passed until then is not known."
        )
    elif now.boot != last.boot:
        yield (
            f"At {moment(entry.at)} the run went on after a restart of the machine or on another one: "
            f"how much time passed until then is known from the clock of {entry.host} alone."
        )
