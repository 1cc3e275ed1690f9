"""Released only on PASS of every hard threshold of the stage release, whatever anybody calls the result."""

from dataclasses import replace
from typing import Any
from unittest.mock import patch

import pytest

from governance.errors import Denied, Refused
from governance.gates import Weight
from governance.models import Document
from governance.proof.answers.inforce import Condition, InForce
from governance.selectors import ledger, signoff
from governance.services import documents
from tests.support import papers
from tests.support.story import Story
from training.gate.releases import RELEASE_CHECKS
from training.kinds.tuning import RELEASE
from training.services import releases


def judged(verdict: str) -> dict[str, Any]:
    """Return a judgement in which the first hard threshold of the stage release came to this, or is left out."""
    found = papers.judgement()
    line = next(
        one for one in found["verdicts"] if one["importance"] == "hard" and one.get("stage", "release") == "release"
    )
    if verdict == "not judged":
        return found | {"verdicts": [one for one in found["verdicts"] if one is not line]}
    return found | {
        "verdict": verdict,
        "verdicts": [one | {"verdict": verdict} if one is line else one for one in found["verdicts"]],
    }


@pytest.mark.attack(
    name="release a model that missed a hard threshold",
    caught_by="the release gate asks the verdict that counts under the ledger's lock; no policy weighs that lighter",
    unless="the thresholds that were signed did not ask for it",
)
@pytest.mark.parametrize("verdict", ["FAIL", "INCONCLUSIVE", "not judged"])
def test_a_hard_threshold_that_did_not_pass_blocks_every_way(story: Story, verdict: str) -> None:
    with patch("tests.support.papers.judgement", return_value=judged(verdict)):
        story.evaluate()
    engineer, count = story.people["engineer"], Document.objects.filter(kind=RELEASE).count()
    gate = releases.gate(result=story["result"], user=engineer)
    assert not gate.open
    assert "verdict" in {finding.check for finding in gate.findings}
    with pytest.raises(Refused) as refused:
        releases.propose(actor=engineer, result=story["result"], title="All the same", note="x")
    assert any(finding.check == "verdict" and verdict in finding.found for finding in refused.value.findings)
    size = ledger.size()
    links = [
        {"role": role, "digest": story[name].digest} for role, name in (("result", "result"), ("run_record", "record"))
    ]
    with pytest.raises(Denied, match="the system alone"):
        documents.document_submit(
            actor=engineer, project=story.project, kind=RELEASE, body={"title": "x", "note": "x"}, references=links
        )
    assert Document.objects.filter(kind=RELEASE).count() == count
    assert ledger.size() == size + 1, "the refusal is on the ledger"
    # Signed anew since, under a condition that nobody has confirmed: that holds a release back, too.
    known, digest = signoff.in_force_many, story["thresholds"].digest

    def conditional(*asked: Any) -> dict[str, InForce]:
        found = known(*asked)
        unmet = (Condition("c", "gate", "once the vendor has answered"),)
        return found | ({digest: replace(found[digest], unmet=unmet)} if digest in found else {})

    with patch("training.services.releases.signoff.in_force_many", side_effect=conditional):
        held = releases.gate(result=story["result"], user=engineer).findings
    assert [one.found for one in held if one.check == "sign_offs"] == [
        f"a condition is not met of: {story['thresholds']}"
    ]
    (check,) = (one for one in RELEASE_CHECKS if one.name == "verdict")
    assert check.least is Weight.HARD, "a policy cannot weigh it lighter, so no waiver reaches it"
