"""Which item of the report serves which clause, and what this very run leaves missing.

The clauses are named by number, what they want is said in our own words; neither is legal advice.
Sources: Regulation (EU) 2022/2554 (DORA), Delegated Regulation (EU) 2024/1774 (its RTS on ICT risk
management), NIST SP 800-34 Rev. 1, NIST SP 800-84, the AICPA's trust services criteria (SOC 2), and
ISO 22301:2019.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from drkit.model import Operation
from drkit.plan import ManualStep, RunbookKind
from drkit.report.evidence import ClauseLine, Evidence, StepEvidence

DORA, RTS = "DORA, Regulation (EU) 2022/2554", "RTS, Delegated Regulation (EU) 2024/1774"
CONTINGENCY, EXERCISES = "NIST SP 800-34 Rev. 1", "NIST SP 800-84"
SOC, ISO = "SOC 2, trust services criteria", "ISO 22301:2019"

_SWITCHES = frozenset({Operation.PLANNED_FAILOVER, Operation.FAILOVER})

SECTIONS: Mapping[str, tuple[str, ...]] = {
    "site": ("summary",),
    "scope": ("objectives",),
    "scenario": ("objectives",),
    "criteria": ("objectives",),
    "targets": ("objectives",),
    "participants": ("objectives",),
    "absence": ("objectives",),
    "steps": ("steps", "timeline"),
    "switchover": ("steps", "topology"),
    "way back": ("steps",),
    "checks": ("steps",),
    "data check": ("steps",),
    "recovery time": ("recovery",),
    "recovery point": ("recovery",),
    "verdict": ("summary",),
    "deviations": ("deviations",),
    "findings": ("deviations",),
    "clean-up": ("ledger",),
    "sign-off": ("sign-off",),
    "journal": ("journal",),
    "impact analysis": (),
}
"""The items of a report, and the sections that hold them."""


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause and the items that serve it."""

    standard: str
    number: str
    wants: str
    items: tuple[str, ...]


CLAUSES = (
    Clause(
        DORA,
        "Art. 11(6)",
        "Test the ICT continuity, response and recovery plans, switchover to redundant capacity included.",
        ("site", "scenario", "switchover", "verdict"),
    ),
    Clause(
        DORA,
        "Art. 12(6)",
        "Set recovery time and recovery point objectives.",
        ("targets", "recovery time", "recovery point"),
    ),
    Clause(
        DORA, "Art. 24(5)", "Prioritise, classify and remedy what tests reveal.", ("deviations", "findings")
    ),
    Clause(
        RTS,
        "Art. 25(1)",
        "Base the tests on the business impact analysis and the ICT risk assessment.",
        ("impact analysis",),
    ),
    Clause(
        RTS, "Art. 25(2)(a)", "Test scenarios of disruptions that are severe and plausible.", ("scenario",)
    ),
    Clause(RTS, "Art. 25(2)(b)", "Include the ICT services of third-party providers.", ("site",)),
    Clause(
        RTS,
        "Art. 25(2)(c)",
        "Switch over to redundant capacity, run there, and come back.",
        ("switchover", "way back", "recovery time"),
    ),
    Clause(RTS, "Art. 25(2)(d)", "Challenge the assumptions of the plans.", ("absence",)),
    Clause(
        RTS,
        "Art. 25(2)(e)",
        "Verify that staff, providers and systems respond adequately.",
        ("participants", "steps", "checks"),
    ),
    Clause(
        RTS,
        "Art. 25(5)",
        "Document the results; analyse, address and report deficiencies to the management body.",
        ("verdict", "deviations", "findings", "sign-off", "journal"),
    ),
    Clause(
        RTS,
        "Art. 26(1)(f)",
        "Lay down the plan's objectives and when its execution is a success.",
        ("criteria",),
    ),
    Clause(
        CONTINGENCY,
        "3.5.1 Testing",
        "Test recovery elements against explicit objectives and success criteria.",
        ("scope", "scenario", "criteria", "participants", "verdict"),
    ),
    Clause(CONTINGENCY, "4.3 Recovery", "Recover in a set sequence by written procedures.", ("steps",)),
    Clause(
        CONTINGENCY,
        "4.4 Reconstitution",
        "Validate data and functionality, return to normal, clean up, document the event.",
        ("checks", "data check", "way back", "clean-up", "journal"),
    ),
    Clause(
        EXERCISES,
        "6.5 Evaluate the test",
        "After-action report: scope, objectives, observations, recommendations, participants.",
        ("scope", "criteria", "deviations", "findings", "participants"),
    ),
    Clause(
        SOC,
        "A1.3",
        "Test the recovery procedures against the objectives; consider that key people may be absent; "
        "revise plans by the results; test that recovered data is whole.",
        ("targets", "steps", "recovery time", "absence", "findings", "data check"),
    ),
    Clause(
        ISO,
        "8.5 b)",
        "Exercise by appropriate, well planned scenarios with clear aims.",
        ("scenario", "criteria"),
    ),
    Clause(
        ISO, "8.5 c)", "Develop the competence of those who have roles in a disruption.", ("participants",)
    ),
    Clause(
        ISO,
        "8.5 e)",
        "Report formally: outcomes, recommendations, actions for improvement.",
        ("verdict", "deviations", "findings", "sign-off"),
    ),
)


def clause_lines(evidence: Evidence) -> tuple[ClauseLine, ...]:
    """Every clause with the sections that serve it and what this run leaves missing for it."""
    missing = dict(gaps(evidence))
    always = [missing[item] for item in _undone(evidence) if item in missing]
    absent = _absent(evidence)
    return tuple(
        ClauseLine(
            clause.standard,
            clause.number,
            clause.wants,
            tuple(section for section in _sections(clause) if section not in absent),
            tuple(dict.fromkeys([*always, *(missing[item] for item in clause.items if item in missing)])),
        )
        for clause in CLAUSES
    )


def _undone(evidence: Evidence) -> Iterator[str]:
    """The items without which a report serves no clause: a record that holds and that nobody refused."""
    if evidence.record.faults:
        yield "journal"
    if evidence.sign_offs and not evidence.sign_offs[-1].accepted:
        yield "sign-off"


def _sections(clause: Clause) -> Iterator[str]:
    yield from dict.fromkeys(chain(*(SECTIONS[item] for item in clause.items)))


def _absent(evidence: Evidence) -> set[str]:
    """The sections that a report of this run does not have."""
    stands = {
        "ledger": evidence.ledger,
        "recovery": evidence.clocks or evidence.points,
        "topology": evidence.before or evidence.after,
    }
    return {section for section, content in stands.items() if not content}


def gaps(evidence: Evidence) -> Iterator[tuple[str, str]]:
    """What is missing in this run, if it is a rehearsal: the item, and a sentence."""
    if evidence.objectives is None:
        return
    yield (
        "impact analysis",
        "The business impact analysis and the risk assessment are not part of this report.",
    )
    if evidence.backend.practice:
        yield "site", "Ran on the practice range: it proves people and procedure, not the site."
    if not evidence.objectives.participants:
        yield "participants", "No participants were given."
    if not evidence.objectives.expert_absent:
        yield "absence", "Nobody said that the people who usually do this kept out of it."
    yield from _gaps_in_results(evidence, evidence.objectives.kind)
    yield from _gaps_in_follow_up(evidence)


def _gaps_in_results(evidence: Evidence, kind: RunbookKind) -> Iterator[tuple[str, str]]:
    done = [step for step in evidence.steps if step.phase == "done"]
    switched = any(step.kind in _SWITCHES for step in done)
    if kind not in {RunbookKind.PLANNED_FAILOVER, RunbookKind.FAILOVER, RunbookKind.FAILBACK}:
        yield "switchover", "Nothing was switched over in this run."
    elif not switched:
        yield "switchover", "No switch-over came to its end in this run."
    if kind is not RunbookKind.FAILBACK:
        yield "way back", "The way back is not part of this run."
    elif not switched:
        yield "way back", "The way back did not come to its end."
    yield from _gaps_in_checks(evidence, done)
    if not evidence.clocks or any(each.until is None for each in evidence.clocks):
        yield "recovery time", "The recovery time was not measured to its end for every group."
    if not evidence.points:
        yield "recovery point", "No statement on lost data."


def _gaps_in_checks(evidence: Evidence, done: Sequence[StepEvidence]) -> Iterator[tuple[str, str]]:
    """One signature is one proof: what counts as the look at the data does not count as the check as well,
    and it counts only with what was seen: a note or a file.
    """
    looks = [step for step in evidence.steps if step.kind == ManualStep.DATA_IS_THERE]
    looks = looks or [step for step in evidence.steps if step.kind == ManualStep.ACCEPTED]  # a former plan
    if not any(step.how == "check" or step.checked for step in done if step not in looks):
        yield "checks", "No check and no sign-off says that the service answered."
    filed = {file.step for file in evidence.attachments}
    noted = [
        step
        for step in looks
        if step.key in filed or any(sign.note and not sign.beforehand for sign in step.checked)
    ]
    proved = {step.group for step in noted if step in done}
    bare = [step.title for step in looks if step.group not in proved]
    undone = [step.title for step in looks if step not in done]
    if not looks or len(undone) == len(looks):
        yield "data check", "Nobody signed off that the data is there and whole."
    elif undone:
        yield "data check", f"Nobody signed off that the data is there and whole: {', '.join(undone)}."
    elif bare:
        yield "data check", f"Signed without a word on what was seen of the data: {', '.join(bare)}."


def _gaps_in_follow_up(evidence: Evidence) -> Iterator[tuple[str, str]]:
    if (evidence.deviations or evidence.verdict.objectives.word == "missed") and not evidence.findings:
        off = "deviations" if evidence.deviations else "missed objectives"
        yield "findings", f"There are {off} and no finding with an owner and a due date."
    if any(not each.settled for each in evidence.ledger):
        yield "clean-up", "Not everything that the run made is gone or has its keeper."
    if not evidence.sign_offs:
        yield "sign-off", "Nobody signed the report off yet."
    elif not evidence.sign_offs[-1].accepted:
        yield (
            "sign-off",
            f"{evidence.sign_offs[-1].who} did not accept the report: {evidence.sign_offs[-1].note}",
        )
    elif evidence.sign_offs[-1].later:
        yield "sign-off", f"{evidence.sign_offs[-1].who} accepted the report before more was written to it."
    if evidence.record.faults:
        yield "journal", "The journal's chain does not hold."
