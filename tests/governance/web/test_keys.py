"""The keys' page, and what other pages say of a signature whose key was declared stolen."""

from django.urls import reverse

from governance.access import COMPLIANCE_OFFICER, OWNER
from governance.models import SignoffRequest
from governance.proof.formats.keyring import Keyring
from governance.selectors import keys as select
from governance.selectors import ledger
from governance.services import keys, signing
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


def test_a_signature_that_fell_says_so_wherever_it_is_shown(world: World, as_) -> None:
    agree(world)
    entry = select.keyring().in_use("attestation")
    assert entry is not None
    since = ledger.time_of(world.request.signatures.order_by("seq")[0].seq + 1)
    keys.declare_compromise(purpose="attestation", keyid=entry.keyid, since=since, reason="Stolen")
    client = as_(world.owner)
    said = "signed with a key declared compromised since ledger size"
    assert text(client.get(reverse("request", args=[world.request.pk]))).count(said) >= 2
    page = text(client.get(reverse("document", args=[world.rubric.digest])))
    assert page.count(said) >= 2
    assert "signed with a compromised key" in page
    listed = text(client.get(reverse("keys")))
    assert "Signatures that fell" in listed
    assert reverse("request", args=[world.request.pk]) in listed


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
