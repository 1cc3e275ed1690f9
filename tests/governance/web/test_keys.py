"""The keys' page, and what other pages say of a signature whose key was declared stolen."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from governance.access import COMPLIANCE_OFFICER, OWNER
from governance.models import SignoffRequest
from governance.proof.formats.keyring import Keyring
from governance.selectors import keys as select
from governance.selectors import ledger, statements
from governance.services import keys, passkeys, signing
from tests.governance import passkeys as hands
from tests.governance.cast import REASON
from tests.governance.web.test_signing import form
from tests.governance.web.world import PASSWORD, World


def text(response) -> str:
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def agree(world: World) -> SignoffRequest:
    for user, role in ((world.owner, OWNER), (world.officer, COMPLIANCE_OFFICER)):
        signing.sign(
            actor=user, request=world.request, role=role, meaning="Approved", reason="Read it", password=PASSWORD
        )
    return world.request


def test_every_key_with_its_span_for_those_who_may_know(world: World, as_) -> None:
    old = select.keyring().in_use("log")
    assert old is not None
    keys.rotate(purpose="log")
    page = text(as_(world.owner).get(reverse("keys")))
    assert "Keyring 2" in page
    assert page.count("in use") >= 5
    assert "retired" in page
    assert old.keyid in page
    for user in (world.officer, world.auditor):
        assert "signs checkpoints" in text(as_(user).get(reverse("keys")))
    assert reverse("keys") in text(as_(world.auditor).get(reverse("inbox")))
    for path in ("keys", "keyrings"):
        assert as_(world.engineer).get(reverse(path)).status_code == 403
        assert as_(world.owner).post(reverse(path)).status_code == 405
    assert reverse("keys") not in text(as_(world.engineer).get(reverse("inbox")))


def test_the_keyrings_are_downloaded_for_verifiers(world: World, as_) -> None:
    keys.rotate(purpose="root")
    response = as_(world.auditor).get(reverse("keyrings"))
    lines = response.content.splitlines()
    assert Keyring.open_chain(lines, select.root_fingerprint())[-1] == select.keyring()
    assert "attachment" in response.headers["Content-Disposition"]


def steal_key(world: World) -> str:
    """Have the request signed and the server's key declared stolen back to before; return what is said of it."""
    agree(world)
    entry = select.keyring().in_use("attestation")
    assert entry is not None
    since = ledger.time_of(world.request.signatures.order_by("seq")[0].seq + 1)
    keys.declare_compromise(purpose="attestation", keyid=entry.keyid, since=since, reason="Stolen")
    return "signed with a key declared compromised since ledger size"


def steal_passkeys(world: World) -> str:
    """Have the request signed by passkeys and both revoked as stolen back to before; return what is said of it."""
    for user, by, role in ((world.owner, world.officer, OWNER), (world.officer, world.owner, COMPLIANCE_OFFICER)):
        hands.sign(user, hands.usable(user, by=by, password=PASSWORD), world.request, role)
    for signature in world.request.signatures.all():
        row = hands.newest(signature.signer)
        passkeys.revoke(actor=signature.signer, passkey=row, reason="compromised", since=signature.at)
    return "the passkey was revoked in ledger entry"


@pytest.mark.parametrize("steal", [steal_key, steal_passkeys])
def test_a_signature_that_fell_says_so_wherever_it_is_shown(world: World, as_, steal) -> None:
    said = steal(world)
    client = as_(world.owner)
    asked, paper = reverse("request", args=[world.request.pk]), reverse("document", args=[world.rubric.digest])
    page = ""
    for address in (asked, paper):
        page = text(client.get(address))
        for name in ("Olive Owner", "Carla Officer"):  # each beside the mark, and nowhere without a name
            assert re.search(
                rf"{name}</span>, [a-z ]+<div class=\"small\">(?:(?!</li>).)*does not count.*?{said}", page
            )
        assert page.count(said) == 2
    assert "signed with a compromised key" in page
    listed = text(client.get(reverse("keys")))
    assert "Signatures that fell" in listed
    assert listed.lower().count(said) == 2
    assert asked in listed
    mine = text(client.get(reverse("signatures")))
    assert "does not count" in mine
    assert said in mine
    answer = client.get(f"/api/v1/requests/{world.request.pk}").json()
    assert [(one["counts"], said in one["fault"]) for one in answer["signatures"]] == [(False, True)] * 2
    assert [said in one["fault"] for one in client.get("/api/v1/signatures").json()["results"]][:1] == [True]


def test_a_signature_that_stands_is_not_said_to_have_fallen(world: World, as_) -> None:
    """A passkey lost after it signed takes nothing back: neither page nor API says so."""
    device = hands.usable(world.owner, by=world.officer, password=PASSWORD)
    hands.sign(world.owner, device, world.request, OWNER)
    passkeys.revoke(actor=world.owner, passkey=hands.newest(world.owner), reason="lost")
    client = as_(world.owner)
    assert "does not count" not in text(client.get(reverse("request", args=[world.request.pk])))
    assert "Signatures that fell" not in text(client.get(reverse("keys")))
    (one,) = client.get(f"/api/v1/requests/{world.request.pk}").json()["signatures"]
    assert (one["counts"], one["fault"], one["said"]["reason"]) == (True, "", REASON["reason"])


def test_what_is_said_of_signatures_takes_as_many_queries_for_one_as_for_many(world: World) -> None:
    steal_passkeys(world)
    rows = list(world.request.signatures.select_related("signer"))
    asked = []
    for some in (rows[:1], rows):
        with CaptureQueriesContext(connection) as queries:
            assert all(one.fault for one in statements.said(some))
        asked.append(len(queries))
    assert asked[0] == asked[1] <= 5
    with CaptureQueriesContext(connection) as queries:
        assert len(statements.fallen()) == 2
    assert len(queries) <= 8


def test_while_there_is_no_key_nobody_signs_and_the_page_says_why(world: World, as_) -> None:
    entry = select.keyring().in_use("attestation")
    assert entry is not None
    keys.declare_compromise(
        purpose="attestation", keyid=entry.keyid, since=ledger.time_of(ledger.size()), reason="Stolen"
    )
    response = as_(world.officer).post(reverse("sign", args=[world.request.pk]), form())
    assert response.status_code == 503, response.content.decode()[:3000]
    assert "rotate_key attestation" in response.content.decode()
    assert not world.request.signatures.exists()
