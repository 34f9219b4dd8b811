"""What a run's record and its reports are held against, and what of that is outside of the journal.

A chain of hashes proves only that a record agrees with itself: whoever can write the journal can make every
hash fit again. So `Proof` says against what else it holds: a signature, anchors, a report kept elsewhere.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from drkit.errors import InputError, JournalDamagedError, JournalError, UnknownNameError
from drkit.execution import beginning, unlike_rehearsal
from drkit.journal import (
    Anchor,
    Entry,
    Journal,
    Seal,
    Stamp,
    anchor_faults,
    authority,
    certificates,
    read_public,
    record_ended,
    stamp_faults,
)
from drkit.report.files import check_report


@dataclass(slots=True)
class Proof:
    """What was found of one run. `outside` names what the journal's writers do not hold and it fits;
    `meanwhile` what the cloud's own trace tells beside the record.
    """

    run_id: str
    entries: int = 0
    head: str = ""
    faults: list[str] = field(default_factory=list)
    checked: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)
    unchecked: list[str] = field(default_factory=list)
    meanwhile: list[str] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        """0: it holds against something outside; 1: something does not hold; 3: it cannot be told."""
        return 1 if self.faults else 0 if self.outside else 3

    @property
    def sentence(self) -> str:
        """What the record was found to be, never without what it was held against."""
        if self.faults:
            return f"Run {self.run_id} does not hold."
        if not self.outside:
            return (
                f"Run {self.run_id} agrees with itself, and nothing outside of the journal was there to hold "
                "it against: a record that was written anew or cut off would look the same."
            )
        return f"Run {self.run_id} holds against {', '.join(self.outside)}."


def prove(
    journal: Journal,
    run_id: str,
    folder: Path,
    against: Sequence[str] = (),
    anchors: Sequence[Anchor] | None = None,
) -> Proof:
    """Hold a run's record, and each report of it that was written, against all that is there.

    `against` are reports (files) and public keys (as printed, or files) that were kept elsewhere. `anchors`
    are those of the run, if they were read before. Raises `InputError`, `UnknownNameError`.
    """
    keys, reports = _given(against)
    verified = journal.verify(run_id)
    proof = Proof(run_id, verified.entries, verified.head, list(verified.faults))
    if not verified.head:  # entries that cannot be read can be held against nothing
        return proof
    proof.checked.append(f"its chain: {verified.entries} entries, the last with hash {verified.head}")
    if verified.unsigned:
        proof.faults.append(verified.unsigned)
    entries, seals = journal.entries(run_id), journal.seals(run_id)
    if verified.faults:
        proof.unchecked.append("its reports: the record that they rest on does not hold")
        _prove_anchors(proof, journal, entries, anchors)
        return proof
    _prove_reports(proof, journal, written_reports(journal, run_id, folder))
    _prove_rehearsal(proof, journal, entries)
    for path in reports:
        keys += _prove_against(proof, journal, path)
    _prove_signature(proof, journal, entries, seals, keys)
    _prove_anchors(proof, journal, entries, anchors)
    _prove_stamps(proof, journal.stamps(run_id), entries)
    return proof


def written_reports(journal: Journal, run_id: str, folder: Path) -> tuple[list[Path], list[Path]]:
    """The files of a run's report that are there now: in the folder and wherever one was signed when it was
    written; and those that were written and are not there any more.
    """
    named = sorted(folder.glob(f"*{run_id}.*"))
    found = [
        path for path in named if path.name.removeprefix("PRACTICE-") in {f"{run_id}.html", f"{run_id}.json"}
    ]
    signed = [
        Path(seal.report["folder"], name)
        for seal in journal.seals(run_id)
        if seal.report
        for name in seal.report["files"]
    ]
    there = {path.resolve(): path for path in (*found, *(path for path in signed if _is_there(path)))}
    gone = {path.resolve(): path for path in signed if not _is_there(path)}
    return list(there.values()), list(gone.values())


def _is_there(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # in a folder of somebody else
        return False


def _given(against: Sequence[str]) -> tuple[list[str], list[Path]]:
    keys: list[str] = []
    reports: list[Path] = []
    for word in against:
        path = Path(word)
        text = path.read_bytes()[:1000].decode("utf-8", "replace") if _is_there(path) else word
        if text.lstrip().startswith(("{", "<")):
            reports.append(path)
        else:
            try:
                keys.append(read_public(text))
            except InputError as error:
                sentence = f"{word} is neither a report that is there nor a public key. {error}"
                raise InputError(sentence) from None
    return keys, reports


def _prove_reports(proof: Proof, journal: Journal, written: tuple[list[Path], list[Path]]) -> None:
    """Every report that was written, also those that came after others and are older than the journal."""
    there, gone = written
    for path in there:
        try:
            checked = check_report(path, journal)
        except InputError as error:
            proof.faults.append(f"{path.name}: {error}")
            continue
        if checked.run_id != proof.run_id:
            proof.faults.append(f"{path.name}: It is the report of another run, {checked.run_id}.")
            continue
        proof.faults += [f"{path.name}: {fault}" for fault in checked.faults]
        if not checked.faults:
            proof.checked.append(f"{path}{_age(checked.entries, proof.entries)}")
        if checked.unchecked:
            proof.unchecked.append(f"{path.name}: {checked.unchecked}")
    if not there:
        proof.unchecked.append("no report of it is there")
    proof.unchecked += [f"{path} was written, and is not there any more" for path in gone]


def _prove_rehearsal(proof: Proof, journal: Journal, entries: Sequence[Entry]) -> None:
    """Hold how long the steps took in practice, as the run wrote it down, against its rehearsal's record."""
    predicted = beginning(entries).get("predicted")
    run_id = predicted.get("run") if predicted else None
    if not run_id:
        return
    try:
        unlike = unlike_rehearsal(entries, journal.entries(run_id))
    except (UnknownNameError, JournalDamagedError):
        proof.unchecked.append(f"how long its steps took in practice: run {run_id} cannot be read here")
        return
    if unlike:
        steps = ", ".join(unlike)
        proof.faults.append(f"Steps {steps}: how long they took in practice is not what run {run_id} says.")
    else:
        proof.checked.append(f"how long its steps took in practice, by run {run_id}")


def _age(known: int, entries: int) -> str:
    later = entries - known
    return f", older than the journal: {later} of its {entries} entries came later" if later else ""


def _prove_against(proof: Proof, journal: Journal, path: Path) -> tuple[str, ...]:
    """Hold the record against a report that was kept elsewhere; the keys that it prints."""
    checked = check_report(path, journal)
    if checked.run_id != proof.run_id:
        raise InputError(f"{path} is the report of another run, {checked.run_id}, not of {proof.run_id}.")
    proof.faults += [f"{path}: {fault}" for fault in checked.faults]
    if not checked.faults:
        proof.outside.append(f"the report {path}{_age(checked.entries, proof.entries)}")
    return checked.keys


def _prove_signature(
    proof: Proof, journal: Journal, entries: Sequence[Entry], seals: Sequence[Seal], given: Sequence[str]
) -> None:
    if not record_ended(entries):
        proof.unchecked.append("its signature: the run goes on, was interrupted, or its end was cut off")
        return
    last = list(dict.fromkeys(seal.key for seal in seals if seal.key and seal.entries == len(entries)))
    known = [key for key in last if key in given]
    mine = _own_key(journal)
    if known:
        proof.outside.append(f"the key that was given, {known[0]}")
    elif given and last:
        proof.faults.append(f"It is signed with {last[0]}, which is not the key that it is held against.")
    elif mine in last:
        proof.outside.append(f"the key of this machine, {mine}")
    elif last:
        proof.unchecked.append(
            f"whose key signed it, {last[0]}: no key of this machine, and none was given (--against KEY)"
        )


def _own_key(journal: Journal) -> str:
    try:
        return journal.public_key
    except JournalError:  # a key that others can read proves nothing
        return ""


def _prove_anchors(
    proof: Proof, journal: Journal, entries: Sequence[Entry], anchors: Sequence[Anchor] | None
) -> None:
    where = journal.anchors.where
    try:
        found = journal.anchors.of(proof.run_id) if anchors is None else anchors
    except JournalError as error:
        proof.unchecked.append(f"its anchors: {error}")
        return
    faults = anchor_faults(found, entries, where)
    proof.faults += faults
    farthest = max((anchor.entries for anchor in found), default=0)
    if not found:
        proof.unchecked.append(f"anchors: there is none of it in {where}")
    elif not faults and (farthest == len(entries) or not record_ended(entries)):
        proof.outside.append(f"its anchors in {where}, which know {farthest} of its {len(entries)} entries")
    elif not faults:
        proof.unchecked.append(
            f"{len(entries) - farthest} entries that came after the last anchor in {where}"
        )


def _prove_stamps(proof: Proof, stamps: Sequence[Stamp], entries: Sequence[Entry]) -> None:
    proof.faults += (faults := stamp_faults(stamps, entries))
    if not stamps and (url := authority()):
        proof.unchecked.append(f"time stamps: there is none of it, and {url} is named for them")
    if not stamps or faults:
        return
    last = max(stamps, key=lambda stamp: stamp.entries)
    known = f"the time stamp of {last.authority}, {last.at:%Y-%m-%d %H:%M:%S} UTC"
    try:
        trusted = certificates()
    except JournalError as error:
        proof.unchecked.append(f"{known}: {error}")
        return
    if not trusted:
        proof.unchecked.append(f"{known}: DRKIT_TIMESTAMP_CERTS names no certificates to hold it against")
    elif wrong := last.against(trusted):
        proof.faults.append(f"{known[0].upper()}{known[1:]}, is not by these certificates: {wrong}.")
    elif last.entries < len(entries):
        proof.unchecked.append(f"{len(entries) - last.entries} entries that came after {known}")
    else:
        proof.outside.append(known)


def prove_all(journal: Journal, folder: Path, against: Sequence[str] = ()) -> Iterator[Proof]:
    """Every run of the journal, and every one that was anchored from it and is gone."""
    anchors: dict[str, list[Anchor]] = {}
    for anchor in journal.anchors.all():
        anchors.setdefault(anchor.run_id, []).append(anchor)
    for row in journal.runs():
        yield prove(journal, row.id, folder, against, anchors.get(row.id, ()))
    for lost in journal.lost_runs():
        known = f"{lost.entries} entries were anchored at {lost.at[:19].replace('T', ' ')} UTC"
        yield Proof(lost.run_id, faults=[f"The run is gone: {known} in {journal.anchors.where}."])
