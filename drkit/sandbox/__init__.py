"""The practice range: a stateful SDRS with its neighbours IAM, ECS, EVS, VPC and CTS, on one origin.

What is here: one world and a function of (world, request, time) that changes it and answers, with two
ways in: in process for httpx (`Sandbox.transport`), and over HTTP on loopback (`serve`, `running`,
`drkit sandbox`).

Where to look: `things` and `world` hold what exists, `agenda` what happens by itself, `core` finds the
handler of a call; there is one module for each subject (`groups`, `switching`, `pairs`, `attaching`,
`drills`, `ecs`, `cts`, ...). `faults` and `troubles` break things, `scenarios` tell stories, `worlds` has
all that can be had by name, `invariants` say what must always hold.

What is not allowed here: importing anything else of drkit. The sandbox is a reading of the service's pages
of its own, the witness that drkit's rules are tested against.
"""

from drkit.sandbox.box import Sandbox
from drkit.sandbox.command import announced, command_parser, find_running, serve_command
from drkit.sandbox.faults import FAULTS
from drkit.sandbox.http import running, serve
from drkit.sandbox.replaying import Replay
from drkit.sandbox.scenarios import SCENARIOS, Scenario
from drkit.sandbox.sharing import join_or_begin
from drkit.sandbox.world import World

__all__ = [
    "FAULTS",
    "SCENARIOS",
    "Replay",
    "Sandbox",
    "Scenario",
    "World",
    "announced",
    "command_parser",
    "find_running",
    "join_or_begin",
    "running",
    "serve",
    "serve_command",
]
