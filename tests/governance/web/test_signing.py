"""The ceremony on the page: reading, signing, refusing, withdrawing, revoking."""

import pytest
from django.urls import reverse

from governance.models import LedgerEvent, Signature
from governance.proof.answers.inforce import Standing
from governance.proof.formats.dsse import open_envelope
from governance.proof.formats.statement import PAYLOAD_TYPE, SignoffStatement
from governance.selectors import inbox
from governance.selectors import signoff as select
from governance.selectors.keys import keyring
from governance.selectors.presentation import MEANINGS
from governance.services import documents, leaving, people, signoff
from governance.services.reauthentication import Proof
from tests.governance.web import world as made
from tests.governance.web.world import PASSWORD, World


def form(**changes: str) -> dict[str, str]:
    filled = {"role": "compliance_officer", "meaning": MEANINGS[0], "reason": "Read it all.", "password": PASSWORD}
    return filled | changes


def statement(signature: Signature) -> SignoffStatement:
    keys = keyring().for_purpose("attestation")
    return SignoffStatement.from_bytes(
        open_envelope(bytes(signature.statement), keys, payload_type=PAYLOAD_TYPE).payload
    )


def test_a_signature_states_what_was_opened_and_nothing_else(world: World, as_) -> None:
    client = as_(world.officer)
    for digest in (world.rubric.digest, world.policy.digest):
        assert client.get(reverse("document", args=[digest])).status_code == 200
    page = client.get(reverse("request", args=[world.request.pk])).content.decode()
    assert page.count("you opened it") == 1
    assert page.count("not opened yet") == 2
    response = client.post(reverse("sign", args=[world.request.pk]), form())
    assert response.status_code == 302
    said = statement(Signature.objects.get(request=world.request, signer=world.officer))
    assert said.predicate.opened == [world.rubric.digest]
    assert said.predicate.reason == "Read it all."
    assert {subject.digest for subject in said.subjects} == {
        world.evaluation_set.digest, world.rubric.digest, world.thresholds.digest
    }  # fmt: skip


def test_opened_is_the_sessions_own(world: World, as_) -> None:
    as_(world.officer).get(reverse("document", args=[world.rubric.digest]))
    as_(world.officer).post(reverse("sign", args=[world.request.pk]), form())
    assert statement(Signature.objects.get(request=world.request)).predicate.opened == []


def test_a_wrong_password_is_refused_told_and_recorded(world: World, as_) -> None:
    response = as_(world.officer).post(
        reverse("sign", args=[world.request.pk]), form(password="not it", reason="I checked <b>all</b>")
    )
    page = response.content.decode()
    assert response.status_code == 409
    assert "Re-authentication" in page
    assert "I checked &lt;b&gt;all&lt;/b&gt;" in page
    assert "not it" not in page
    assert not Signature.objects.filter(request=world.request).exists()
    assert LedgerEvent.objects.filter(event__startswith="refusal:", actor=world.officer.actor).count() == 1


def test_missing_words_are_asked_for_beside_their_field(world: World, as_) -> None:
    response = as_(world.officer).post(reverse("sign", args=[world.request.pk]), form(reason=" "))
    assert response.status_code == 400
    assert 'aria-invalid="true"' in response.content.decode()


@pytest.mark.parametrize("role", ["owner", "engineer", "auditor", "nobody"])
def test_nobody_signs_in_a_role_they_do_not_hold(world: World, as_, role: str) -> None:
    response = as_(world.officer).post(reverse("sign", args=[world.request.pk]), form(role=role))
    assert response.status_code in (400, 403)
    assert not Signature.objects.filter(request=world.request).exists()


def test_the_author_sees_why_not_and_is_refused(world: World, as_) -> None:
    people.role_grant(
        actor=world.owner, user=world.engineer, role="owner", project=world.project, proof=Proof(PASSWORD)
    )
    client = as_(world.engineer)
    page = client.get(reverse("request", args=[world.request.pk])).content.decode()
    assert "You cannot sign this" in page
    assert 'name="password"' not in page
    response = client.post(reverse("sign", args=[world.request.pk]), form(role="owner"))
    assert response.status_code == 409
    assert "Separation of duties" in response.content.decode()


def test_both_signatures_bring_it_into_force_and_out_of_the_inboxes(world: World, as_) -> None:
    assert [turn.request for turn in inbox.turns(world.officer)] == [world.request]
    as_(world.officer).post(reverse("sign", args=[world.request.pk]), form())
    assert inbox.turns(world.officer) == []
    assert [turn.roles for turn in inbox.turns(world.second_owner)] == [["owner"]]
    as_(world.second_owner).post(reverse("sign", args=[world.request.pk]), form(role="owner"))
    assert select.in_force(world.thresholds).standing is Standing.IN_FORCE
    assert inbox.turns(world.owner) == []
    page = as_(world.engineer).get(reverse("document", args=[world.thresholds.digest])).content.decode()
    assert "Carla Officer" in page
    assert "holds until" in page
    assert "Read it all." in page
    assert "server-attested (password)" in page


def test_the_inbox_agrees_with_the_services(world: World) -> None:
    """Whoever the inbox offers a request can sign it; whoever it does not is refused."""
    everyone = (world.owner, world.officer, world.second_officer, world.second_owner, world.engineer, world.auditor)
    offered = {user.username: {r for t in inbox.turns(user) for r in t.roles} for user in everyone}
    assert offered == {
        "olive": {"owner"}, "oscar": {"owner"}, "carla": {"compliance_officer"}, "cem": {"compliance_officer"},
        "ed": set(), "ada": set(),
    }  # fmt: skip
    made.sign(world.request, world.second_officer, "compliance_officer")
    assert inbox.turns(world.officer) == []


def test_rejecting_needs_a_reason_and_ends_the_request(world: World, as_) -> None:
    client, url = as_(world.officer), reverse("reject", args=[world.request.pk])
    assert client.post(url, {"reason": ""}).status_code == 400
    assert client.post(url, {"reason": "The vague slice is too small."}).status_code == 302
    inbox_page = as_(world.engineer).get("/").content.decode()
    assert "The vague slice is too small." in inbox_page
    assert client.post(reverse("sign", args=[world.request.pk]), form()).status_code == 409


def test_only_the_requester_withdraws(world: World, as_) -> None:
    url = reverse("withdraw", args=[world.request.pk])
    assert as_(world.officer).post(url).status_code == 409
    assert as_(world.engineer).post(url).status_code == 302
    assert select.in_force(world.rubric).standing is Standing.WITHDRAWN


def test_what_a_leaver_asked_for_is_withdrawn_on_its_page(world: World, as_) -> None:
    page, url = reverse("request", args=[world.request.pk]), reverse("withdraw", args=[world.request.pk])
    assert url not in as_(world.owner).get(page).content.decode()
    leaving.person_leave(actor=world.owner, user=world.engineer, successor=None, proof=Proof(PASSWORD))
    assert url not in as_(world.officer).get(page).content.decode()
    assert as_(world.officer).post(url).status_code == 403
    shown = as_(world.owner).get(page).content.decode()
    assert url in shown
    assert "Ed Engineer, who asked for these signatures, has left." in shown
    assert as_(world.owner).post(url).status_code == 302
    assert "Olive Owner withdrew it" in as_(world.auditor).get(page).content.decode()


def test_revoking_needs_reason_password_and_role(world: World, as_) -> None:
    made.sign(world.request, world.second_owner, "owner")
    made.sign(world.request, world.officer, "compliance_officer")
    url = reverse("revoke", args=[world.rubric.digest])
    assert as_(world.officer).post(url, {"reason": "", "password": PASSWORD}).status_code == 400
    assert as_(world.officer).post(url, {"reason": "A leak.", "password": "wrong"}).status_code == 409
    assert as_(world.engineer).post(url, {"reason": "A leak.", "password": PASSWORD}).status_code == 403
    assert as_(world.officer).post(url, {"reason": "A leak.", "password": PASSWORD}).status_code == 302
    assert select.in_force(world.rubric).standing is Standing.REVOKED
    assert "A leak." in as_(world.engineer).get(reverse("document", args=[world.rubric.digest])).content.decode()


def test_the_next_version_is_compared_with_the_last_one_agreed(world: World, as_) -> None:
    made.sign(world.request, world.second_owner, "owner")
    made.sign(world.request, world.officer, "compliance_officer")
    second = documents.document_submit(
        actor=world.engineer, project=world.project, kind="evals.evaluation_set", base=world.evaluation_set,
        body=made.set_body(cases=310),
    )  # fmt: skip
    third = documents.document_submit(
        actor=world.engineer, project=world.project, kind="evals.evaluation_set", base=second,
        body=made.set_body(cases=320),
    )  # fmt: skip
    page = as_(world.officer).get(reverse("document", args=[third.digest])).content.decode()
    assert "<del>300</del>" in page
    assert "<ins>320</ins>" in page
    assert "<del>310</del>" not in page


def test_several_documents_can_be_put_up_together(world: World, as_) -> None:
    signoff.withdraw(actor=world.engineer, request=world.request)
    listed = as_(world.engineer).get(reverse("documents", args=[world.project.slug])).content.decode()
    assert listed.count('type="checkbox"') == 3
    assert "Request signatures for the chosen" in listed
    chosen = [world.rubric.digest, world.thresholds.digest]
    response = as_(world.engineer).post(reverse("request-signatures"), {"document": chosen})
    assert response.status_code == 302
    again = as_(world.engineer).post(reverse("request-signatures"), {"document": chosen})
    assert again.status_code == 409
    assert "Nothing was changed" in again.content.decode()
