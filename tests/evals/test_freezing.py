"""Evaluation sets and thresholds are read in full before anybody is asked to sign them."""

import json
from decimal import Decimal

import pytest

from evals import documents as evals
from evals.selectors import deciding
from governance import store
from governance.errors import Invalid
from governance.models import Document
from governance.services import documents
from tests.support import holdout, papers


def submit(site, content, **changes):
    entry = store.put([content]) if content is not None else store.put([b"x"])
    body = papers.evaluation_set(entry.model_dump(exclude={"md5"})) | {
        "cases": 3,
        "slices": {},
        "labels": ["eye", "ear"],
    }
    return documents.document_submit(
        actor=site.story.people["expert"], project=site.story.project, kind=evals.SET, body=body | changes
    )


def lines(count=3, **changes):
    made = [json.loads(line) for line in holdout.lines(count, ["eye", "ear"]).splitlines()]
    return b"".join(json.dumps(case | changes).encode() + b"\n" for case in made)


def test_a_good_set_is_frozen(site):
    assert submit(site, lines()).number == 1


@pytest.mark.attack(
    name="have an evaluation set signed that tells more cases, clusters or risky ones of a slice than its files hold",
    caught_by="every case is read when the set is frozen, and each size it tells must be what was counted",
    unless="it tells none: then reports say that how many a slice has is the server's word",
)
@pytest.mark.parametrize("what", ["clusters", "high_risk", "repeats"])
def test_a_set_that_tells_one_case_too_many_is_refused(site, what):
    size = {"cases": 3, "clusters": 2, "high_risk": 1, "repeats": 0}
    told = [json.loads(line) for line in lines().splitlines()]
    told[0] |= {"cluster": "one", "risk": "high"}
    told[1] |= {"cluster": "one"}
    held = b"".join(json.dumps(one).encode() + b"\n" for one in told)
    assert submit(site, held, sizes={"all": size}).number == 1
    with pytest.raises(Invalid, match=f"found {size[what]} as {what} of the slice 'all', expected the declared"):
        submit(site, held, sizes={"all": size | {what: size[what] + 1}})


@pytest.mark.parametrize(
    ("content", "changes", "match"),
    [
        (b"", {}, "empty"),
        (b"\xff\n", {}, "UTF-8"),
        (lines(2), {}, "2 cases, expected the declared 3"),
        (lines(4), {}, "4 cases, expected the declared 3"),
        (lines(1) * 3, {}, "taken by"),
        (lines(extra=1), {}, "extra"),
        (lines(slices=["secret"]), {}, "slices"),
        (lines(), {"slices": {"unused": "nobody"}}, "no case is in"),
        (lines(target="not json"), {}, "not JSON"),
        (lines().rstrip(b"\n") + b"\n\n", {}, "blank"),
    ],
)
def test_bad_sets_are_refused(site, content, changes, match):
    before = Document.objects.count()
    with pytest.raises(Invalid, match=match):
        submit(site, content, **changes)
    assert Document.objects.count() == before


def test_a_draft_is_read_when_it_is_frozen(site):
    entry = store.put([lines(2)])
    body = papers.evaluation_set(entry.model_dump(exclude={"md5"})) | {"cases": 3, "slices": {}}
    expert = site.story.people["expert"]
    draft = documents.draft_create(actor=expert, project=site.story.project, kind=evals.SET, body=body)
    with pytest.raises(Invalid, match="declared 3"):
        documents.draft_freeze(actor=expert, draft=draft, revision=1)


@pytest.mark.parametrize(
    ("threshold", "match"),
    [
        (papers.threshold("a", "exact_match", "nowhere", "0.5"), "nowhere"),
        (papers.threshold("a", "f1:unknown", "all", "0.5"), "unknown"),
    ],
)
def test_thresholds_must_fit_set_and_rubric(site, threshold, match):
    story = site.story
    with pytest.raises(Invalid, match=match):
        story.submit(
            "expert",
            "misfit",
            evals.THRESHOLDS,
            papers.thresholds() | {"thresholds": [threshold]},
            evaluation_set="set",
            rubric="rubric",
        )


def test_labels_must_be_declared_where_the_rubric_looks(site):
    content = lines(target='{"chapter":"nose"}')
    site.story.made["odd"] = submit(site, content)
    with pytest.raises(Invalid, match="nose"):
        site.story.submit(
            "expert", "misfit", evals.THRESHOLDS, papers.thresholds() | {"thresholds": [
                papers.threshold("a", "exact_match", "all", "0.5")
            ]}, evaluation_set="odd", rubric="rubric",
        )  # fmt: skip


def test_a_plan_that_waits_for_people_is_frozen_and_says_so(site):
    tone = {"name": "tone", "description": "Kind", "grader": "human", "parameters": {}, "weight": "0.1"}
    first, *rest = papers.rubric()["criteria"]
    less = first | {"weight": str(Decimal(first["weight"]) - Decimal("0.1"))}
    body = papers.rubric() | {"criteria": [less, *rest, tone | {"anchors": first["anchors"]}]}
    limits = [papers.threshold("kind", "met:tone", "all", "0.5"), papers.threshold("pass", "pass_rate", "all", "0.5")]

    story = site.story
    story.submit("expert", "kind", evals.RUBRIC, body)
    made = story.submit(
        "expert", "waits", evals.THRESHOLDS, papers.thresholds() | {"thresholds": limits},
        evaluation_set="set", rubric="kind",
    )  # fmt: skip
    told = {one.threshold.id: one.words for one in deciding.foretold(made)}
    assert all("until every answer is graded, the result waits for them" in words for words in told.values())
    assert set(told) == {"kind", "pass"}


def test_a_rubric_is_frozen_only_if_the_engine_can_grade_by_it(site):
    story = site.story
    broken = papers.rubric() | {"output": {"format": "json", "schema": {"type": "nonsense"}, "label_field": "chapter"}}
    with pytest.raises(Invalid, match="not a JSON Schema"):
        story.submit("expert", "broken", evals.RUBRIC, broken)
