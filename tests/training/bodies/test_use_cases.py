"""A use case says how its goal is measured, and its risk tier selects the policy."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from governance.errors import Invalid
from governance.models import Document
from tests.support import papers
from tests.support.story import Story
from training.bodies.use_cases import UseCaseBody
from training.kinds import tuning as kinds
from training.selectors.tiers import tiers


def goal(metric: str) -> dict[str, object]:
    return papers.USE_CASE | {"goal": papers.USE_CASE["goal"] | {"metric": metric}}


@pytest.mark.parametrize("metric", ["", " ", "\n\t "])
def test_a_goal_without_a_metric_is_too_vague_to_measure(metric: str) -> None:
    with pytest.raises(ValidationError, match="too vague to measure: name the metric"):
        UseCaseBody.model_validate(goal(metric))
    UseCaseBody.model_validate(goal("exact match"))


def test_it_is_not_frozen_and_the_strictest_tier_counts(fresh_database: None, state: Path) -> None:
    story = Story()
    story.found()
    with pytest.raises(Invalid, match="too vague to measure"):
        story.submit("owner", "vague", kinds.USE_CASE, goal(" "))
    assert not Document.objects.filter(kind=kinds.USE_CASE).exists()
    assert tiers([story.project]) == {}
    for title, tier, strictest in (("A", "standard", "standard"), ("B", "high", "high"), ("C", "low", "high")):
        story.submit("owner", title, kinds.USE_CASE, papers.USE_CASE | {"title": title, "risk_tier": tier})
        assert tiers([story.project]) == {story.project.pk: strictest}
