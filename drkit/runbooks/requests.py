"""What a notebook's parameters ask of its runbook, as texts and names, with and without a screen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from drkit.plan import PlanRequest


@dataclass(frozen=True, slots=True)
class AttachRequest:
    """The parameters of the attach runbook; all may be empty when somebody is there to choose.

    `pairs` and the keys of `devices` are names or ids; `prefix` counts where the servers don't tell theirs;
    `confirm` is the name of the group and counts only without a screen, as does `skip_refused`; `run` is the
    id of an earlier run to go on with.
    """

    profile: str = ""
    group: str = ""
    instance: str = ""
    pairs: Sequence[str] = ()
    devices: Mapping[str, str] = field(default_factory=dict)
    prefix: str = ""
    confirm: str = ""
    fail_fast: bool = False
    skip_refused: bool = False
    run: str = ""


@dataclass(frozen=True, slots=True)
class RehearsalRequest(PlanRequest):
    """The parameters of a rehearsal; nearly all may be empty when somebody is there to say more.

    Beside what is planned: `confirm` (the names of the groups, joined by ", "), `signed_by`, `attest` and
    `dry_run` count without a screen. `attest` has the answers to manual steps by title, or by its part
    before the colon: "passed: note" or "failed: note" for what is asked when it is given, "skip: reason" also
    beforehand. `run` is an earlier run to go on with.
    """

    profile: str = ""
    confirm: str = ""
    signed_by: str = ""
    attest: Mapping[str, str] = field(default_factory=dict)
    dry_run: bool = False
    run: str = ""
