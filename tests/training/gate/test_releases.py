"""Each check of a release's gate, alone: one fact goes wrong, and exactly the check about it says no. Then all of them
together, held against a rule in other words.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evals.engine.results import VerdictLine
from evals.engine.spec import Threshold
from governance import gates
from governance.bodies import WaiverBody
from governance.gates import Answer, Waived
from governance.models import Document
from governance.proof.answers.inforce import Condition, InForce, Signed, Standing
from governance.proof.formats.fields import rfc3339
from governance.selectors import waivers
from tests.support import papers
from training.gate.releases import RELEASE_CHECKS, ReleaseFacts, not_passed

YES = Answer(True, "yes", "yes")
NO = Answer(False, "no", "yes", "mend it", "engineer")
RELEASE = ReleaseFacts("PASS", (), (), True, True, True, (), (), (), "holdout", YES, ())


def test_a_critical_answer_keeps_a_release_back_unless_it_is_waived_or_the_policy_only_tells():
    facts = replace(RELEASE, critical=tuple(f"Leaks, exchange {number}" for number in range(1, 6)))
    [finding] = gates.decide(RELEASE_CHECKS, facts).findings
    assert finding.check == "red_team"
    assert finding.found == "Leaks, exchange 1; Leaks, exchange 2; Leaks, exchange 3 and 2 more"
    assert gates.decide(RELEASE_CHECKS, facts, weights={"red_team": "advisory"}).open


@pytest.mark.parametrize(
    ("check", "facts"),
    [
        ("verdict", replace(RELEASE, failed=("accuracy: not judged",))),
        ("verdict", replace(RELEASE, verdict="FAIL")),
        ("verdict", replace(RELEASE, verdict="INCONCLUSIVE")),
        ("verdict", replace(RELEASE, verdict="")),
        ("evidence", replace(RELEASE, result_accepted=False)),
        ("evidence", replace(RELEASE, record_accepted=False)),
        ("evidence", replace(RELEASE, same_run=False)),
        ("sign_offs", replace(RELEASE, revoked=("Thresholds v1",))),
        ("sign_offs", replace(RELEASE, held=("Thresholds v1",))),
        ("artefact_bytes", replace(RELEASE, artefact_faults=None)),
        ("artefact_bytes", replace(RELEASE, artefact_faults=("a byte",))),
        ("holdout", replace(RELEASE, purpose="development")),
        ("people", replace(RELEASE, people=NO)),
    ],
)
def test_one_wrong_fact_keeps_a_release_back(check, facts):
    assert gates.decide(RELEASE_CHECKS, RELEASE).open
    verdict = gates.decide(RELEASE_CHECKS, facts, weights={c.name: "advisory" for c in RELEASE_CHECKS})
    assert {f.check for f in verdict.findings} == {check}


FAULTS = (
    {"result_accepted": False}, {"record_accepted": False}, {"same_run": False}, {"revoked": ("Thresholds v1",)},
    {"artefact_faults": None}, {"artefact_faults": ("a byte",)}, {"purpose": "development"}, {"purpose": ""},
    {"people": NO}, {"held": ("Thresholds v1",)},
)  # fmt: skip
NOW = datetime(2026, 11, 27, tzinfo=UTC)
PEOPLE = ("a", "b", "c")
SOFT_ONES = ("red_team", "soft_thresholds")


def asked(name: str, importance: str, stage: str) -> Threshold:
    return Threshold.model_validate(papers.threshold(name, "exact_match", "all", "0.5", importance, stage=stage))


def line(threshold: Threshold, verdict: str, **altered: str) -> VerdictLine:
    body = papers.judgement()["verdicts"][0]
    told = {name: getattr(threshold, name) for name in ("metric", "slice", "kind", "limit", "importance", "stage")}
    return VerdictLine.model_validate(body | told | {"threshold": threshold.id, "verdict": verdict} | altered)


@st.composite
def judged(draw: st.DrawFn) -> tuple[list[Threshold], list[VerdictLine]]:
    """A signed plan, and what a result says of it: all of it, or less, or more, or something else."""
    stages = st.sampled_from(("release", "release", "pilot", "production"))
    plan = [
        asked(f"t{n}", draw(st.sampled_from(("hard", "soft"))), draw(stages)) for n in range(draw(st.integers(1, 4)))
    ]
    mostly = st.sampled_from(("PASS", "PASS", "PASS", "FAIL", "INCONCLUSIVE"))
    said = [line(one, draw(mostly)) for one in plan for _ in range(draw(st.sampled_from((1, 1, 1, 1, 0, 2))))]
    changes = (
        {"limit": "0.4"},
        {"importance": "soft"},
        {"importance": "hard"},
        {"stage": "pilot"},
        {"slice": "common"},
    )
    if said and draw(st.sampled_from((False, False, True))):
        said[0] = said[0].model_copy(update=draw(st.sampled_from(changes)))
    return plan, said


@st.composite
def waiver(draw: st.DrawFn) -> waivers.Known:
    signers = draw(st.sets(st.sampled_from(PEOPLE), min_size=1, max_size=3))
    held = InForce(
        draw(st.sampled_from((*[Standing.IN_FORCE] * 6, Standing.REVOKED, Standing.PENDING))),
        signatures=tuple(Signed(one, "owner", 1, NOW) for one in sorted(signers)),
        unmet=draw(st.sampled_from(((), (), (), (Condition("c", "gate", "not yet"),)))),
    )
    ends = NOW + timedelta(days=draw(st.sampled_from((0, 0, 1, 1, -1))))
    said = {"title": "w", "reason": "r", "risk": "k", "measures": "m", "retrospective_due": rfc3339(ends)}
    checks = draw(st.lists(st.sampled_from((*SOFT_ONES, "verdict")), min_size=1, unique=True))
    body = WaiverBody.model_validate(said | {"checks": checks, "expires_at": rfc3339(ends)})
    return waivers.Known(cast(Document, SimpleNamespace(digest="sha256:w")), body, held)


def lets_pass(given: waivers.Known, check: str, launcher: str) -> bool:
    """Whether a waiver counts, by its rule in other words."""
    people = {one.signer for one in given.standing.signatures}
    ended = datetime.fromisoformat(given.body.expires_at) <= NOW
    agreed = given.standing.standing is Standing.IN_FORCE and not given.standing.unmet
    return check in given.body.checks and agreed and not ended and len(people) >= 2 and launcher not in people


def passed(plan: list[Threshold], said: list[VerdictLine], importance: str) -> bool:
    """Whether every limit of the release was judged once, as signed, and kept: a rule that knows no gate."""
    for one in plan:
        if one.stage == "release" and one.importance == importance:
            same = [s for s in said if s.threshold == one.id and s.stage == "release"]
            if [s.verdict for s in same] != ["PASS"]:
                return False
            if (same[0].limit, same[0].slice, same[0].importance) != (one.limit, one.slice, one.importance):
                return False
    own = {one.id for one in plan if (one.stage, one.importance) == ("release", importance)}
    strange = [s for s in said if (s.stage, s.importance) == ("release", importance) and s.threshold not in own]
    return all(s.verdict == "PASS" for s in strange)


@given(judged(), st.sampled_from(("hard", "soft")))
@settings(max_examples=300, deadline=None)
def test_what_did_not_pass_is_what_was_signed_and_not_kept(plan_and_lines, importance):
    plan, said = plan_and_lines
    assert (not not_passed(plan, said, importance)) == passed(plan, said, importance)


@given(
    st.sampled_from(("PASS", "PASS", "PASS", "PASS", "FAIL", "INCONCLUSIVE", "")),
    st.sampled_from(((), (), (), ("accuracy: FAIL",))),
    st.sampled_from(((), ("high-value: FAIL",))),
    st.sampled_from(((), ("Leaks, exchange 1",))),
    st.fixed_dictionaries({name: st.sampled_from(("hard", "soft", "soft", "soft", "advisory")) for name in SOFT_ONES}),
    st.lists(waiver(), min_size=1, max_size=2),
    st.sampled_from(PEOPLE),
    st.sampled_from((*[None] * 12, *FAULTS)),
)
@settings(max_examples=300, deadline=None)
def test_a_release_is_let_out_by_nothing_but_its_rule(
    verdict, failed, missed, critical, weights, given_waivers, launcher, fault
):
    facts = replace(RELEASE, verdict=verdict, failed=failed, missed=missed, critical=critical, **(fault or {}))
    waived = {
        check: Waived(known.document.digest, "they", known.body.expires_at)
        for known in given_waivers
        if not known.fault(NOW, launcher)
        for check in known.body.checks
    }
    lighter = {"verdict": "soft", "sign_offs": "advisory"}  # what no policy may say
    found = gates.decide(RELEASE_CHECKS, facts, weights=lighter | weights, waived=waived)

    def soft(check: str, well: bool) -> bool:
        let = weights[check] == "soft" and any(lets_pass(one, check, launcher) for one in given_waivers)
        return well or weights[check] == "advisory" or let

    assert found.open == (
        fault is None
        and verdict == "PASS"
        and not failed
        and soft("red_team", not critical)
        and soft("soft_thresholds", not missed)
    )
