"""The gate checks of a release: pure functions of facts."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from evals.checks import bytes_match, held_out
from evals.engine.results import VerdictLine
from evals.engine.spec import Threshold
from evals.engine.stages import FIRST
from governance.access import COMPLIANCE_OFFICER, ENGINEER, ROLES
from governance.gates import Answer, Check, Weight


@dataclass(frozen=True)
class ReleaseFacts:
    """Everything the gate of a release looks at. `failed` names the hard thresholds of the stage release that were not
    `passed` as signed, `missed` the soft ones; `held` what it rests on that was signed under a gate condition which
    nobody has confirmed; `critical` the answers in red-team sessions graded so.
    """

    verdict: str
    failed: tuple[str, ...]
    missed: tuple[str, ...]
    result_accepted: bool
    record_accepted: bool
    same_run: bool
    revoked: tuple[str, ...]
    held: tuple[str, ...]
    artefact_faults: tuple[str, ...] | None
    purpose: str
    people: Answer
    critical: tuple[str, ...]


def not_passed(signed: Iterable[Threshold], lines: Iterable[VerdictLine], importance: str) -> tuple[str, ...]:
    """Return the thresholds of the stage release of an importance that did not pass as they were signed, and why.

    One that nothing was said of did not pass, nor did one that was judged by another limit or more than once: what was
    signed is asked, not what a result says of itself.
    """
    said = [line for line in lines if line.stage == FIRST]
    asked = {one.id: one for one in signed if (one.stage, one.importance) == (FIRST, importance)}
    found = []
    for name, threshold in asked.items():
        own = [line for line in said if line.threshold == name]
        if len(own) != 1:
            found.append(f"{name}: {'judged more than once' if own else 'not judged'}")
        elif _of_line(own[0]) != _of_threshold(threshold):
            found.append(f"{name}: judged by another limit than was signed")
        elif own[0].verdict != "PASS":
            found.append(f"{name}: {own[0].verdict}")
    others = [one for one in said if one.threshold not in asked and one.importance == importance]
    return (*found, *(f"{one.threshold}: {one.verdict}" for one in others if one.verdict != "PASS"))


def _of_threshold(one: Threshold) -> tuple[object, ...]:
    return one.metric, one.slice, one.kind, one.direction, Decimal(one.limit), one.importance


def _of_line(one: VerdictLine) -> tuple[object, ...]:
    return one.metric, one.slice, one.kind, one.direction, Decimal(one.limit), one.importance


def _verdict(facts: ReleaseFacts) -> Answer:
    expected = "PASS on every hard release threshold"
    if facts.verdict != "PASS" or facts.failed:
        found = f"{facts.verdict or 'no verdict'}" + (f": {'; '.join(facts.failed)}" if facts.failed else "")
        return Answer(False, found, expected, "Improve the model and launch the next run.", ROLES[ENGINEER])
    return Answer(True, "PASS", expected)


def _soft(facts: ReleaseFacts) -> Answer:
    expected = "PASS on every soft release threshold"
    found = "; ".join(facts.missed) or "PASS"
    return Answer(not facts.missed, found, expected, "Improve the model and launch the next run.", ROLES[ENGINEER])


def _evidence(facts: ReleaseFacts) -> Answer:
    expected = "a result and a run, each made under a consumed permit, of one another"
    wrong = [
        words
        for words, good in (
            ("no consumed permit stands behind the result", facts.result_accepted),
            ("no consumed permit stands behind the run", facts.record_accepted),
            ("the result is of another run", facts.same_run),
        )
        if not good
    ]
    return Answer(
        not wrong, "; ".join(wrong) or "both stand", expected, "Run and evaluate through the gate.", ROLES[ENGINEER]
    )


def _unrevoked(facts: ReleaseFacts) -> Answer:
    expected = "no revoked sign-off below the release, and none under a condition that is not met"
    who = ROLES[COMPLIANCE_OFFICER]
    if facts.revoked or not facts.held:
        found = f"revoked: {', '.join(facts.revoked)}" if facts.revoked else "none"
        return Answer(not facts.revoked, found, expected, "Sign it anew and run again.", who)
    found = f"a condition is not met of: {', '.join(facts.held)}"
    return Answer(False, found, expected, "Confirm the condition on the document's page.", who)


def _sessions(facts: ReleaseFacts) -> Answer:
    expected = "no answer of this run that is graded critical in a red-team session"
    shown = "; ".join(facts.critical[:3]) + (f" and {more} more" if (more := len(facts.critical) - 3) > 0 else "")
    remedy = "Tune again; or whoever graded it grades it anew; or have the release waived by two signers."
    return Answer(not facts.critical, shown or "none", expected, remedy, ROLES[COMPLIANCE_OFFICER])


RELEASE_CHECKS: tuple[Check[ReleaseFacts], ...] = (
    Check("sign_offs", "plan", "Nothing was revoked", _unrevoked),
    Check("holdout", "plan", "Judged on a holdout", lambda f: held_out(f.purpose)),
    Check(
        "artefact_bytes",
        "data",
        "Artefact as recorded",
        lambda f: bytes_match("the artefact", f.artefact_faults, ROLES[ENGINEER]),
    ),
    Check("evidence", "run", "Made under permits", _evidence),
    Check("people", "run", "People have graded what waits for them", lambda f: f.people),
    Check("verdict", "run", "Thresholds met", _verdict),
    Check("red_team", "run", "No critical answer in red-team sessions", _sessions, Weight.SOFT, Weight.ADVISORY),
    Check("soft_thresholds", "run", "Soft thresholds met", _soft, Weight.ADVISORY, Weight.ADVISORY),
)
