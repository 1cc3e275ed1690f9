"""Acceptance thresholds as a form: what is asked in words becomes the body, and nothing typed is lost."""

import re
from typing import Any

import pytest
from django.urls import reverse

from governance.models import Draft
from governance.selectors import documents as docs
from governance.services import documents
from tests.evals.engine.builders import threshold_dict
from tests.governance.web.world import World


def begun(world: World, as_, **more: str) -> Draft:
    answer = as_(world.engineer).post(reverse("thresholds-begin", args=[world.project.slug]), more)
    assert answer.status_code == 302
    return Draft.objects.get(pk=answer.url.rstrip("/").split("/")[-2])


def row(number: int = 0, **changes: Any) -> dict[str, Any]:
    asked = {
        "id": "accuracy", "metric": "exact_match", "slice": "all", "direction": ">=", "kind": "absolute",
        "limit": "0.55", "importance": "hard", "cluster_key": "cluster", "missing_policy": "failure",
        "stage": "release", "layer": "quality",
    }  # fmt: skip
    return {f"t{number}-{name}": value for name, value in (asked | changes).items()}


def head(world: World, draft: Draft, **changes: Any) -> dict[str, Any]:
    return {
        "revision": draft.revision, "rows": 1, "title": "Triage release", "preset": "standard",
        "link_evaluation_set": world.evaluation_set.digest, "link_rubric": world.rubric.digest, "act": "save",
    } | changes  # fmt: skip


def url(draft: Draft) -> str:
    return reverse("thresholds-draft", args=[draft.pk])


def test_a_plan_is_written_without_json_and_frozen(world: World, as_) -> None:
    client, draft = as_(world.engineer), begun(world, as_)
    page = client.get(reverse("draft-begin", args=[world.project.slug, "evals.thresholds"])).content.decode()
    assert reverse("thresholds-begin", args=[world.project.slug]) in page
    assert client.post(url(draft), head(world, draft) | row()).status_code == 302
    draft.refresh_from_db()
    page = client.get(url(draft)).content.decode()
    assert "F1 of ear" in page  # what rubric and cases allow is offered, in words
    assert "rouge" not in page.lower()
    assert "PASS takes a measured exact match of" in page  # before anything is frozen
    client.post(reverse("freeze", args=[draft.pk]), {"revision": draft.revision})
    draft.refresh_from_db()
    assert draft.frozen is not None
    (made,) = docs.envelope(draft.frozen).body["thresholds"]
    assert made == threshold_dict(limit="0.55", n_min=50) | {
        "power": "0.8", "estimand": None, "cluster_key": "cluster", "against": None, "groups": [],
    }  # fmt: skip


def test_presets_fill_what_is_left_empty(world: World, as_) -> None:
    draft = begun(world, as_)
    typed = head(world, draft, preset="strict", subgroups="No people are told apart.") | row(alpha="0.02")
    as_(world.engineer).post(url(draft), typed)
    draft.refresh_from_db()
    (made,) = draft.body["thresholds"]
    assert (made["alpha"], made["power"], made["n_min"]) == ("0.02", "0.9", 100)
    assert draft.body["subgroups"] == "No people are told apart."


def test_rows_are_added_and_taken_away_without_script_and_nothing_typed_is_lost(world: World, as_) -> None:
    client, draft = as_(world.engineer), begun(world, as_)
    page = client.post(url(draft), head(world, draft, act="add", title="Mine") | row(limit="half")).content.decode()
    assert 'value="half"' in page
    assert 'value="Mine"' in page
    assert re.search(r'name="rows"\s+value="2"', page)
    two = head(world, draft, act="remove-0", rows=2) | row(0, id="first") | row(1, id="second", limit="0.7")
    page = client.post(url(draft), two).content.decode()
    assert "second" in page
    assert 'value="first"' not in page
    draft.refresh_from_db()
    assert draft.body["thresholds"] == []  # neither saved anything


def test_what_cannot_be_right_is_not_saved(world: World, as_) -> None:
    client, draft = as_(world.engineer), begun(world, as_)
    answer = client.post(url(draft), head(world, draft) | row(metric="nonsense"))
    assert answer.status_code == 400
    assert "It was not saved" in answer.content.decode()
    for rows in ("0", "-1", "999", "many", ""):
        assert client.post(url(draft), head(world, draft, rows=rows) | row()).status_code == 400
    draft.refresh_from_db()
    assert draft.revision == 1


def test_two_people_at_once(world: World, as_) -> None:
    draft = begun(world, as_)
    documents.draft_edit(actor=world.engineer, draft=draft, revision=1, body={"title": "Theirs", "thresholds": []})
    answer = as_(world.engineer).post(url(draft), head(world, draft, revision=1, title="Mine") | row())
    assert answer.status_code == 409
    page = answer.content.decode()
    assert "Somebody saved revision 2" in page
    assert 'value="Mine"' in page
    again = as_(world.engineer).post(url(draft), head(world, draft, revision=2, title="Mine") | row())
    assert again.status_code == 302


def test_an_exception_and_the_next_version(world: World, as_) -> None:
    draft = begun(world, as_, base=world.thresholds.digest)
    assert [t["id"] for t in draft.body["thresholds"]] == ["accuracy", "vague", "no-worse"]
    assert draft.series == world.thresholds.series_id
    as_(world.engineer).post(url(draft), head(world, draft) | row(exception="Rare; a person reads each."))
    draft.refresh_from_db()
    assert draft.body["exceptions"] == {"accuracy": "Rare; a person reads each."}


@pytest.mark.parametrize(
    "body", [{}, {"thresholds": "x"}, {"thresholds": [1, {"id": 3, "groups": 7}], "exceptions": []}]
)
def test_any_draft_can_be_opened(world: World, as_, body: dict[str, Any]) -> None:
    draft = begun(world, as_)
    documents.draft_edit(actor=world.engineer, draft=draft, revision=1, body=body)
    assert as_(world.engineer).get(url(draft)).status_code == 200


def test_others_find_no_door(world: World, as_) -> None:
    draft = begun(world, as_)
    assert as_(world.outsider).get(url(draft)).status_code == 404
    assert as_(world.outsider).post(url(draft), head(world, draft) | row()).status_code == 404
    rubric = documents.draft_create(actor=world.engineer, project=world.project, kind="evals.rubric", body={})
    assert as_(world.engineer).get(url(rubric)).status_code == 404
    foreign = as_(world.engineer).post(
        reverse("thresholds-begin", args=[world.project.slug]), {"base": world.rubric.digest}
    )
    assert foreign.status_code == 404


def test_what_stages_decide_is_said_in_the_form_and_shown(world: World, as_) -> None:
    client, draft = as_(world.engineer), begun(world, as_)
    later = row(1, id="overrides", stage="pilot")
    said = {"rows": 2, "stage_pilot": "whether the desk keeps it after May"}
    assert client.post(url(draft), head(world, draft, **said) | row() | later).status_code == 302
    draft.refresh_from_db()
    assert draft.body["stages"] == {"pilot": "whether the desk keeps it after May"}
    assert "whether the desk keeps it after May" in client.get(url(draft)).content.decode()
    client.post(reverse("freeze", args=[draft.pk]), {"revision": draft.revision})
    draft.refresh_from_db()
    page = client.get(reverse("document", args=[draft.frozen_id])).content.decode()
    assert "decides pilot" in page
    assert "whether the desk keeps it after May" in page


def test_a_signed_preset_fills_what_is_left_empty_and_the_draft_says_where_it_is_looser(world: World, as_) -> None:
    body = {"title": "Ours", "preset": "strict", "alpha": "0.02", "power": "0.85", "n_min": 70}
    signed = documents.document_submit(actor=world.officer, project=None, kind="evals.preset", body=body)
    client, draft = as_(world.engineer), begun(world, as_)
    assert "Signed preset" in client.get(url(draft)).content.decode()
    chosen = head(world, draft, link_signed_preset=signed.digest, subgroups="No people are told apart.", rows=2)
    loose = row(1, id="loose", alpha="0.2")
    assert client.post(url(draft), chosen | row() | loose).status_code == 302
    draft.refresh_from_db()
    filled, other = draft.body["thresholds"]
    assert (filled["alpha"], filled["power"], filled["n_min"]) == ("0.02", "0.85", 70)
    assert (other["alpha"], other["n_min"]) == ("0.2", 70)
    assert draft.body["preset"] == "strict"
    page = client.get(url(draft)).content.decode()
    assert "loose: α 0.2 instead of 0.02" in page


def test_presets_begin_from_what_comes_with_the_program(world: World, as_) -> None:
    client = as_(world.officer)
    address = reverse("shelf-draft-begin", args=["evals.preset"])
    page = client.get(address).content.decode()
    assert "α 0.01, power 0.9, 100 cases; subgroups compared or a reason why not." in page
    assert client.post(address, {"template": "strict"}).status_code == 302
    draft = Draft.objects.get(kind="evals.preset")
    assert (draft.project, draft.body["alpha"]) == (None, "0.01")
    assert client.post(address, {"template": "lax"}).status_code == 404
