"""Each check of a release's gate, alone: one fact goes wrong, and exactly the check about it says no."""

from dataclasses import replace

import pytest

from governance import gates
from governance.gates import Answer
from training.gate.releases import RELEASE_CHECKS, ReleaseFacts

YES = Answer(True, "yes", "yes")
NO = Answer(False, "no", "yes", "mend it", "engineer")
RELEASE = ReleaseFacts("PASS", (), (), True, True, True, (), (), "holdout", YES, ())


def test_a_critical_answer_keeps_a_release_back_unless_it_is_waived_or_the_policy_only_tells():
    facts = replace(RELEASE, critical=tuple(f"Leaks, exchange {number}" for number in range(1, 6)))
    [finding] = gates.decide(RELEASE_CHECKS, facts).findings
    assert finding.check == "red_team"
    assert finding.found == "Leaks, exchange 1; Leaks, exchange 2; Leaks, exchange 3 and 2 more"
    assert gates.decide(RELEASE_CHECKS, facts, weights={"red_team": "advisory"}).open


@pytest.mark.parametrize(
    ("check", "facts"),
    [
        ("verdict", replace(RELEASE, verdict="FAIL")),
        ("verdict", replace(RELEASE, verdict="INCONCLUSIVE")),
        ("verdict", replace(RELEASE, verdict="")),
        ("evidence", replace(RELEASE, result_accepted=False)),
        ("evidence", replace(RELEASE, record_accepted=False)),
        ("evidence", replace(RELEASE, same_run=False)),
        ("sign_offs", replace(RELEASE, revoked=("Thresholds v1",))),
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
