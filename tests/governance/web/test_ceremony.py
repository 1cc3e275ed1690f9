"""The officer's ceremony on the page: what is shown is what is signed, and everything that can be said with it."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from governance import registry, store
from governance.models import Condition, LedgerOpening, Signature
from governance.proof.formats import canonical
from governance.selectors import presentation, samples
from governance.selectors import signoff as select
from governance.selectors.presentation import MEANINGS
from governance.selectors.statements import Opener
from governance.services import attachments, comments, delegation, documents, signoff
from tests.evals.engine.builders import threshold_dict
from tests.governance.test_file_types import PDF
from tests.governance.web import reviewed
from tests.governance.web import world as made
from tests.governance.web.reviewed import SAMPLE, Reviewed
from tests.governance.web.world import PASSWORD, World
from tests.support.stage import Stages


@pytest.fixture
def plan(stages: Stages, state: Path) -> Iterator[Reviewed]:
    with stages.entered(reviewed.build, state) as built:
        yield built


@pytest.fixture
def world(plan: Reviewed) -> World:
    return plan.world


def hidden(html: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', html)
    assert found, name
    return found[1]


def filled(html: str, **changes: Any) -> dict[str, Any]:
    """Return the sign form of a page as somebody sends it who agrees with every case."""
    fields: dict[str, Any] = {name: hidden(html, name) for name in ("role", "presented", "shown_at")}
    fields |= {"meaning": MEANINGS[0], "reason": "Read it all.", "password": PASSWORD}
    fields |= dict.fromkeys(re.findall(r'name="(opinion:[^"]+)"', html), "agree")
    return fields | changes


def said(request: Any, signer: Any) -> Any:
    return Opener().open(Signature.objects.get(request=request, signer=signer)).predicate


def test_what_is_signed_names_exactly_what_was_shown(plan: Reviewed, as_) -> None:
    client, url = as_(plan.world.officer), reverse("request", args=[plan.request.pk])
    html = client.get(url).content.decode()
    response = client.post(reverse("sign", args=[plan.request.pk]), filled(html))
    assert response.status_code == 302, response.content.decode()
    predicate = said(plan.request, plan.world.officer)
    assert predicate.presented == hidden(html, "presented")
    kept = canonical.loads(store.read(predicate.presented))
    assert [d["digest"] for d in kept["documents"]] == [plan.evaluation_set.digest, plan.rubric.digest]
    assert kept["role"] == "compliance_officer"
    assert kept["covers"] == predicate.covers
    (change,) = [c for d in kept["documents"] for s in d["sections"] if s["name"] == "cases" for c in s["changes"]]
    assert (change["before"], change["after"]) == ("300", "320")
    assert f"<del>{change['before']}</del>" in html
    (question,) = kept["documents"][1]["comments"]
    assert (question["place"], question["open"]) == ("prompt", True)
    assert "Why JSON only?" in html
    assert "Why JSON only?" not in store.read(predicate.presented).decode()  # only its commitment: it can be erased


def test_unchanged_sections_say_since_when_and_by_whom(plan: Reviewed, as_) -> None:
    shown = presentation.present(plan.world.officer, plan.request, "compliance_officer")
    told = {d["digest"]: {s["name"]: s for s in d["sections"]} for d in shown.content["documents"]}
    criteria = told[plan.rubric.digest]["criteria"]
    assert criteria["changes"] == []
    assert criteria["signed"]["digest"] == plan.world.rubric.digest
    assert criteria["signed"]["by"] == ["Oscar Owner", "Carla Officer"]
    assert told[plan.rubric.digest]["prompt"]["signed"] is None
    html = as_(plan.world.officer).get(reverse("request", args=[plan.request.pk])).content.decode()
    assert "unchanged since it was signed on" in html
    assert "by Oscar Owner, Carla Officer" in html


@pytest.mark.attack(
    name="have somebody sign a page that changed after they looked",
    caught_by="the signature names the digest of what was shown; under the lock it must be what is shown now",
    unless="the signer's own browser lies to them",
)
def test_a_page_that_changed_is_looked_at_again(plan: Reviewed, as_) -> None:
    client, url = as_(plan.world.officer), reverse("request", args=[plan.request.pk])
    before = client.get(url).content.decode()
    comments.comment_make(
        actor=plan.world.engineer, document=plan.rubric, kind="answer", answers=plan.question, text="Coders need it"
    )
    response = client.post(reverse("sign", args=[plan.request.pk]), filled(before))
    again = response.content.decode()
    assert response.status_code == 409
    assert "changed since you looked: Comment made" in again
    assert "Coders need it" in again
    assert "Read it all." in again
    assert not Signature.objects.filter(request=plan.request).exists()
    assert client.post(reverse("sign", args=[plan.request.pk]), filled(again)).status_code == 302


def test_conditions_are_added_row_by_row_and_signed(plan: Reviewed, as_) -> None:
    client, url = as_(plan.world.officer), reverse("request", args=[plan.request.pk])
    html = client.get(url).content.decode()
    due = (timezone.now() + timedelta(days=9)).date()
    rows = {
        "conditions-TOTAL_FORMS": "1", "conditions-INITIAL_FORMS": "0",
        "conditions-0-text": "Load test first", "conditions-0-kind": "gate",
    }  # fmt: skip
    more = client.post(reverse("sign", args=[plan.request.pk]), filled(html, more="1", **rows)).content.decode()
    assert "Load test first" in more
    assert 'name="conditions-1-text"' in more
    assert not Signature.objects.filter(request=plan.request).exists()
    rows |= {
        "conditions-TOTAL_FORMS": "2", "conditions-1-text": "Write the manual", "conditions-1-kind": "task",
        "conditions-1-owner": plan.world.engineer.actor, "conditions-1-due": due.isoformat(),
    }  # fmt: skip
    response = client.post(reverse("sign", args=[plan.request.pk]), filled(more, **rows))
    assert response.status_code == 302, response.content.decode()
    stated = said(plan.request, plan.world.officer).conditions
    assert [(c.kind, c.text) for c in stated] == [("gate", "Load test first"), ("task", "Write the manual")]
    assert stated[1].owner == plan.world.engineer.actor
    assert Condition.objects.filter(signature__request=plan.request).count() == 2
    page = client.get(url).content.decode()
    assert "Load test first" in page


@pytest.mark.parametrize("wrong", ["ownerless", "past"])
def test_a_condition_that_cannot_be_is_told_beside_the_form(plan: Reviewed, as_, wrong: str) -> None:
    client = as_(plan.world.officer)
    html = client.get(reverse("request", args=[plan.request.pk])).content.decode()
    rows = {
        "conditions-TOTAL_FORMS": "1", "conditions-INITIAL_FORMS": "0", "conditions-0-text": "Write it",
        "conditions-0-kind": "task", "conditions-0-due": "2001-01-01" if wrong == "past" else "2999-01-01",
        "conditions-0-owner": "" if wrong == "ownerless" else plan.world.engineer.actor,
    }  # fmt: skip
    response = client.post(reverse("sign", args=[plan.request.pk]), filled(html, **rows))
    assert response.status_code == 400
    assert "Write it" in response.content.decode()
    assert not Signature.objects.filter(request=plan.request).exists()


def test_the_cases_are_the_signers_own_and_each_is_judged(plan: Reviewed, as_) -> None:
    client = as_(plan.world.officer)
    html = client.get(reverse("request", args=[plan.request.pk])).content.decode()
    drawn = samples.drawn(plan.world.officer, plan.request, plan.evaluation_set, "compliance_officer")
    assert drawn is not None
    assert len(drawn.cases) == SAMPLE
    assert all(case in html for case in drawn.cases)
    other = samples.drawn(plan.world.second_owner, plan.request, plan.evaluation_set, "owner")
    assert other is not None
    assert other.seed != drawn.seed
    digest = plan.evaluation_set.digest
    unjudged = filled(html)
    del unjudged[f"opinion:{digest}:0"]
    assert client.post(reverse("sign", args=[plan.request.pk]), unjudged).status_code == 409
    notes = {f"opinion:{digest}:0": "disagree", f"note:{digest}:0": "It is the ear"}
    assert client.post(reverse("sign", args=[plan.request.pk]), filled(html, **notes)).status_code == 302
    (sample,) = said(plan.request, plan.world.officer).samples
    assert (sample.seed, [o.case for o in sample.opinions]) == (drawn.seed, list(drawn.cases))
    assert (sample.opinions[0].opinion, sample.opinions[0].note) == ("disagree", "It is the ear")
    page = as_(plan.world.second_owner).get(reverse("request", args=[plan.request.pk])).content.decode()
    assert "3 agree, 1 disagree" in page
    shown = presentation.present(plan.world.second_owner, plan.request, "owner")
    assert shown.content["signatures"][0]["disagreements"] == 1


def test_engineers_and_readers_see_no_case(plan: Reviewed, as_) -> None:
    drawn = samples.drawn(plan.world.officer, plan.request, plan.evaluation_set, "compliance_officer")
    assert drawn is not None
    for user in (plan.world.engineer, plan.world.auditor):
        html = as_(user).get(reverse("request", args=[plan.request.pk])).content.decode()
        assert not any(case in html for case in drawn.cases)
        assert "phrase " not in html


def test_somebody_signs_for_a_colleague_with_both_names(plan: Reviewed, as_) -> None:
    client, url = as_(plan.world.officer), reverse("request", args=[plan.request.pk])
    html = client.get(url).content.decode()
    assert "as compliance officer for Cem Officer" in html
    html = client.get(url, {"as": str(plan.delegation.pk)}).content.decode()
    assert "both names will stand on it" in html
    sent = filled(html, delegation=hidden(html, "delegation"))
    assert client.post(reverse("sign", args=[plan.request.pk]), sent).status_code == 302
    predicate = said(plan.request, plan.world.officer)
    assert predicate.on_behalf_of.printed_name == "Cem Officer"
    page = as_(plan.world.auditor).get(url).content.decode()
    assert re.search(r"Carla Officer.*\s+for\s+<span class=\"person\">Cem Officer", page, re.DOTALL)


def test_whose_review_was_relied_on_stands_on_the_signature(plan: Reviewed, as_) -> None:
    client, url = as_(plan.world.second_owner), reverse("request", args=[plan.request.pk])
    client.post(reverse("sign", args=[plan.request.pk]), filled(client.get(url).content.decode()))
    made_before = Signature.objects.get(request=plan.request, signer=plan.world.second_owner)
    client = as_(plan.world.officer)
    html = client.get(url).content.decode()
    assert made_before.statement_digest in html
    sent = filled(html, relied_on=[made_before.statement_digest])
    assert client.post(reverse("sign", args=[plan.request.pk]), sent).status_code == 302
    assert said(plan.request, plan.world.officer).relied_on == [made_before.statement_digest]
    assert "Relied on Oscar Owner, owner" in as_(plan.world.auditor).get(url).content.decode()


def test_a_request_that_ran_out_says_so(plan: Reviewed, as_) -> None:
    with time_machine.travel(timezone.now() + timedelta(days=31)):
        html = as_(plan.world.officer).get(reverse("request", args=[plan.request.pk])).content.decode()
    assert "not signed in time" in html
    assert "Was open until" in html
    assert 'name="password"' not in html


def test_comments_are_written_beside_a_section_and_answered(plan: Reviewed, as_) -> None:
    url = reverse("comments", args=[plan.rubric.digest])
    client = as_(plan.world.engineer)
    fragment = client.get(url, {"place": "prompt"}, HTTP_HX_REQUEST="true").content.decode()
    assert "Why JSON only?" in fragment
    assert "<html" not in fragment
    sent = {"kind": "answer", "answers": str(plan.question.pk), "place": "prompt", "text": "<b>Coders</b> need it"}
    answered = client.post(url, sent, HTTP_HX_REQUEST="true").content.decode()
    assert "&lt;b&gt;Coders&lt;/b&gt; need it" in answered
    assert "open question" not in answered
    assert client.post(url, {"kind": "comment", "text": "Whole", "place": ""}).status_code == 302
    page = client.get(url).content.decode()
    assert "Whole" in page
    assert "On Prompt" in page
    assert client.post(url, {"kind": "comment", "text": "  ", "place": ""}).status_code == 400
    assert as_(plan.world.outsider).get(url).status_code == 404
    document = client.get(reverse("document", args=[plan.rubric.digest])).content.decode()
    assert "Comments on Prompt" in document


def test_an_erased_comment_says_so_and_the_rest_stands(plan: Reviewed, as_) -> None:
    LedgerOpening.objects.filter(entry_id=plan.question.seq).delete()
    before = presentation.present(plan.world.officer, plan.request, "compliance_officer").digest
    html = as_(plan.world.officer).get(reverse("request", args=[plan.request.pk])).content.decode()
    assert "The words were erased." in html
    assert hidden(html, "presented") == before


def test_files_that_lie_with_a_document_are_shown_and_signed_by_digest(plan: Reviewed, as_) -> None:
    minutes: dict[str, Any] = {"name": "minutes.pdf", "chunks": [PDF]}
    row = attachments.attach(actor=plan.world.engineer, document=plan.rubric, **minutes)
    client = as_(plan.world.officer)
    html = client.get(reverse("request", args=[plan.request.pk])).content.decode()
    assert "minutes.pdf" in html
    assert client.post(reverse("sign", args=[plan.request.pk]), filled(html)).status_code == 302
    predicate = said(plan.request, plan.world.officer)
    assert predicate.attachments == [row.sha256]
    kept = store.read(predicate.presented).decode()
    assert row.sha256 in kept
    assert "minutes.pdf" not in kept  # a name can be erased


def test_a_plan_still_in_force_is_not_signed_again(plan: Reviewed, as_) -> None:
    world = plan.world
    limits = documents.document_submit(
        actor=world.engineer, project=world.project, kind="evals.thresholds", base=world.thresholds,
        body=made.thresholds_body(title="Triage release, stricter"),
        references=[
            {"role": "evaluation_set", "digest": world.evaluation_set.digest},
            {"role": "rubric", "digest": world.rubric.digest},
        ],
    )  # fmt: skip
    request = signoff.request_open(actor=world.engineer, documents=[limits])
    html = as_(world.officer).get(reverse("request", args=[request.pk])).content.decode()
    assert html.count("need not be signed again") == 2
    assert select.in_force(world.rubric).ok


def test_undecidable_thresholds_are_warned_of(plan: Reviewed, as_) -> None:
    world = plan.world
    limits = documents.document_submit(
        actor=world.engineer, project=world.project, kind="evals.thresholds", base=world.thresholds,
        body=made.thresholds_body(thresholds=[threshold_dict(n_min=900)]),
        references=[
            {"role": "evaluation_set", "digest": world.evaluation_set.digest},
            {"role": "rubric", "digest": world.rubric.digest},
        ],
    )  # fmt: skip
    request = signoff.request_open(actor=world.engineer, documents=[limits])
    html = as_(world.officer).get(reverse("request", args=[request.pk])).content.decode()
    assert "300 cases, fewer than the 900 it asks for" in html


def test_a_policys_periods_are_shown_and_compared(world, as_) -> None:
    body = made.policy_body(retention={"evals.rubric": 400})
    stricter = documents.document_submit(
        actor=world.owner, project=None, kind="governance.policy", base=world.policy, body=body
    )
    page = as_(world.officer).get(reverse("document", args=[stricter.digest])).content.decode()
    assert page.count("400 days") == 2  # in the content, and in what changed
    assert "How long files are kept at least" in page


@pytest.mark.parametrize(
    ("name", "places"),
    [("thresholds", ["preset", "thresholds"]), ("policy", ["tier", "max_attempts", "rules", "checks", "retention"])],
)
def test_comments_are_pinned_where_a_kind_is_drawn_in_its_own_way(world, as_, name: str, places: list[str]) -> None:
    document, client = getattr(world, name), as_(world.officer)
    page = client.get(reverse("document", args=[document.digest])).content.decode()
    for place in places:
        assert f'data-key="page-{document.digest}-{place}"' in page
        comments.comment_make(actor=world.officer, document=document, kind="question", place=place, text=f"On {place}?")
    page = client.get(reverse("document", args=[document.digest])).content.decode()
    assert page.count("<span>1, 1 open</span>") >= len(places)


def test_the_inbox_tells_who_signs_for_whom(plan: Reviewed, as_) -> None:
    world = plan.world
    assert "You can sign for Cem Officer" in as_(world.officer).get("/").content.decode()
    assert "Carla Officer can sign for you" in as_(world.second_officer).get("/").content.decode()
    assert 'id="delegated"' not in as_(world.auditor).get("/").content.decode()
    delegation.end(actor=world.second_officer, delegation=plan.delegation)
    assert 'id="delegated"' not in as_(world.officer).get("/").content.decode()


def test_releases_that_a_revocation_blocks_are_a_group_of_their_own(world, as_, monkeypatch) -> None:
    """Any kind that puts something into use; here the thresholds, which rest on the rubric, are such a kind."""
    kind = registry.KINDS["evals.thresholds"]
    monkeypatch.setitem(registry.KINDS, kind.name, replace(kind, releases=True))
    page = as_(world.officer).get(reverse("revoke", args=[world.rubric.digest])).content.decode()
    assert page.index("Releases that would be blocked") < page.index("Triage release v1")
    assert "Documents that rest on it" not in page
    assert registry.KINDS["training.release"].releases
