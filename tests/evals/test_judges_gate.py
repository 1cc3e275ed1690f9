"""Judges of a plan before anything runs: pinned, in force, reachable, carried along, and never their own judge."""

from typing import Any

import pytest

from evals import documents as evals
from evals.purposes import inputs
from evals.selectors import judges, outside
from governance.errors import Invalid, Refused
from governance.models import Document
from governance.services import jobs
from tests.evals import judged
from tests.support import papers
from tests.support.governed import Site, on_paper
from training.kinds import tuning as kinds

MET = papers.threshold("helpful", "met:helpful", "all", "0.5")


def spec(site: Site, name: str, arm: str = "base", subject: str = "base", **body: Any) -> Document:
    asked = {"arm": arm, "attempt_index": 1, "note": name} | body
    return site.story.submit("engineer", name, evals.SPEC, asked, **judged.named(), subject=subject)


def other_model(site: Site, name: str, weights: bytes) -> Document:
    """A signed base model on the shelf with these weights."""
    story = site.story
    story.submit("owner", name, kinds.BASE_MODEL, papers.base_model(story.bytes(name, weights)) | {"title": name})
    story.sign(name, requester="owner", signers=("officer",))
    return story[name]


def local(model: Document) -> dict[str, Any]:
    return {"backend": "local", "model_digest": model.digest, "prompt": "Helpful? {answer}"}


def checks(site: Site, made: Document) -> dict[str, str]:
    with on_paper(), pytest.raises(Refused) as refused:
        jobs.launch(actor=site.engineer, spec=made)
    return {finding.check: finding.found for finding in refused.value.findings}


def test_a_local_judge_is_carried_into_the_evaluation_by_its_bytes(site: Site) -> None:
    model = other_model(site, "judge model", b"other weights")
    judged.plan(site, judged.rubric(local(model)), [MET], judge_model="judge model")
    made = spec(site, "judged spec")
    folder = f"judges/{model.digest.removeprefix('sha256:')[:32]}"
    carried = [one for one in inputs(made) if one.role == "judge"]
    assert [one.name for one in carried] == [f"{folder}/base/model.safetensors"]
    with on_paper():
        assert jobs.launch(actor=site.engineer, spec=made).pk


def test_a_local_judge_names_its_model_as_a_reference(site: Site) -> None:
    model = other_model(site, "judge model", b"other weights")
    with pytest.raises(Invalid, match="judge_model"):
        site.story.submit("expert", "unpinned", evals.RUBRIC, judged.rubric(local(model)))
    with pytest.raises(Invalid, match="local judges only"):
        site.story.submit("expert", "idle", evals.RUBRIC, judged.rubric(), judge_model="judge model")


@pytest.mark.attack(
    name="a model is made the judge of its own answers, as it is, as a copy, or as what it was tuned from",
    caught_by="freezing the specification and the gate compare documents, base models and the bytes of weights",
    unless="the same model stands behind an endpoint of another address or name",
)
@pytest.mark.parametrize("how", ["same", "copy"])
def test_no_model_judges_itself(site: Site, how: str) -> None:
    model = site.story["base"] if how == "same" else other_model(site, "copy", b"weights")
    site.story.made["its model"] = model
    judged.plan(site, judged.rubric(local(model)), [MET], judge_model="its model")
    with pytest.raises(Invalid, match="shares its base model"):
        spec(site, "itself")
    with on_paper():
        site.story.train()
    with pytest.raises(Invalid, match="shares its base model"):
        spec(site, "tuned from it", arm="tuned", subject="record")
    rubric = site.story["judged rubric"]
    assert not judges.answer(rubric, site.story["record"], None, 10**6, site.story["record"].created_at).passed


def test_an_endpoint_does_not_judge_what_it_answered(site: Site) -> None:
    judged.plan(site, judged.rubric(), [MET])
    from evals.engine.endpoints import Endpoint

    rubric = site.story["judged rubric"]
    same = Endpoint(address=judged.ADDRESS.upper().replace("HTTP", "http") + "/", model="m")
    assert "whose answers it would judge" in judges.itself(rubric, None, same)
    assert judges.itself(rubric, None, Endpoint(address=judged.ADDRESS, model="another")) == ""


def test_a_judge_behind_an_endpoint_is_asked_only_where_the_operator_lets_it(site: Site, settings: Any) -> None:
    judged.plan(site, judged.rubric(judged.HTTP | {"key_from": "JUDGE_KEY"}), [MET])
    made = spec(site, "far away")
    assert "lists no endpoint" in checks(site, made)["endpoints"]
    settings.COUNTERSIGN_ENDPOINTS = [f"{judged.ADDRESS} JUDGE_KEY"]
    assert outside.variables(made) == ["JUDGE_KEY"]
    with on_paper():
        assert jobs.launch(actor=site.engineer, spec=made).pk


def test_a_judge_whose_model_is_revoked_or_altered_does_not_judge(site: Site) -> None:
    from governance import store

    model = other_model(site, "judge model", b"other weights")
    judged.plan(site, judged.rubric(local(model)), [MET], judge_model="judge model")
    made = spec(site, "judged spec")
    path = store.path_of(judges.inputs(site.story["judged rubric"])[0].sha256)
    path.chmod(0o600)
    path.write_bytes(b"altered weights")
    assert "judge_bytes" in checks(site, made)
    path.write_bytes(b"other weights")
    site.revoke("judge model")
    found = checks(site, made)
    assert "judge model" in found["judges"]


def test_a_plan_that_rests_on_what_a_judge_cannot_decide_is_refused(site: Site) -> None:
    with pytest.raises(Invalid, match="can be corrected only"):
        judged.plan(site, judged.rubric(), [MET, papers.threshold("mean", "score:helpful", "all", "0.5")])
