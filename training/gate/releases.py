"""The gate checks of a release: pure functions of facts."""

from dataclasses import dataclass

from evals.checks import bytes_match, held_out
from governance.access import COMPLIANCE_OFFICER, ENGINEER, ROLES
from governance.gates import Answer, Check, Weight


@dataclass(frozen=True)
class ReleaseFacts:
    """Everything the gate of a release looks at. `failed` names the hard thresholds of the stage release that did
    not pass, with their verdict, `missed` the soft ones; `critical` the answers in red-team sessions graded so.
    """

    verdict: str
    failed: tuple[str, ...]
    missed: tuple[str, ...]
    result_accepted: bool
    record_accepted: bool
    same_run: bool
    revoked: tuple[str, ...]
    artefact_faults: tuple[str, ...] | None
    purpose: str
    people: Answer
    critical: tuple[str, ...]


def _verdict(facts: ReleaseFacts) -> Answer:
    expected = "PASS on every hard release threshold"
    if facts.verdict != "PASS":
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
    expected = "no revoked sign-off below the release"
    found = f"revoked: {', '.join(facts.revoked)}" if facts.revoked else "none"
    return Answer(not facts.revoked, found, expected, "Sign it anew and run again.", ROLES[COMPLIANCE_OFFICER])


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
