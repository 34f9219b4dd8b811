"""What a notebook's parameters ask of the attach runbook, and the words it uses with and without a screen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


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
