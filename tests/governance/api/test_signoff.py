"""Requests, signatures, rejection, withdrawal and revocation by API."""

from typing import Any

import pytest

from governance.api import signoffs
from governance.models import LedgerEvent
from governance.proof.formats import dsse
from governance.proof.formats.statement import PAYLOAD_TYPE, SignoffStatement
from governance.selectors.keys import keyring
from governance.services import leaving
from governance.services.reauthentication import Proof
from tests.governance.api.conftest import Door
from tests.support.cast import PASSWORD, Cast, rubric


def signature(role: str, **changes: Any) -> dict[str, Any]:
    return {"role": role, "meaning": "Approved", "reason": "Read it", "password": PASSWORD} | changes


def test_a_ceremony_from_request_to_force_and_back(cast: Cast, api: Door) -> None:
    erik, carl, dora = api("erik"), api("carl"), api("dora")
    document = rubric(cast)
    request = erik.post("requests", {"documents": [document.digest]})
    assert request["open"] is True
    assert request["missing"] == [{"role": "compliance_officer", "count": 1}, {"role": "owner", "count": 1}]
    assert [turn["request"] for turn in carl.get("inbox")["results"]] == [request["id"]]
    assert carl.get("inbox")["results"][0]["roles"] == ["compliance_officer"]
    assert erik.get("inbox")["count"] == 0

    receipt = carl.post(f"requests/{request['id']}/sign", signature("compliance_officer", opened=[document.digest]))
    signed = dsse.open_envelope(
        receipt["statement"].encode(), keyring().for_purpose("attestation"), payload_type=PAYLOAD_TYPE
    )
    statement = SignoffStatement.from_bytes(signed.payload)
    assert statement.predicate.printed_name == "Carl Officer"
    assert statement.predicate.opened == [document.digest]
    assert erik.get("requests", open=True)["count"] == 1
    dora.post(f"requests/{request['id']}/sign", signature("owner"))

    assert erik.get(f"documents/{document.digest}")["signoff"]["ok"] is True
    found = erik.get(f"requests/{request['id']}")
    assert (found["open"], found["standings"], len(found["signatures"])) == (False, ["in force"], 2)
    assert erik.get("requests", open=True)["count"] == 0
    assert erik.get("requests", document=document.digest)["count"] == 1

    revoked = carl.post(f"documents/{document.digest}/revoke", {"reason": "A case leaked", "password": PASSWORD})
    assert revoked["standing"] == "revoked"
    assert erik.get(f"documents/{document.digest}")["standing"] == "revoked"


def test_open_requests_are_all_listed_or_none(cast: Cast, api: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    """Never the newest ones alone: who asks what still waits must not be told less."""
    monkeypatch.setattr(signoffs, "MOST_REQUESTS", 2)
    erik, carl = api("erik"), api("carl")
    asked = [rubric(cast, f"Rubric {number}") for number in range(2)]
    made = [erik.post("requests", {"documents": [document.digest]})["id"] for document in asked]
    assert [row["id"] for row in erik.get("requests", project="triage", open=True)["results"]] == made[::-1]
    last = rubric(cast, "Rubric 2")
    made.append(erik.post("requests", {"documents": [last.digest]})["id"])
    for wanted in (True, False):
        refused = erik.get("requests", project="triage", open=wanted, expect=400)
        assert "more than 2 requests to look at; narrow by project or document" in str(refused)
    assert erik.get("requests", document=last.digest, open=True)["count"] == 1
    assert erik.get("requests", project="triage")["count"] == 3
    carl.post(f"requests/{made[0]}/reject", {"reason": "Not yet"})
    assert [row["id"] for row in erik.get("requests", project="triage", open=True)["results"]] == made[:0:-1]


def test_the_author_the_requester_and_a_wrong_password_do_not_sign(cast: Cast, api: Door) -> None:
    document = rubric(cast)
    request = api("carl").post("requests", {"documents": [document.digest]})["id"]
    own = api("carl").post(f"requests/{request}/sign", signature("compliance_officer"), expect=409)
    assert own["findings"][0]["check"] == "separation of duties"
    unheld = api("erik").post(f"requests/{request}/sign", signature("owner"), expect=403)
    assert unheld["findings"][0]["check"] == "access"
    wrong = api("dora").post(f"requests/{request}/sign", signature("owner", password="wrong"), expect=409)
    assert wrong["findings"][0]["check"] == "re-authentication"
    refusals = LedgerEvent.objects.filter(event__startswith="refusal:")
    assert refusals.count() == 3
    assert api("erik").get(f"documents/{document.digest}")["signoff"]["signatures"] == []


def test_reject_and_withdraw(cast: Cast, api: Door) -> None:
    erik = api("erik")
    first, second = rubric(cast, "First"), rubric(cast, "Second")
    rejected = erik.post("requests", {"documents": [first.digest]})["id"]
    assert api("carl").post(f"requests/{rejected}/reject", {"reason": "Too vague"})["by"] == "Carl Officer"
    found = erik.get(f"requests/{rejected}")
    assert (found["standings"], found["rejection"]["reason"]) == (["rejected"], "Too vague")
    withdrawn = erik.post("requests", {"documents": [second.digest]})["id"]
    api("dora").post(f"requests/{withdrawn}/withdraw", expect=409)
    erik.post(f"requests/{withdrawn}/withdraw")
    assert erik.get(f"requests/{withdrawn}")["withdrawal"]["by"] == "Erik Engineer"
    erik.post(f"requests/{withdrawn}/withdraw", expect=409)
    assert [row["standings"] for row in erik.get("requests", project="triage")["results"]] == [
        ["withdrawn"],
        ["rejected"],
    ]


def test_an_owner_withdraws_what_a_leaver_asked_for(cast: Cast, api: Door) -> None:
    request = api("erik").post("requests", {"documents": [rubric(cast).digest]})["id"]
    api("olga").post(f"requests/{request}/withdraw", expect=409)
    leaving.person_leave(actor=cast.olga, user=cast.erik, successor=None, proof=Proof(PASSWORD))
    assert api("carl").post(f"requests/{request}/withdraw", expect=403)["findings"][0]["who"] == "owner"
    assert api("olga").post(f"requests/{request}/withdraw")["by"] == "Olga Owner"
    assert api("carl").get(f"requests/{request}")["standings"] == ["withdrawn"]


def test_another_projects_requests_do_not_exist(cast: Cast, api: Door) -> None:
    document, mallory = rubric(cast), api("mallory")
    hidden = api("erik").post("requests", {"documents": [document.digest]})["id"]
    mallory.get(f"requests/{hidden}", expect=404)
    for act, body in (("sign", signature("engineer")), ("reject", {"reason": "x"}), ("withdraw", {})):
        mallory.post(f"requests/{hidden}/{act}", body, expect=404)
    assert mallory.post("requests", {"documents": [document.digest]}, expect=400)["field"] == "documents"
    assert mallory.get("requests", document=document.digest)["count"] == 0
