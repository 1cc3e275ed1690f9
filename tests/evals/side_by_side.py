"""A plan whose arms were all measured under permits: base, retrieval, a hosted model and the tuned one."""

import json
from typing import Any

from evals import documents as evals
from evals.engine.answers import Answer, prompt_digest, render
from evals.engine.cases import read_cases
from evals.engine.grading import Grading
from evals.engine.outputs import write_outputs
from evals.engine.spec import Arm, Case, EvaluationSetBody, RubricBody
from governance import store
from governance.models import Document
from governance.selectors import documents as docs
from tests.support import papers
from tests.support.governed import Site, on_paper

HOLDOUT = {"thresholds": "thresholds", "evaluation_set": "set", "rubric": "rubric"}
RUBRIC = RubricBody.model_validate(papers.rubric())
RECORDING = {
    "system": "search 2.1", "made_by": "the coding desk", "made_on": "2026-11-20", "sources": "ICD-10, 2026",
    "model": "big-1",
}  # fmt: skip
ENDPOINT = {"address": "https://api.example/v1", "model": "big-1", "price_in": "0.5", "price_out": "1.5"}


def development(site: Site) -> dict[str, str]:
    """Have a plan on a development set signed; return the names of its parts."""
    story = site.story
    content = papers.cases().replace(b"phrase", b"term")
    body = papers.evaluation_set(story.bytes("development cases", content))
    story.submit("expert", "development", evals.SET, body | {"purpose": "development", "title": "Development phrases"})
    story.submit(
        "expert", "limits", evals.THRESHOLDS, papers.thresholds(), evaluation_set="development", rubric="rubric"
    )
    story.sign("development", "limits", requester="engineer", signers=("officer", "officer2"))
    return {"thresholds": "limits", "evaluation_set": "development", "rubric": "rubric"}


def cases(site: Site, plan: dict[str, str]) -> list[Case]:
    [entry] = docs.model_body(site.story[plan["evaluation_set"]], EvaluationSetBody).files
    return read_cases([(entry.path, store.path_of(entry.sha256))])


def answers(
    known: list[Case], right: int, tokens: int = 12, seconds: float = 0.5, cost: float | None = None
) -> dict[str, Answer]:
    """Answers of which the first `right` are right."""
    return {
        case.id: Answer(
            str(case.target) if number < right else '{"chapter":"<b>none</b>"}',
            tokens, True, 100, round(seconds * (1 + number % 7 / 10), 3), cost,
        )
        for number, case in enumerate(known)
    }  # fmt: skip


def recording(said: dict[str, Answer]) -> dict[str, Any]:
    """Store answers as another system would record them; return the entry of the file."""
    lines = [
        {"id": name, "output": one.text, "tokens_in": one.tokens_in, "tokens": one.tokens, "seconds": str(one.seconds),
         "cost": str(one.cost)}
        for name, one in said.items()
    ]  # fmt: skip
    entry = store.put([b"".join(json.dumps(line).encode() + b"\n" for line in lines)])
    return {"path": "answers.jsonl", "size": entry.size, "sha256": entry.sha256}


def measured(site: Site, name: str, arm: Arm, plan: dict[str, str], said: dict[str, Answer], **more: Any) -> Document:
    """Have answers measured under a permit, as what `more` says; strings name documents, the rest is the body's."""
    links = {role: target for role, target in more.items() if isinstance(target, str)}
    body = {"arm": arm, "attempt_index": 1, "note": name} | {k: v for k, v in more.items() if k not in links}
    known = cases(site, plan)
    site.story.submit("engineer", name, evals.SPEC, body, **plan, **links)
    by_key = {(case, 1): one for case, one in said.items()}
    graded = Grading(RUBRIC).grade_all(known, {key: one.text for key, one in by_key.items()})
    prompts = {case.id: prompt_digest(render(RUBRIC.prompt_of(arm), case.messages)) for case in known}
    kept = site.story.bytes(f"{name} outputs", write_outputs(by_key, graded, prompts))
    with on_paper():
        found: Document = site.story.run(name, lambda _: (papers.evaluation_result(arm, kept, 0.5), [kept]))
    site.story.made[f"{name} result"] = found
    return found


def all_arms(site: Site, settings: Any, plan: dict[str, str]) -> list[Document]:
    """Have every arm of a plan measured, the tuned model judged; return the results in the order of the page."""
    settings.COUNTERSIGN_ENDPOINTS = [ENDPOINT["address"]]
    known = cases(site, plan)
    said = answers(known, 214, 14, 1.9, 0.0021)
    found = [
        measured(site, "first base", "base", plan, answers(known, 31, 30, 0.9), subject="base"),
        measured(site, "search", "retrieval", plan, said, recorded=recording(said), recording=RECORDING),
        measured(site, "hosted", "other", plan, answers(known, 246, 16, 1.2, 0.0009), endpoint=ENDPOINT),
    ]
    with on_paper():
        site.story.made["baseline here"] = found[0]
        site.story.train()
    return [
        *found,
        measured(
            site, "candidate", "tuned", plan, answers(known, 288, 9, 0.3), subject="record", baseline="baseline here"
        ),
    ]
