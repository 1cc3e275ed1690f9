"""Accepted results whose answers can be looked through: right, wrong, unreadable, and one that never came."""

from typing import Any

from evals import documents as evals
from evals.engine.cases import read_cases
from evals.engine.spec import Case, EvaluationSetBody, RubricBody
from governance import store
from governance.models import Document
from governance.selectors import documents as docs
from tests.evals.engine import builders
from tests.support import papers
from tests.support.governed import Site, on_paper
from tests.support.story import _arm

RUBRIC = RubricBody.model_validate(papers.rubric())
WRONG, STRANGE, UNREADABLE, MISSING = "case-0000", "case-0001", "case-0002", "case-0003"
"""The cases that are answered with another label, with none of them, with no JSON, and not at all."""
SAID = {WRONG: '{"chapter":"skin"}', STRANGE: '{"chapter":"<b>nose</b>"}', UNREADABLE: "I cannot tell (really)"}


def cases(evaluation_set: Document) -> list[Case]:
    [entry] = docs.model_body(evaluation_set, EvaluationSetBody).files
    return read_cases([(entry.path, store.path_of(entry.sha256))])


def outputs(evaluation_set: Document) -> bytes:
    known = cases(evaluation_set)
    texts = {case.id: SAID.get(case.id, str(case.target)) for case in known if case.id != MISSING}
    return builders.outputs(RUBRIC, known, texts, "base")


def result(site: Site, purpose: str = "development", said: bytes | None = None) -> Document:
    """Have a base model measured on a set of that purpose, under a permit: the signed holdout, or a set of its own."""
    story, chosen = site.story, "set"
    plan = {"thresholds": "thresholds", "evaluation_set": "set", "rubric": "rubric"}
    with on_paper():
        if purpose == "development":
            chosen = "development set"
            body = papers.evaluation_set(story.bytes("development cases", papers.cases().replace(b"phrase", b"term")))
            story.submit("expert", chosen, evals.SET, body | {"purpose": purpose, "title": "Development phrases"})
            plan |= {"evaluation_set": chosen, "thresholds": "development limits"}
            story.submit("expert", "development limits", evals.THRESHOLDS, papers.thresholds(),
                         evaluation_set=chosen, rubric="rubric")  # fmt: skip
            story.sign(chosen, "development limits", requester="engineer", signers=("officer", "officer2"))
        kept = story.bytes(f"{purpose} answers", said or outputs(story[chosen]))
        story.submit("engineer", f"{purpose} spec", evals.SPEC, _arm("base"), **plan, subject="base")
        body = papers.evaluation_result("base", kept, 0.5) | {"missing": 1}
        return story.run(f"{purpose} spec", lambda _: (body, [kept]))


def address(found: Document, rest: str = "") -> str:
    return f"/api/v1/results/{found.digest}/failures{rest}"


def content(answer: Any) -> bytes:
    """The bytes of a streamed file."""
    return b"".join(answer.streaming_content)


def lines(answer: Any) -> list[bytes]:
    """Its lines."""
    return content(answer).splitlines()
