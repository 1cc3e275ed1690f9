"""A governed installation with recorded outputs of two arms, and people who may grade them."""

import json
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import pytest

from evals import documents as evals
from evals import samples
from evals.engine.results import Judgement
from evals.engine.spec import Arm, EvaluationSetBody, RubricBody
from evals.selectors import grading as select
from evals.selectors.grading import Round
from evals.services import grading
from governance.models import Document, User
from governance.selectors import documents as docs
from tests.evals.engine import builders
from tests.support import papers
from tests.support.governed import Site, Step, on_paper
from tests.support.governed_fixtures import each_site, site, sites
from tests.support.story import _PLAN, _arm

__all__ = ["already", "each_panel", "each_site", "panel", "site", "sites"]


@dataclass
class Panel:
    """The installation, the results of its two arms, and its people by name."""

    site: Site
    base: Document
    tuned: Document

    @property
    def people(self) -> dict[str, User]:
        return self.site.story.people

    def open(self, cases: int = 3, by: str = "officer", **more: Any) -> Round:
        options: dict[str, Any] = {"results": [self.base, self.tuned], "criteria": ["answer"]} | more
        row = grading.round_open(
            actor=self.people[by], project=self.site.story.project, title="Grading", cases=cases, **options
        )
        return self.read(row.pk)

    def read(self, identifier: Any, by: str = "owner") -> Round:
        return select.get(self.people[by], identifier)

    def give(self, who: str, found: Round, item: str, score: int, number: int = 0, comment: str = "") -> Any:
        scores = {criterion.name: score for criterion in found.body.criteria}
        return grading.grade_give(
            actor=self.people[who], grading_round=found, item=item, scores=scores, number=number, comment=comment
        )

    def fill(self, found: Round, first: str = "officer", second: str = "expert") -> None:
        """Have two people agree on everything."""
        for number, item in enumerate(sorted(found.states)):
            for who in (first, second):
                self.give(who, found, item, number % 2)


def outputs(site: Site, arm: Arm) -> bytes:
    """What the engine writes of an arm that answers every case with its own name."""
    cases = samples.stored_cases(docs.model_body(site.story["set"], EvaluationSetBody))
    asked = docs.model_body(site.story["rubric"], RubricBody)
    answer = json.dumps({"chapter": arm})
    return builders.outputs(asked, cases, {case.id: answer for case in cases}, arm)


def measured(site: Site, name: str, arm: Arm, **links: str) -> Document:
    """Have a result of an arm accepted, under a permit, whose outputs can be read."""
    story = site.story
    kept = story.bytes(name, outputs(site, arm))
    story.submit("engineer", f"{name} spec", evals.SPEC, _arm(arm), **_PLAN, **links)
    judged = Judgement.model_validate(papers.judgement())
    with ExitStack() as held:
        held.enter_context(on_paper())
        if arm == "tuned":
            held.enter_context(patch("evals.services.judging.judge", return_value=judged))
        return story.run(f"{name} spec", lambda _: (papers.evaluation_result(arm, kept, 0.5), [kept]))


def both_measured(site: Site) -> tuple[Document, Document]:
    with on_paper():
        site.story.train()
    base = site.story.made["base answers"] = measured(site, "again", "base", subject="base")
    return base, measured(site, "tuned", "tuned", subject="record", baseline="base answers")


@pytest.fixture
def already() -> Step:
    return both_measured


@pytest.fixture
def panel(site: Site) -> Panel:
    base, tuned = site.made
    return Panel(site, base, tuned)


@pytest.fixture
def each_panel(each_site: Site) -> Panel:
    """The same, once on SQLite and once on PostgreSQL."""
    base, tuned = each_site.made
    return Panel(each_site, base, tuned)
