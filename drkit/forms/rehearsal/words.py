"""What a rehearsal says: readiness, the whole plan, recovery clocks, ways out, ledger, verdict."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from markupsafe import Markup

from drkit.execution import Forecast, RecoveryClock, RunState, StepPhase, expected_outages
from drkit.forms.attach.words import reason
from drkit.forms.markup import JOIN, Text, chip, identity, lines, moment, status_chip, table
from drkit.forms.progress import file_words
from drkit.forms.ways import lines_of_code
from drkit.model import DrillStatus, Inventory, Operation
from drkit.plan import Offer, Plan, RuleCheck, RunbookKind, Step, WayOut
from drkit.report import Evidence, duration, look_of_group, outage
from drkit.report import moment as clock_time
from drkit.runbooks import KNOWN_BY, expected_words, how, irreversible, outage_words, whole_words
from drkit.showing import Look

GROUP_HEADS = ("Group", "State", "Production is in", "Instances", "Pairs", "Drills", "Id")
PURPOSES: Mapping[RunbookKind, str] = {
    RunbookKind.DRILL: "A DR drill: copies of the servers in a network of their own; "
    "production is not touched.",
    RunbookKind.CLEANUP: "Delete a drill that was left behind, and account for what remains.",
    RunbookKind.PLANNED_FAILOVER: "Move production to the other site, in order: stop, switch, start, verify.",
    RunbookKind.FAILBACK: "Move production back to the zone it was set up in: the same steps the other way.",
    RunbookKind.FAILOVER: "Give up a lost site and go on at the other one. This cannot be undone.",
    RunbookKind.REPROTECT: "Switch protection on again after a failover. "
    "What is at the old site is overwritten.",
    RunbookKind.RESTART: "Start the stopped servers where production is now.",
}


def group_rows(inventory: Inventory) -> dict[str, tuple[Text | int, ...]]:
    """The rows of the groups to pick from, by id; in the order of their names."""
    groups = sorted(inventory.groups.values(), key=lambda each: (each.name, each.id))
    return {
        group.id: (
            inventory.called(group.id),
            status_chip(group.status, look_of_group(inventory, group)),
            group.production_zone,
            group.instance_count,
            group.pair_count,
            len(inventory.drills_of(group.id)),
            identity(group.id),
        )
        for group in groups
    }


DRILL_HEADS = ("Drill", "State", "Group", "Created", "Id")


def drill_rows(inventory: Inventory) -> dict[str, tuple[Text | int, ...]]:
    """The rows of the drills to pick from, by id; in the order of their names."""
    drills = sorted(inventory.drills.values(), key=lambda each: (each.name, each.id))
    return {
        drill.id: (
            drill.name,
            status_chip(drill.status, Look.RESTING if drill.status == DrillStatus.AVAILABLE else None),
            inventory.called(drill.group_id) if drill.group_id in inventory.groups else "",
            clock_time(drill.created_at),
            identity(drill.id),
        )
        for drill in drills
    }


def readiness_words(name: str, points: Sequence[RuleCheck], way: Sequence[Offer]) -> Markup:
    """Whether one group is ready: every reason why not, the shortest way there, and all that was asked."""
    wrong = [each.objection for each in points if each.objection]
    head = Markup("<p>{} <b>{}</b></p>").format(
        chip("not ready", "failed") if wrong else chip("ready", "done"), name
    )
    if wrong:
        steps = JOIN.join(Markup("<li>{}</li>").format(each.words) for each in way)
        shortest = Markup("<p>The shortest legal way there:</p><ol>{}</ol>").format(steps) if way else JOIN
        return head + lines(map(reason, wrong)) + shortest
    asked = [each for each in points if each.holds]
    shown = lines(Markup("{} {}").format(chip("yes", "done"), each.sentence) for each in asked)
    unread = lines(
        Markup("{} {} It may hold or not, for {}.").format(
            chip("not asked", "unknown"), each.sentence, each.missing
        )
        for each in points
        if each.missing
    )
    told = (
        f"{len(asked)} rules were asked, and all hold"
        if len(asked) != 1
        else "1 rule was asked, and it holds"
    )
    return (
        head
        + unread
        + (Markup("<details><summary>{}</summary>{}</details>").format(told, shown) if points else JOIN)
    )


_LATE = {True: chip("late", "failed"), False: chip("fits", "done"), None: chip("no target", "waiting")}


def plan_words(plan: Plan, ahead: Forecast) -> Markup:
    """The whole plan: every step, who does it, how long it takes, and which steps cannot be undone."""
    waves = max((each.wave for each in plan.steps), default=0) > 1
    rows = [
        (
            str(number),
            *((str(step.wave),) if waves else ()),
            step.title,
            how(step),
            expected_words(ahead.of(step.key)),
            _lasting(step) if irreversible(step) else "",
        )
        for number, step in enumerate(plan.steps, start=1)
    ]  # fmt: skip
    heads = ("", *(("Wave",) if waves else ()), "Step", "How", "Usually takes", "")
    notes = JOIN.join(Markup('<div class="drkit-note">{}</div>').format(each) for each in plan.notes)
    outages = lines(
        Markup("{} {}").format(_LATE[outage.late], sentence)
        for outage, sentence in zip(expected_outages(plan, ahead), outage_words(plan, ahead), strict=True)
    )
    shown = table(heads, rows, numbers=[0], name="The plan")
    return Markup("<p>{}</p>{}{}{}").format(whole_words(plan, ahead), outages, shown, notes)


def _lasting(step: Step) -> Markup:
    """That a step cannot be taken back; the copies of a drill are meant to go."""
    drill = step.change is not None and step.change.operation is Operation.DELETE_DRILL
    return chip("deletes the drill's copies", "exposed") if drill else chip("cannot be undone", "failed")


def clocks_words(clocks: Iterable[RecoveryClock], now: datetime, *, ended: bool = False) -> Markup:
    """The recovery clocks, big: the time so far, the target, and when it is expected to end.

    Once the run has `ended`, a group whose service does not answer is called "not back".
    """
    return Markup('<div class="drkit-clocks">{}</div>').format(
        JOIN.join(_clock_words(each, now, ended=ended) for each in clocks)
    )


def _clock_words(clock: RecoveryClock, now: datetime, *, ended: bool) -> Markup:
    look, word = {True: ("done", "kept"), False: ("failed", "missed"), None: ("working", "running")}[
        clock.kept
    ]
    if clock.until and clock.target is None:
        look, word = "done", "stopped"
    elif clock.until and clock.kept is None:
        look, word = "unknown", "not known"
    elif clock.since is None:
        look, word = "waiting", "not begun"
    elif ended and clock.until is None:
        look, word = "failed", "not back"
    target = f"of {duration(clock.target)}" if clock.target is not None else "no target"
    below = Markup("answers since {}").format(moment(clock.until)) if clock.until else _due(clock, now)
    away = "time to answer" if clock.beside else "outage"
    below += Markup("<br>{}, held against the target; elapsed {}").format(away, duration(clock.elapsed))
    if clock.people >= 0.5:
        below += Markup("; {} of it waiting for people").format(duration(clock.people))
    return Markup(
        '<div class="drkit-clock drkit-is-{}"><small>{}</small><b role="timer">{}</b><span>{} {}</span>'
        "<small>{}</small></div>"
    ).format(look, clock.group, outage(clock), target, chip(word, look), below)


def _due(clock: RecoveryClock, now: datetime) -> Markup:
    if clock.since is None:
        servers = "a server of it was off before" if clock.at_least else "its servers run"
        return Markup("{}; nothing of it was begun").format(servers)
    if clock.expected_end is None:
        return Markup("since {}").format(moment(clock.since))
    late = clock.target is not None and clock.expected is not None and clock.expected > clock.target
    warning = Markup(" – <b>after the target</b>") if late else JOIN
    return Markup("since {}, expected to answer at {}{}").format(
        moment(clock.since), moment(max(clock.expected_end, now)), warning
    )


def step_line(state: RunState, ahead: Forecast) -> str:
    """The sentence about the step under way: "step 4 of 7, usually done at 14:32, slowest ever 14:41"."""
    zone = datetime.now().astimezone().tzinfo  # the reader's own zone is what is asked for
    busy = [each for each in state.steps if each.phase in {StepPhase.WORKING, StepPhase.READY}]
    if not busy:
        return ""
    told = ahead.of(busy[0].key).sentence(zone or UTC)
    more = f" (and {len(busy) - 1} more at the same time)" if len(busy) > 1 else ""
    whole = f"All done at about {ahead.usual_end.astimezone(zone or UTC):%H:%M}, {KNOWN_BY[ahead.source]}."
    return f"{told[:1].upper()}{told[1:]}{more}. {whole}"


def way_words(way: WayOut) -> Markup:
    """One way out: whether it is open, what it leads to, and what stands against it."""
    said = Markup("{} <b>{}</b><br>{}").format(
        chip("open", "done") if way.legal else chip("closed", "failed"), way.name, way.consequences
    )
    return said + lines(map(reason, way.objections)) + (lines_of_code(way.offer) if way.legal else JOIN)


def untouched_words(name: str) -> Markup:
    """A group that the run did not come to."""
    return Markup("<h4>{}: not touched</h4><p>Nothing was sent to it; it is as it was before.</p>").format(
        name
    )


def verdict_words(evidence: Evidence) -> Markup:
    """Whether it was carried out and whether its objectives were met, each in a word and in a sentence."""
    done, aims = evidence.verdict.carried_out, evidence.verdict.objectives
    parts = [(f"carried out: {done.word}", _LOOKS.get(done.word, "failed"), done.sentence)]
    if aims.word != "none set":
        parts.append((f"objectives: {aims.word}", _LOOKS.get(aims.word, "unknown"), aims.sentence))
    shown = JOIN.join(
        Markup('<p class="drkit-verdict">{} {}</p>').format(chip(word, look), said)
        for word, look, said in parts
    )
    if len(evidence.verdict.groups) < 2:
        return shown
    rows = [(each.group, each.carried_out.word, each.objectives.word) for each in evidence.verdict.groups]
    return shown + table(("Group", "Carried out", "Objectives"), rows)


_LOOKS = {"as planned": "done", "with deviations": "unknown", "met": "done", "missed": "failed"}


def details_words(evidence: Evidence) -> Markup:
    """What deviated from the plan, and what is left behind."""
    shown = JOIN
    if off := lines(each.sentence for each in evidence.deviations):
        shown += Markup("<h4>Deviations</h4>") + off
    if points := lines(f"{each.group}: {each.statement}" for each in evidence.points):
        shown += Markup('<h4>Recovery point</h4>{}<p class="drkit-quiet">{}</p>').format(
            points, evidence.points[0].method
        )
    if evidence.ledger:
        rows = [
            (chip("settled", "done") if each.settled else chip("open", "failed"), each.what, each.state)
            for each in evidence.ledger
        ]
        shown += Markup("<h4>What is left</h4>") + table(("", "What", "State"), rows)
    return shown


def record_words(evidence: Evidence, files: Iterable[Path]) -> Markup:
    """The report's files, the findings noted so far, and who has signed the record."""
    found = lines(map(file_words, files)) or Markup("<p>being written…</p>")
    noted = lines(
        f"{each.text} ({each.owner}, until {each.due}){'' if each.open else f', closed: {each.outcome}'}"
        for each in evidence.findings
    )
    signed = lines(
        f"{'Accepted' if off.accepted else 'Not accepted'} by {off.who}"
        f"{', lapsed: more was written after it' if off.later else ''}. {off.note}".strip()
        for off in evidence.sign_offs
    )
    return Markup(
        "<h4>Evidence report <small>run {}</small></h4>{}<h4>Findings</h4>{}<h4>Signed off</h4>{}"
    ).format(
        evidence.run_id, found, noted or Markup("<p>none yet</p>"), signed or Markup("<p>by nobody yet</p>")
    )


def parts_words(clocks: Iterable[RecoveryClock]) -> Markup:
    """Where the outages went, by group: what the service took, and what was waiting for people."""
    return JOIN.join(map(_outage_words, clocks))


def _outage_words(clock: RecoveryClock) -> Markup:
    rows = [
        (part.title, "people" if part.people else "service", duration(part.seconds)) for part in clock.parts
    ]
    return Markup(
        "<details><summary>Where the {} of {} went: {} waiting for people</summary>{}</details>"
    ).format(
        outage(clock),
        clock.group,
        duration(clock.people),
        table(("Part", "Whose", "Time"), rows, numbers=[2]),
    )
