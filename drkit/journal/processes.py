"""Whether the process that holds a lease is still there, which on its own machine no clock has to guess."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Self

_PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Process:
    """One process, told apart from all others.

    `place` is where its number means something: a host, its boot, a namespace; empty where that is not known.
    `born` is when it started, in ticks since the boot: a number is given out again, number and start are not.
    """

    pid: int
    place: str = ""
    born: str = ""

    @classmethod
    def here(cls, host: str) -> Self:
        """This process."""
        pid = os.getpid()
        try:
            boot = (_PROC / "sys/kernel/random/boot_id").read_text().strip()
            numbers = (_PROC / "self/ns/pid").readlink()
            times = _PROC / "self/ns/time"  # `born` is told in the reader's; kernels before 5.6 have none
            place = f"{host} {boot} {numbers} {times.readlink() if times.is_symlink() else ''}"
            # The /proc of another namespace, as some containers have it, speaks of other processes.
            own = (_PROC / "self").readlink().name == str(pid)
        except OSError:  # no /proc
            return cls(pid)
        born = _born(pid) if own else None
        return cls(pid, place, born) if born else cls(pid)

    def sees(self, other: "Process") -> bool | None:
        """Whether the other is there, by what can be seen from here; None where that is not known."""
        if not self.place or other.place != self.place:
            return None  # another machine, an earlier boot or another container: all may still be alive
        try:
            os.kill(other.pid, 0)
        except ProcessLookupError:
            return False
        except OSError:  # there, and somebody else's
            pass
        born = _born(other.pid)  # None also where /proc hides what belongs to others
        return None if born is None else born == other.born


def _born(pid: int) -> str | None:
    """When a process started; empty for a zombie, which does nothing any more; None where it is not told."""
    try:
        stat = (_PROC / str(pid) / "stat").read_text(errors="replace")
    except OSError:
        return None
    state, *fields = stat.rpartition(")")[2].split()  # the name before may hold spaces and brackets
    return "" if state in {"Z", "X"} else fields[18]
