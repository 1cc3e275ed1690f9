"""The ceremony by API: what is shown, conditions up to a launch, samples, delegation, comments, consequences."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from governance.access import COMPLIANCE_OFFICER, OWNER
from governance.errors import Invalid
from governance.models import Document, LedgerEvent
from governance.services import documents, people, signing, signoff
from governance.services.reauthentication import Proof
from tests.governance.api.conftest import Door
from tests.support import cast as made
from tests.support.cast import PASSWORD, Cast, agree, evaluation_spec, policy_body, rubric

PROOF = {"password": PASSWORD}


def signature(role: str, **changes: Any) -> dict[str, Any]:
    return {"role": role, "meaning": "Approved", "reason": "Read it", "password": PASSWORD} | changes


def plan(cast: Cast) -> tuple[Document, list[str]]:
    """Freeze an evaluation whose base model is signed and whose plan is not; return it and the plan's digests."""
    spec = evaluation_spec(cast, signed=False)
    targets = {link.role: link.target for link in spec.links_out.select_related("target")}
    agree(targets["subject"], by=cast.olga, signers=[(cast.carl, COMPLIANCE_OFFICER), (cast.dora, OWNER)])
    return spec, [targets[role].digest for role in ("evaluation_set", "rubric", "thresholds")]


def test_a_gate_condition_holds_the_launch_back_until_it_is_confirmed(cast: Cast, api: Door) -> None:
    erik, carl, dora = api("erik"), api("carl"), api("dora")
    spec, digests = plan(cast)
    request = erik.post("requests", {"documents": digests})["id"]
    gate = {"kind": "gate", "text": "Legal has seen the licence"}
    signed = carl.post(f"requests/{request}/sign", signature(COMPLIANCE_OFFICER, conditions=[gate]))
    (stated,) = signed["said"]["conditions"]
    dora.post(f"requests/{request}/sign", signature(OWNER))
    standing = erik.get(f"documents/{digests[0]}/standing")
    assert (standing["standing"], standing["ok"], standing["unmet"]) == ("in force", False, [gate["text"]])

    refused = erik.post("jobs", {"spec": spec.digest}, expect=409)
    assert any(gate["text"] in finding["found"] for finding in refused["findings"])
    dora.post(f"conditions/{stated['id']}/meet", {"evidence": "I say so", **PROOF}, expect=403)
    carl.post(f"conditions/{stated['id']}/meet", {"evidence": " ", **PROOF}, expect=400)
    assert [c["id"] for c in carl.get("conditions", open=True)["results"]] == [stated["id"]]
    met = carl.post(f"conditions/{stated['id']}/meet", {"evidence": "Their letter of today", **PROOF})
    assert met["met_by"] == "Carl Officer"
    assert carl.get("conditions", open=True)["count"] == 0
    assert carl.get("conditions", document=digests[0])["count"] == 1
    erik.post("jobs", {"spec": spec.digest})


def test_a_task_goes_from_hand_to_hand_and_its_owner_never_confirms_it(cast: Cast, api: Door) -> None:
    erik, carl, dora = api("erik"), api("carl"), api("dora")
    request = erik.post("requests", {"documents": [rubric(cast).digest]})["id"]
    due = (timezone.now() + timedelta(days=3)).isoformat()
    task = {"kind": "task", "text": "Write the manual", "owner": "erik", "due": due}
    for bad in (task | {"owner": "nobody"}, task | {"due": None}, task | {"due": "2001-01-01T00:00:00Z"}):
        carl.post(f"requests/{request}/sign", signature(COMPLIANCE_OFFICER, conditions=[bad]), expect=400)
    signed = carl.post(f"requests/{request}/sign", signature(COMPLIANCE_OFFICER, conditions=[task]))
    (stated,) = signed["said"]["conditions"]
    assert [c["text"] for c in erik.get("conditions", mine=True)["results"]] == ["Write the manual"]
    carl.post(f"conditions/{stated['id']}/hand-over", {"to": "dora"}, expect=403)
    assert erik.post(f"conditions/{stated['id']}/hand-over", {"to": "dora"})["owner"] == "dora"
    assert erik.get("conditions", mine=True)["count"] == 0
    assert dora.get("conditions", mine=True)["count"] == 1
    api("mallory").post(f"conditions/{stated['id']}/meet", {"evidence": "x", **PROOF}, expect=404)
    assert api("mallory").get("conditions")["count"] == 0


def test_what_is_shown_can_be_read_and_bound(cast: Cast, api: Door) -> None:
    erik, carl = api("erik"), api("carl")
    document = rubric(cast)
    request = erik.post("requests", {"documents": [document.digest]})["id"]
    shown = carl.get(f"requests/{request}/presentation")
    assert shown["presentation"]["role"] == COMPLIANCE_OFFICER
    assert shown["presentation"]["documents"][0]["digest"] == document.digest
    bound = {"presented": shown["presented"], "shown_at": shown["shown_at"]}
    question = erik.post(
        f"documents/{document.digest}/comments", {"kind": "question", "text": "Why?", "place": "prompt"}
    )
    assert (question["open"], question["place"]) == (True, "prompt")
    refused = carl.post(f"requests/{request}/sign", signature(COMPLIANCE_OFFICER, **bound), expect=409)
    assert refused["findings"][0]["check"] == "presented"
    assert "Comment made" in refused["findings"][0]["found"]
    again = carl.get(f"requests/{request}/presentation")
    bound = {"presented": again["presented"], "shown_at": again["shown_at"]}
    signed = carl.post(f"requests/{request}/sign", signature(COMPLIANCE_OFFICER, **bound))
    assert signed["said"]["presented"] == again["presented"]
    assert signed["said"]["method"] == "server-attested (password)"
    assert signed["said"]["covers"]


def test_comments_are_answered_and_another_projects_are_not_there(cast: Cast, api: Door) -> None:
    document, other = rubric(cast), rubric(cast, "Other")
    address = f"documents/{document.digest}/comments"
    question = api("carl").post(address, {"kind": "question", "text": "Why?"})
    api("erik").post(
        f"documents/{other.digest}/comments", {"kind": "answer", "text": "x", "answers": question["id"]}, 400
    )
    api("erik").post(address, {"kind": "answer", "text": "Because", "answers": question["id"]})
    listed = api("ada").get(address)["results"]
    assert [(row["kind"], row["text"], row["open"]) for row in listed] == [
        ("question", "Why?", False),
        ("answer", "Because", False),
    ]
    api("mallory").get(address, expect=404)
    api("mallory").post(address, {"kind": "comment", "text": "x"}, expect=404)
    api("erik").post(address, {"kind": "song", "text": "x"}, expect=400)


def sampled(cast: Cast, size: int = 2) -> None:
    """Agree a policy under which evaluation sets are signed on a sample."""
    body = policy_body("Stricter policy")
    body["rules"]["evals.evaluation_set"] = body["rules"]["evals.evaluation_set"] | {"sample": size}
    new = documents.document_submit(
        actor=cast.olga, project=None, kind="governance.policy", body=body, base=cast.policy
    )
    agree(new, by=cast.olga, signers=[(cast.carl, COMPLIANCE_OFFICER), (cast.dora, OWNER)])


def judged(shown: dict[str, Any], opinion: str = "agree") -> list[dict[str, Any]]:
    return [
        {
            "document": drawn["document"],
            "seed": drawn["seed"],
            "opinions": [{"case": case["id"], "opinion": opinion} for case in drawn["cases"]],
        }
        for drawn in shown["cases"]
    ]


def evaluation_set(cast: Cast) -> Document:
    return documents.document_submit(
        actor=cast.erik, project=cast.triage, kind=made.SET, body=made.set_body("Cases") | {"cases": 2}
    )


def test_cases_are_shown_to_signers_alone_and_their_opinions_signed(cast: Cast, api: Door) -> None:
    sampled(cast)
    document = evaluation_set(cast)
    request = api("erik").post("requests", {"documents": [document.digest]})["id"]
    shown = api("carl").get(f"requests/{request}/presentation")
    assert [len(drawn["cases"]) for drawn in shown["cases"]] == [2]
    assert ["Asked", "phrase 0"] in shown["cases"][0]["cases"][0]["parts"]
    for reader in ("erik", "ada"):
        assert api(reader).get(f"requests/{request}/presentation", role=OWNER)["cases"] == []
    signed = api("carl").post(
        f"requests/{request}/sign", signature(COMPLIANCE_OFFICER, samples=judged(shown, "disagree"))
    )
    assert [o["opinion"] for o in signed["said"]["samples"][0]["opinions"]] == ["disagree", "disagree"]


@pytest.mark.attack(
    name="sign on a sample of cases other than the one drawn, or of one's own choosing",
    caught_by="the seed is a hash of request, signer and document; the cases must be exactly those it draws",
    unless="SHA-256 breaks",
)
@pytest.mark.parametrize("claim", ["none", "somebody else's", "another seed", "fewer", "twice", "another document"])
def test_no_other_sample_is_accepted(cast: Cast, api: Door, claim: str) -> None:
    sampled(cast)
    document = evaluation_set(cast)
    other = rubric(cast)
    request = api("erik").post("requests", {"documents": [document.digest, other.digest]})["id"]
    mine = judged(api("carl").get(f"requests/{request}/presentation"))
    theirs = judged(api("dora").get(f"requests/{request}/presentation"))
    assert mine[0]["seed"] != theirs[0]["seed"]
    claimed = {
        "none": [],
        "somebody else's": theirs,
        "another seed": [mine[0] | {"seed": "0" * 64}],
        "fewer": [mine[0] | {"opinions": mine[0]["opinions"][:1]}],
        "twice": [mine[0] | {"opinions": mine[0]["opinions"][:1] * 2}],
        "another document": [mine[0], mine[0] | {"document": other.digest}],
    }[claim]
    expect = 400 if claim == "another document" else 409
    refused = api("carl").post(
        f"requests/{request}/sign", signature(COMPLIANCE_OFFICER, samples=claimed), expect=expect
    )
    assert "sample" in str(refused)
    assert api("erik").get(f"requests/{request}")["signatures"] == []


def test_who_is_also_an_engineer_neither_sees_nor_signs_the_cases(cast: Cast, api: Door) -> None:
    sampled(cast)
    hilda = people.person_enrol(actor=cast.olga, username="hilda", printed_name="Hilda Both", password=PASSWORD)
    for role in (OWNER, "engineer"):
        people.role_grant(actor=cast.olga, user=hilda, role=role, project=cast.triage, proof=Proof(PASSWORD))
    request = api("erik").post("requests", {"documents": [evaluation_set(cast).digest]})["id"]
    shown = api("hilda").get(f"requests/{request}/presentation", role=OWNER)
    assert shown["cases"] == []
    assert "engineer" in shown["presentation"]["documents"][0]["sample"]["withheld"]
    refused = api("hilda").post(f"requests/{request}/sign", signature(OWNER), expect=409)
    assert refused["findings"][0]["check"] == "sample"


@pytest.mark.attack(
    name="smuggle a condition of another signature into one's own, so that it counts as met",
    caught_by="a condition belongs to one signature: a statement with an identifier that is known is refused",
    unless="two random identifiers collide",
)
def test_a_condition_of_another_signature_is_refused(cast: Cast) -> None:
    asked = [signoff.request_open(actor=cast.erik, documents=[rubric(cast, title)]) for title in ("A", "B")]
    gate = signing.condition(kind="gate", text="Legal has seen it")
    said: dict[str, Any] = {"meaning": "Approved", "reason": "Read it", "password": PASSWORD, "conditions": [gate]}
    signing.sign(actor=cast.carl, request=asked[0], role=COMPLIANCE_OFFICER, **said)
    with pytest.raises(Invalid, match="condition of another signature"):
        signing.sign(actor=cast.carl, request=asked[1], role=COMPLIANCE_OFFICER, **said)


def test_a_delegate_signs_for_somebody_until_it_is_ended(cast: Cast, api: Door) -> None:
    erik, carl, olga = api("erik"), api("carl"), api("olga")
    now = timezone.now()
    given = {
        "to": "olga", "role": COMPLIANCE_OFFICER, "project": "triage", "reason": "On leave",
        "starts_at": now.isoformat(), "ends_at": (now + timedelta(days=5)).isoformat(),
    }  # fmt: skip
    carl.post("delegations", given | PROOF | {"role": OWNER}, expect=403)
    carl.post("delegations", given | PROOF | {"to": "nobody"}, expect=400)
    known = carl.post("delegations", given | PROOF)
    assert known["state"] == "running"
    request = erik.post("requests", {"documents": [rubric(cast).digest]})["id"]
    assert olga.get("inbox")["results"][0]["roles"] == [COMPLIANCE_OFFICER, OWNER]
    signed = olga.post(f"requests/{request}/sign", signature(COMPLIANCE_OFFICER, delegation=known["id"]))
    assert signed["said"]["on_behalf_of"]["printed_name"] == "Carl Officer"
    standing = erik.get(f"requests/{request}")["documents"][0]
    assert standing["standing"] == "waiting for signatures"
    api("erik").post(f"delegations/{known['id']}/end", expect=404)
    assert carl.post(f"delegations/{known['id']}/end")["state"] == "ended"
    other = erik.post("requests", {"documents": [rubric(cast, "Other").digest]})["id"]
    olga.post(f"requests/{other}/sign", signature(COMPLIANCE_OFFICER, delegation=known["id"]), expect=403)
    assert [row["state"] for row in olga.get("delegations")["results"]] == ["ended"]


def test_relying_on_a_review_names_its_statement(cast: Cast, api: Door) -> None:
    erik, carl, dora = api("erik"), api("carl"), api("dora")
    request = erik.post("requests", {"documents": [rubric(cast).digest]})["id"]
    first = carl.post(f"requests/{request}/sign", signature(COMPLIANCE_OFFICER))
    earlier = dora.get(f"requests/{request}/presentation")["presentation"]["earlier"]
    assert [one["statement"] for one in earlier] == [first["statement_digest"]]
    dora.post(f"requests/{request}/sign", signature(OWNER, relied_on=["sha256:" + "0" * 64]), expect=400)
    signed = dora.post(f"requests/{request}/sign", signature(OWNER, relied_on=[first["statement_digest"]]))
    assert signed["said"]["relied_on"] == [first["statement_digest"]]


def test_consequences_are_told_before_anything_is_revoked(cast: Cast, api: Door) -> None:
    erik, carl = api("erik"), api("carl")
    spec = evaluation_spec(cast)
    targets = {link.role: link.target_id for link in spec.links_out.all()}
    waiting = documents.document_submit(
        actor=cast.erik, project=cast.triage, kind="evals.thresholds", body=made.thresholds_body("Other limits"),
        references=[{"role": role, "digest": targets[role]} for role in ("evaluation_set", "rubric")],
    )  # fmt: skip
    request = erik.post("requests", {"documents": [waiting.digest]})["id"]
    job = erik.post("jobs", {"spec": spec.digest})
    before = LedgerEvent.objects.count()
    found = carl.get(f"documents/{targets['rubric']}/consequences")
    resting = {row["digest"]: row["standing"] for row in found["resting"]}
    assert resting == {
        targets["thresholds"]: "in force",
        waiting.digest: "waiting for signatures",
        spec.digest: "needs no signature",
    }
    assert [row["id"] for row in found["refused"]] == [job["id"]]
    assert found["stopped"] == []
    assert found["releases"] == []
    assert found["requests"] == [request]
    assert found["hidden"] == 0
    assert LedgerEvent.objects.count() == before
    shelf = api("mallory").get(f"documents/{targets['subject']}/consequences")
    assert (shelf["resting"], shelf["refused"], shelf["hidden"]) == ([], [], 2)
