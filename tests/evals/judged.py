"""A plan whose rubric has a judge, put into a governed installation and signed there."""

import json
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any
from unittest.mock import patch

from evals import documents as evals
from evals import samples
from evals.engine.spec import Arm, EvaluationSetBody, RubricBody
from governance.models import Document
from governance.selectors import documents as docs
from tests.evals.engine import builders
from tests.support import holdout, papers
from tests.support.governed import Site, on_paper

ADDRESS = "http://127.0.0.1:9/v1"
PRICES = {"price_in": "0.50", "price_out": "1.50"}
HTTP = {"backend": "http", "endpoint": ADDRESS, "model": "m", "prompt": "Helpful? {answer}"} | PRICES
SCALE = {"low": 0, "high": 1, "met_from": 1}


def criterion(grader: str, name: str, **parameters: Any) -> dict[str, Any]:
    return dict(
        papers.rubric()["criteria"][0],
        name=name, description=f"It is {name}", grader=grader, weight="0", parameters=parameters | {"scale": SCALE},
    )  # fmt: skip


def rubric(pins: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """The story's rubric with a criterion "helpful" for a judge."""
    body = papers.rubric()
    added = [criterion("judge", "helpful", judge="j")]
    return body | {"criteria": [*body["criteria"], *added], "judges": {"j": pins or HTTP}} | more


def few(site: Site, count: int) -> None:
    """Freeze and sign a set of few cases as "few": people grade all of them."""
    story = site.story
    kept = story.bytes("few cases", holdout.lines(count, papers.LABELS, list(papers.SLICES)))
    story.submit("expert", "few", evals.SET, papers.evaluation_set(kept) | {"cases": count, "title": "Few"})
    story.sign("few", requester="engineer", signers=("officer",))


def plan(
    site: Site,
    body: dict[str, Any],
    thresholds: Sequence[dict[str, Any]],
    name: str = "judged",
    cases: str = "set",
    **links: str,
) -> None:
    """Freeze and sign a rubric and thresholds on a set, as "<name> rubric" and "<name> thresholds"."""
    story = site.story
    story.submit("expert", f"{name} rubric", evals.RUBRIC, body, **links)
    asked = papers.thresholds() | {"title": name, "thresholds": list(thresholds)}
    story.submit("expert", f"{name} thresholds", evals.THRESHOLDS, asked, evaluation_set=cases, rubric=f"{name} rubric")
    story.sign(f"{name} rubric", f"{name} thresholds", requester="engineer", signers=("officer", "officer2"))


def named(name: str = "judged", cases: str = "set") -> dict[str, str]:
    """The references of a specification on that plan."""
    return {"thresholds": f"{name} thresholds", "rubric": f"{name} rubric", "evaluation_set": cases}


def measured(
    site: Site,
    name: str,
    arm: Arm,
    says: Callable[[str], str] | None,
    answers: Callable[[int], str],
    *,
    plan: str = "judged",
    of: str = "set",
    **links: str,
) -> Document:
    """Have a result of an arm accepted, under a permit: `answers` by the case's place, `says` a judge to a prompt."""
    story = site.story
    cases = list(samples.stored_cases(docs.model_body(story[of], EvaluationSetBody)))
    asked: RubricBody = docs.model_body(story[f"{plan} rubric"], RubricBody)
    texts = {case.id: json.dumps({"chapter": answers(place)}) for place, case in enumerate(cases)}
    kept = story.bytes(f"{name} outputs", builders.outputs(asked, cases, texts, arm, says))
    spec = {"arm": arm, "attempt_index": 1, "note": name}
    story.submit("engineer", f"{name} spec", evals.SPEC, spec, **named(plan, of), **links)
    with ExitStack() as held:
        held.enter_context(on_paper())
        held.enter_context(patch("evals.selectors.outside.endpoints.fault", return_value=""))
        body = papers.evaluation_result(arm, kept, 0.5) | {"n": len(cases)}
        story.made[name] = story.run(f"{name} spec", lambda _: (body, [kept]))
    return story[name]
