"""The draft editor: nothing typed is lost, and what freezes is what was shown."""

import json

import pytest
from django.urls import reverse

from governance.models import Document, Draft
from governance.selectors import documents as select
from tests.evals.engine.builders import rubric_dict
from tests.governance.web.world import World, thresholds_body


@pytest.fixture
def draft(world: World, as_) -> Draft:
    url = reverse("draft-begin", args=[world.project.slug, "evals.rubric"])
    response = as_(world.engineer).post(url, {"body": json.dumps(rubric_dict()), "revision": "1"})
    assert response.status_code == 302
    return Draft.objects.get(pk=response["Location"].rstrip("/").rsplit("/", 1)[-1])


def test_a_new_draft_starts_from_the_kinds_members(world: World, as_) -> None:
    page = as_(world.engineer).get(reverse("draft-begin", args=[world.project.slug, "evals.rubric"]))
    body = json.loads(page.context["form"]["body"].value())
    assert {"title", "criteria", "output", "unparsed"} <= set(body)


def test_save_and_freeze(world: World, as_, draft: Draft) -> None:
    client = as_(world.engineer)
    changed = rubric_dict(title="Better")
    saved = client.post(reverse("draft", args=[draft.pk]), {"body": json.dumps(changed), "revision": "1"})
    assert saved.status_code == 302
    response = client.post(reverse("freeze", args=[draft.pk]), {"revision": "2"})
    assert response.status_code == 302
    document = Document.objects.get(title="Better")
    assert response["Location"] == reverse("document", args=[document.digest])
    assert select.envelope(document).contributors == [world.engineer.actor]
    assert client.get(reverse("draft", args=[draft.pk])).status_code == 302


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("{", "line 1"),
        ("[]", "expected an object"),
        ('{"a": 0.5}', "in quotes"),
        ('{"a": 1, "a": 2}', "twice"),
        ('{"a": NaN}', "NaN"),
        ('{"a": ' + "[" * 5000 + "]" * 5000 + "}", ""),
        ('{"a": 99999999999999999999}', ""),
        ('{"a": "\\ud800"}', ""),
    ],
)
def test_bad_json_is_told_and_kept(world: World, as_, draft: Draft, body: str, words: str) -> None:
    response = as_(world.engineer).post(reverse("draft", args=[draft.pk]), {"body": body, "revision": "1"})
    assert response.status_code == 400
    page = response.content.decode()
    assert words in page
    draft.refresh_from_db()
    assert draft.revision == 1


def test_an_incomplete_draft_is_saved_but_not_frozen(world: World, as_, draft: Draft) -> None:
    client = as_(world.engineer)
    client.post(reverse("draft", args=[draft.pk]), {"body": '{"title": "half"}', "revision": "1"})
    page = client.get(reverse("draft", args=[draft.pk])).content.decode()
    assert "incomplete" in page
    response = client.post(reverse("freeze", args=[draft.pk]), {"revision": "2"})
    assert response.status_code == 400
    assert not Document.objects.filter(title="half").exists()


def test_two_editors_the_second_sees_the_firsts_text_and_keeps_their_own(world: World, as_, draft: Draft) -> None:
    url = reverse("draft", args=[draft.pk])
    first = {"body": json.dumps(rubric_dict(title="From the first")), "revision": "1"}
    second = {"body": json.dumps(rubric_dict(title="From the second")), "revision": "1"}
    assert as_(world.engineer).post(url, first).status_code == 302
    response = as_(world.second_officer).post(url, second)
    page = response.content.decode()
    assert response.status_code == 409
    assert "From the first" in page
    assert "From the second" in page
    assert response.context["form"]["revision"].value() == "2"
    assert as_(world.second_officer).post(url, second | {"revision": "2"}).status_code == 302
    draft.refresh_from_db()
    assert draft.title == "From the second"


def test_freezing_another_revision_than_shown_is_refused(world: World, as_, draft: Draft) -> None:
    response = as_(world.engineer).post(reverse("freeze", args=[draft.pk]), {"revision": "7"})
    assert response.status_code == 409
    assert "Somebody was faster" in response.content.decode()


@pytest.mark.parametrize("revision", ["", "x", "9" * 400])
def test_nonsense_revisions_are_no_crash(world: World, as_, draft: Draft, revision: str) -> None:
    client = as_(world.engineer)
    assert client.post(reverse("freeze", args=[draft.pk]), {"revision": revision}).status_code in (400, 409)
    body = json.dumps(rubric_dict())
    saved = client.post(reverse("draft", args=[draft.pk]), {"body": body, "revision": revision})
    assert saved.status_code in (400, 409)


def test_references_are_chosen_among_fitting_documents(world: World, as_) -> None:
    client = as_(world.engineer)
    url = reverse("draft-begin", args=[world.project.slug, "evals.thresholds"])
    page = client.get(url).content.decode()
    assert world.rubric.digest in page
    assert world.policy.digest not in page
    body = json.dumps(thresholds_body(title="Second plan"))
    wrong = client.post(url, {"body": body, "link_rubric": world.policy.digest})
    assert wrong.status_code == 400
    links = {"link_rubric": world.rubric.digest, "link_evaluation_set": world.evaluation_set.digest}
    made = client.post(url, {"body": body} | links)
    assert made.status_code == 302
    stored = Draft.objects.get(title="Second plan").references
    assert {link["digest"] for link in stored} == set(links.values())


def test_the_next_version_begins_with_the_content_of_the_last(world: World, as_) -> None:
    client, url = as_(world.engineer), reverse("next-version", args=[world.thresholds.digest])
    form = client.get(url).context["form"]
    assert json.loads(form["body"].value())["title"] == "Triage release"
    assert form["link_rubric"].value() == world.rubric.digest
    client.post(
        url,
        {"body": json.dumps(thresholds_body()), "link_rubric": world.rubric.digest,
         "link_evaluation_set": world.evaluation_set.digest},
    )  # fmt: skip
    draft = Draft.objects.get(frozen=None, title="Triage release")
    client.post(reverse("freeze", args=[draft.pk]), {"revision": "1"})
    assert Document.objects.get(series=world.thresholds.series, number=2).title == "Triage release"


def test_who_may_not_write_a_kind_is_told_so(world: World, as_) -> None:
    response = as_(world.auditor).post(
        reverse("draft-begin", args=[world.project.slug, "evals.rubric"]), {"body": "{}"}
    )
    assert response.status_code == 403
    assert as_(world.engineer).get(reverse("draft-begin", args=[world.project.slug, "no.such"])).status_code == 404
    assert as_(world.engineer).get(reverse("shelf-draft-begin", args=["evals.rubric"])).status_code == 404
