"""How long it takes to load drkit, before anything is done with it: processor time against that of pandas.

    python tests/bench/bench_importing.py [--smoke] [--rounds N] [--json FILE]

Each import runs in a new process, and the clock runs in there; that Python itself starts does not count.
"""

import subprocess
import sys

from tests.bench.parts.rounds import Times, arguments, told, write

IMPORTS = ("import pandas", "import httpx, pandas", "from drkit import connect", "import drkit.forms")


def spent(statement: str) -> tuple[float, float]:
    """Seconds by the clock and of the processor that a statement takes in a process of its own."""
    clocks = "time.perf_counter(), time.process_time()"
    code = f"import time; b = {clocks}\n{statement}\ne = {clocks}; print(e[0] - b[0], e[1] - b[1])"
    command = [sys.executable, "-c", code]
    wall, cpu = subprocess.run(command, capture_output=True, check=True, text=True).stdout.split()
    return float(wall), float(cpu)


def main() -> None:
    given = arguments(__doc__)
    found: dict[str, list[tuple[float, float]]] = {statement: [] for statement in IMPORTS}
    for statement in IMPORTS:  # what is compiled once does not count
        spent(statement)
    for _ in range(given.rounds):
        for statement, times in found.items():
            times.append(spent(statement))
    figures = {
        statement: Times(tuple(wall for wall, _ in each), tuple(cpu for _, cpu in each))
        for statement, each in found.items()
    }
    write(given.json, [told("Importing", figures, IMPORTS[0])])


if __name__ == "__main__":
    main()
