"""What a notebook's parameters ask of its runbook, as texts and names, with and without a screen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

from drkit.plan import PlanRequest, Protection


@dataclass(frozen=True, slots=True)
class AttachRequest:
    """The parameters of the attach runbook; all may be empty when somebody is there to choose.

    `instance` is one name or id, or several of one group, also as one text with commas between. `pairs` and
    the keys of `devices` are names or ids; `prefix` counts where the servers don't tell theirs; `confirm` is
    the name of the group and counts only without a screen, as does `skip_refused`; `run` is the id of an
    earlier run to go on with. `to` has the instance of a pair where none is proposed for it, or another one
    is meant; several with + between, for a pair with shared disks.
    """

    profile: str = ""
    group: str = ""
    instance: str | Sequence[str] = ""
    pairs: Sequence[str] = ()
    devices: Mapping[str, str] = field(default_factory=dict)
    prefix: str = ""
    confirm: str = ""
    fail_fast: bool = False
    skip_refused: bool = False
    run: str = ""
    to: Mapping[str, str] = field(default_factory=dict)

    @property
    def instances(self) -> tuple[str, ...]:
        """The names or ids of all instances that are named, each once."""
        given = self.instance.split(",") if isinstance(self.instance, str) else self.instance
        return tuple(dict.fromkeys(filter(None, map(str.strip, (*given, *chain(*self.places.values()))))))

    @property
    def places(self) -> Mapping[str, tuple[str, ...]]:
        """The instances of the pairs whose instance is said, by name or id."""
        split = {pair: map(str.strip, names.split("+")) for pair, names in self.to.items()}
        return {pair: tuple(filter(None, names)) for pair, names in split.items()}


@dataclass(frozen=True, slots=True)
class ChangeRequest:
    """The parameters of a single change; all may be empty when somebody is there to choose.

    `verb` is an operation ("rename_group"), `arguments` has its words as `drkit do` takes them (group, name,
    ...) and, as `confirm`, counts only without a screen; `group` is chosen from the start. `run` is an
    earlier run to go on with.
    """

    profile: str = ""
    group: str = ""
    verb: str = ""
    arguments: Mapping[str, str] = field(default_factory=dict)
    confirm: str = ""
    run: str = ""


@dataclass(frozen=True, slots=True)
class RemovalRequest:
    """The parameters of removing a group's protection; all may be empty when somebody is there to choose.

    `with_disks`, `with_servers` and `with_eip` have the disks, the servers and the public addresses at the
    DR site go too, for good. `confirm` (the name of the group), `attest`, `signed_by` and `dry_run` count
    without a screen; `attest` is as for rehearsals. `run` is an earlier run to go on with.
    """

    profile: str = ""
    group: str = ""
    with_disks: bool = False
    with_servers: bool = False
    with_eip: bool = False
    confirm: str = ""
    signed_by: str = ""
    attest: Mapping[str, str] = field(default_factory=dict)
    dry_run: bool = False
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


@dataclass(frozen=True, slots=True)
class ProtectRequest(Protection):
    """The parameters of protecting servers; all may be empty when somebody is there to choose.

    `confirm` (the names of the groups that will be made, joined by ", ") and `dry_run` count without a
    screen. `run` is an earlier run to go on with.
    """

    profile: str = ""
    confirm: str = ""
    dry_run: bool = False
    run: str = ""
