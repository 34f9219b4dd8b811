"""The report as one HTML file: no scripts, nothing loaded from elsewhere, every text escaped.

The same evidence gives the same page, with one version of matplotlib, which draws the pictures.
"""

import base64
import binascii
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache, partial
from itertools import groupby
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from drkit.execution import File, GroupSnapshot, RecoveryClock, SignOff
from drkit.report.clauses import gaps
from drkit.report.evidence import Deviation, Evidence, RecoveryPoint, StepEvidence, StepPredictions
from drkit.report.timeline import Bar, Mark, timelines, topology
from drkit.report.words import copy_words, difference, duration, moment, outage, speeds_words
from drkit.showing import count

PICTURES = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}
LARGEST_PICTURE = 1_000_000  # bytes
LONGEST_TEXT = 20_000  # characters of an attached text
MOST_PICTURES = 12  # groups; the table of changes holds all of them
MOST_DEVIATIONS = 3  # on the first page; the annex has the others
_WORST = ("unknown", "failed", "working", "not sent", "waiting", "ready", "skipped")
HEADINGS = {
    "summary": "Summary",
    "objectives": "Fixed before the start",
    "recovery": "Recovery",
    "timeline": "Timeline",
    "steps": "Steps",
    "deviations": "Deviations and findings",
    "topology": "Before and after",
    "ledger": "Clean-up ledger",
    "sign-off": "Sign-off",
    "journal": "Record",
}


def html(evidence: Evidence) -> str:
    """The whole report of one run, to be written to a file as UTF-8."""
    return _environment().get_template("report.html.jinja").render(e=evidence, **_words(evidence))


@cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("drkit.report", "template"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_printable,
    )
    made.filters |= {
        "moment": moment,
        "duration": duration,
        "kept": _kept,
        "how": _how,
        "outage": outage,
        "difference": difference,
        "executed": _executed,
        "parts": _parts,
        "shown": _shown,
        "signed_off": _signed_off,
    }
    return made


def _printable(value: object) -> object:
    """Texts without what neither HTML nor UTF-8 can hold; everything else as it is."""
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    return "".join(
        each if each.isprintable() or each in "\n\t" else "\N{REPLACEMENT CHARACTER}" for each in value
    )


def _words(evidence: Evidence) -> Mapping[str, Any]:
    backend = evidence.backend
    worst = _worst_first(evidence)
    where = " ".join(filter(None, (backend.cloud, backend.region, backend.project)))
    return {
        "place": _practised(evidence) if backend.practice else "",
        "backend_words": where,
        "clocks": {each.group_id: each for each in evidence.clocks},
        "counted": count,
        "worst": worst[:MOST_DEVIATIONS],
        "more_deviations": worst[MOST_DEVIATIONS:],
        "open_findings": [each for each in evidence.findings if each.open],
        "running": list(_running(evidence)),
        "next_steps": list(_next_steps(evidence)),
        "missing": list(dict.fromkeys(sentence for _, sentence in gaps(evidence))),
        "rto_method": _rto_method(evidence),
        "away": "Time to answer" if any(each.beside for each in evidence.clocks) else "Outage",
        "rehearsed": _rehearsed(evidence.predictions),
        "methods": list(dict.fromkeys(each.method for each in evidence.points)),
        "timelines": _timelines(evidence),
        "titles": {each.key: each.title for each in evidence.steps},
        "pictures": list(_pictures(evidence)),
        "topology_words": _topology_words(evidence),
        "changes": list(_changes(evidence)),
        "headings": HEADINGS,
        "copied": copy_words,
        "clauses": [(name, list(each)) for name, each in groupby(evidence.clauses, lambda one: one.standard)],
        "signer": partial(_signer, evidence),
        "clock": partial(_clock, same_day=evidence.started_at.date() == evidence.last_at.date()),
    }


def _worst_first(evidence: Evidence) -> list[Deviation]:
    phases = {each.number: each.phase for each in evidence.steps}
    ranks = {phase: rank for rank, phase in enumerate(_WORST)}
    return sorted(evidence.deviations, key=lambda each: ranks.get(phases.get(each.step, ""), len(ranks)))


def _running(evidence: Evidence) -> Iterator[str]:
    """What was there at the end and costs: what is not cleaned up, and the servers that ran."""
    for each in evidence.ledger:
        if not each.settled:
            yield f"{each.what}: {each.state}"
    if not evidence.after:
        yield "Which servers run is not known: nothing was read at the end."
        return
    for group in evidence.after["groups"]:
        sides = (
            (group["production_zone"], [each["production_server"] for each in group["instances"]]),
            (group["dr_zone"], [each["dr_server"] for each in group["instances"]]),
        )
        told = [_on(zone, [each["status"] for each in servers if each["id"]]) for zone, servers in sides]
        yield f"{group['name']} at the end: {'; '.join(told)}"


def _on(zone: str, states: Sequence[str]) -> str:
    unread = f", {states.count('')} not read" if "" in states else ""
    return f"{zone or 'a zone not told'}: {count(states.count('ACTIVE'), 'server')} on{unread}"


def _next_steps(evidence: Evidence) -> Iterator[tuple[str, str]]:
    """What is left to do, and by when: a date only where somebody set one."""
    for run in evidence.followed_by:
        yield f"Follow run {run}, which goes on from here.", "at once"
    for step in evidence.steps if not evidence.followed_by else ():
        if step.phase in {"failed", "unknown"} and step.remedy:
            yield f"Step {step.number}: {step.remedy}", "at once"
    if evidence.ended_at is None or evidence.verdict.carried_out.word == "stopped":
        yield "Go on with the run, or close it.", "no date set"
    if any(not each.settled for each in evidence.ledger):
        yield "Clean up what still costs.", "no date set"
    still = [each for each in evidence.findings if each.open]
    for each in sorted(still, key=lambda one: one.due):
        yield f"Close finding {each.number} ({each.owner}).", each.due.isoformat()
    if not evidence.findings and (evidence.deviations or evidence.verdict.objectives.word == "missed"):
        yield "Note a finding with owner and due date for what did not go as it should.", "no date set"
    last = evidence.sign_offs[-1] if evidence.sign_offs else None
    if evidence.objectives and (not last or not last.accepted or last.later):
        yield "Have the record accepted.", "no date set"


def _practised(evidence: Evidence) -> str:
    world = f" Its world was {copy_words(evidence.copy_of)}." if evidence.copy_of else ""
    speeds = speeds_words(evidence.speeds).capitalize()
    return f"practice range: nothing here touched a cloud.{world} {speeds}"


def _rehearsed(found: StepPredictions | None) -> str:
    """What the predictions rest on."""
    if found is None:
        return ""
    if not found.run:
        return (
            "This plan was not rehearsed on a copy of this project before, so nothing was measured in "
            "practice: there is the forecast alone."
        )
    return (
        f"Rehearsed before in practice run {found.run}, on {copy_words(found.copy_of)}. How long a step "
        "takes there follows the practice range, which knows names, sizes and states of the project, not the "
        "speed of its cloud."
    )


def _rto_method(evidence: Evidence) -> str:
    if evidence.objectives and evidence.objectives.kind.beside:
        return (
            "Production went on: there was no outage. The time runs from the group's first change (its drill "
            "is created) until the person who signed off the step said that its servers answer; the target "
            "is held against it, with what people took."
        )
    declared = evidence.objectives and evidence.objectives.declared_at
    since = "the declared event" if declared else "the group's first change (its first server is stopped)"
    decided = "the declared event" if declared else "the start of the run"
    return (
        f"The outage runs from {since} until the health check, or the person who signed off the step, said "
        "that the service answers; the target is held against it, with what people took. The elapsed time "
        f"runs from {decided} until the group was accepted."
    )


def _timelines(evidence: Evidence) -> tuple[Markup, ...]:
    bars = [
        Bar(str(each.number), each.title, each.phase, each.stretches, each.seconds is not None)
        for each in evidence.steps
    ]
    marks = [
        Mark(each.answered, f"{each.group} answers") for each in evidence.clocks if each.answered is not None
    ]
    return timelines(bars, marks, evidence.started_at, evidence.lasted)


def _pictures(evidence: Evidence) -> Iterator[list[Markup]]:
    after = {each["id"]: each for each in evidence.after["groups"]} if evidence.after else {}
    for group in evidence.before["groups"][:MOST_PICTURES] if evidence.before else ():
        pair = [topology(group, f"{group['name']}, before")]
        if later := after.get(group["id"]):
            pair.append(topology(later, f"{later['name']}, after", group["production_zone"]))
        yield pair


def _topology_words(evidence: Evidence) -> str:
    sentences = [
        f"{when}: as read at {moment(datetime.fromisoformat(each['read_at']))}."
        for when, each in (("Before", evidence.before), ("After", evidence.after))
        if each
    ]
    if not evidence.after:
        sentences.append(f"After: not read. {evidence.after_missing or 'The run has not come to its end.'}")
    if evidence.before and len(evidence.before["groups"]) > MOST_PICTURES:
        sentences.append(f"Pictures of the first {MOST_PICTURES} groups; the table holds all that changed.")
    return " ".join(sentences)


def _changes(evidence: Evidence) -> Iterator[tuple[str, str, str, str]]:
    """What differs between before and after: group, thing, then, now."""
    if not evidence.before or not evidence.after:
        return
    after = {each["id"]: _facts(each) for each in evidence.after["groups"]}
    for group in evidence.before["groups"]:
        then, now = _facts(group), after.get(group["id"], {})
        for what in dict.fromkeys([*then, *now]):
            if then.get(what) != now.get(what):
                yield group["name"], what[0], then.get(what, "was not there"), now.get(what, "is not there")


def _facts(group: GroupSnapshot) -> dict[tuple[str, str], str]:
    """What there is to say of a group, by what it is about (in words, and its id: names may be the same)."""
    facts = {("group", ""): group["status"], ("production zone", ""): group["production_zone"]}
    for instance in group["instances"]:
        facts[f"instance {instance['name']}", instance["id"]] = instance["status"]
        for server in (instance["production_server"], instance["dr_server"]):
            if server["id"]:
                label = f"server {server['name'] or server['id']}"
                facts[label, server["id"]] = server["status"] or "not read"
    for pair in group["pairs"]:
        facts[f"pair {pair['name']}", pair["id"]] = f"{pair['status']} {pair['replication']}".strip()
    return facts | {(f"drill {each['name']}", each["id"]): each["status"] for each in group["drills"]}


def _kept(thing: RecoveryClock | RecoveryPoint) -> str:
    if thing.kept is None:
        if isinstance(thing, RecoveryPoint):
            return "not shown"
        if thing.until and thing.target is not None:
            return "not known: a server of it was off before the run"
        return "no target" if thing.until else "open" if thing.since else "not begun"
    return "kept" if thing.kept else "missed"


def _signed_off(off: SignOff) -> str:
    word = "accepted" if off.accepted else "not accepted"
    return f"{word}, lapsed: {_later(off.later)} not signed" if off.later else word


def _later(number: int) -> str:
    return f"{count(number, 'later entry', 'later entries')} {'is' if number == 1 else 'are'}"


def _signer(evidence: Evidence, who: str, written_by: str) -> str:
    """The name that was given, whose login wrote it, and a mark where it is not among the participants."""
    known = evidence.objectives.participants if evidence.objectives else ()
    stranger = ", not among the participants" if known and who not in known else ""
    return f"{who} (written by {written_by}{stranger})"


def _clock(when: datetime | None, *, same_day: bool) -> str:
    if when is None:
        return ""
    return f"{when:%H:%M:%S}" if same_day else f"{when:%m-%d %H:%M:%S}"


def _executed(phase: str) -> str:
    return "not executed" if phase in {"not sent", "waiting", "ready"} else phase


def _parts(step: StepEvidence) -> str:
    """The parts of the service's job, counted; those that went wrong with what the service said."""
    states = [each.status for each in step.sub_jobs]
    told = ", ".join(f"{states.count(each)} {each}" for each in sorted(set(states)))
    wrong = " ".join(f"{each.error_code} {each.fail_reason}" for each in step.sub_jobs if each.error_code)
    return f"{count(len(states), 'part')} of the job: {told}. {wrong}".strip()


def _how(step: StepEvidence) -> str:
    """What was asked or checked, and how it is taken back; a change is told by its title."""
    undo = f"To take it back: {step.undo}" if step.undo else ""
    return undo if step.how == "change" else f"{step.does.rstrip('.')}. {undo}".strip()


def _shown(attached: File) -> Markup:
    """The attachment on the page: a small picture, or a text; empty for everything else."""
    try:
        content = base64.b64decode(attached.content, validate=True)
    except (binascii.Error, ValueError):
        return Markup()
    for magic, media_type in PICTURES.items():
        if content.startswith(magic) and len(content) < LARGEST_PICTURE:
            source = f"data:{media_type};base64,{base64.b64encode(content).decode()}"
            return Markup('<img alt="{}" src="{}">').format(attached.name, source)
    if not attached.media_type.startswith("text/"):
        return Markup()
    text = content.decode("utf-8", "replace").replace("\r\n", "\n")
    rest = f"\n[{len(text) - LONGEST_TEXT} more characters]" if len(text) > LONGEST_TEXT else ""
    return Markup("<pre>{}</pre>").format(str(_printable(text[:LONGEST_TEXT])) + rest)
