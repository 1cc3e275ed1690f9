"""Passkeys on the pages without a browser: who sees which step, and what each says. The journey drives a browser."""

import json
import re
import uuid

import pytest
from django.test import Client
from django.urls import reverse

from governance.models import Passkey, PreparedEnrolment, PreparedSignature, Signature
from governance.selectors import passkeys as select
from governance.services import passkeys
from governance.services.reauthentication import Proof
from tests.governance.accounts import authenticator
from tests.governance.web.world import PASSWORD, World
from tests.support.device import PRESENT, Device


@pytest.fixture(autouse=True)
def localhost(settings) -> None:
    settings.COUNTERSIGN_URL = "http://localhost:8000"


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def options(page: str) -> dict:
    found = re.search(r'<script id="passkey-options" type="application/json">(.*?)</script>', page)
    assert found is not None
    return {"publicKey": json.loads(found[1])}


def hidden(page: str, name: str) -> str:
    found = re.search(f'name="{name}"\\s+value="([^"]+)"', page)
    assert found is not None, name
    return found[1]


def enrol(client: Client, device: Device, **changes):
    page = client.get("/account/passkeys/new/").content.decode()
    given = {
        "enrolment": hidden(page, "enrolment"), "name": "Blue key", "password": PASSWORD,
        "credential": json.dumps(device.register(options(page))),
    }  # fmt: skip
    return client.post("/account/passkeys/new/", given | changes)


def usable(world: World, who, by) -> Device:
    device = Device()
    assert enrol(signed_in(who), device).status_code == 302
    row = Passkey.objects.select_related("user").get(user=who)
    passkeys.vouch(actor=by, passkey=row, how="Met in person", proof=Proof(PASSWORD))
    return device


def test_a_passkey_is_enrolled_vouched_for_and_revoked_on_the_pages(world: World) -> None:
    mine, theirs = signed_in(world.officer), signed_in(world.owner)
    device = Device()
    wrong = enrol(mine, device, password="wrong")
    assert wrong.status_code == 409
    assert "another password" in wrong.content.decode()
    assert enrol(mine, device, credential="").status_code == 400
    assert enrol(mine, device, credential="[]").status_code == 400
    assert enrol(mine, device, enrolment=str(uuid.uuid4()))["Location"] == "/account/passkeys/new/"
    assert enrol(mine, device)["Location"] == "/account/"
    account = mine.get("/account/").content.decode()
    assert "Blue key" in account
    assert "waits for a voucher" in account
    assert "recovery codes" in account
    row = Passkey.objects.get()
    assert f"/passkeys/{row.pk}/vouch/" not in mine.get("/").content.decode()
    assert f"/passkeys/{row.pk}/vouch/" in theirs.get("/").content.decode()
    asked = " ".join(theirs.get(f"/passkeys/{row.pk}/vouch/").content.decode().split())
    for fact in ("The device says nothing of itself.", "Bound to one device.", "Device type not told."):
        assert fact in asked
        assert fact.rstrip(".").lower() in account.lower()
    assert signed_in(world.engineer).get(f"/passkeys/{row.pk}/vouch/").status_code == 403
    assert mine.post(f"/passkeys/{row.pk}/vouch/", {"how": "It is me", "password": PASSWORD}).status_code == 409
    assert theirs.post(f"/passkeys/{row.pk}/vouch/", {"how": "", "password": PASSWORD}).status_code == 400
    assert (
        theirs.post(f"/passkeys/{row.pk}/vouch/", {"how": "Staff card seen", "password": PASSWORD}).status_code == 302
    )
    assert "signs and opens the door" in mine.get("/account/").content.decode()
    assert signed_in(world.outsider).get(f"/passkeys/{row.pk}/revoke/").status_code == 404
    assert mine.post(f"/passkeys/{row.pk}/revoke/", {"reason": "bored"}).status_code == 400
    assert theirs.post(f"/passkeys/{row.pk}/revoke/", {"reason": "lost"})["Location"] == "/people/"
    assert "revoked" in mine.get("/account/").content.decode()
    assert not select.usable(world.officer)


def test_an_address_that_can_have_no_passkeys_is_said(world: World, settings) -> None:
    settings.COUNTERSIGN_URL = "http://127.0.0.1:8000"
    page = signed_in(world.officer).get("/account/passkeys/new/").content.decode()
    assert "never for an IP address" in page
    assert 'data-passkey="create"' not in page
    assert not PreparedEnrolment.objects.exists()


SAYS = {
    "role": "compliance_officer",
    "meaning": "I have read it and approve it for its purpose.",
    "reason": "Read line by line.",
}


def test_a_request_is_signed_in_two_steps(world: World) -> None:
    device = usable(world, world.officer, by=world.owner)
    client, address = signed_in(world.officer), reverse("request", args=[world.request.pk])
    page = client.get(address).content.decode()
    assert page.index("Sign with passkey") < page.index("Sign with your password instead")
    before = Signature.objects.count()
    empty = client.post(f"{address}sign/", SAYS | {"reason": "", "passkey": "yes"})
    assert empty.status_code == 400
    shown = client.post(f"{address}sign/", SAYS | {"passkey": "yes"})
    assert shown.status_code == 200
    text = shown.content.decode()
    assert "Read line by line." in text
    prepared = PreparedSignature.objects.get()
    answer = {"preparation": hidden(text, "preparation")}
    bad = client.post(
        f"{address}passkey/", answer | {"credential": json.dumps(device.answer(options(text), flags=PRESENT))}
    )
    assert bad.status_code == 409
    assert "did not verify its user" in bad.content.decode()
    for nothing in ({}, answer | {"credential": "x"}, {"preparation": "x", "credential": "{}"}):
        assert client.post(f"{address}passkey/", nothing).status_code in (404, 409)
    good = client.post(f"{address}passkey/", answer | {"credential": json.dumps(device.answer(options(text)))})
    assert good["Location"] == address
    assert Signature.objects.count() == before + 1
    signature = Signature.objects.latest("seq")
    assert (signature.signer, signature.passkey_use.counter) == (world.officer, 2)
    assert str(prepared.pk) == answer["preparation"]
    assert "passkey (user verified)" in client.get(address).content.decode()


def test_what_stands_against_signing_is_said_before_the_device_is_asked(world: World) -> None:
    device = usable(world, world.engineer, by=world.owner)
    client = signed_in(world.engineer)
    address = reverse("request", args=[world.request.pk])
    refused = client.post(f"{address}sign/", SAYS | {"role": "engineer", "passkey": "yes"})
    assert refused.status_code == 409
    assert "wrote, requested or launched" in refused.content.decode()
    assert device.counter == 0
    assert not PreparedSignature.objects.exists()


def test_a_one_time_code_can_be_given_with_the_password(world: World) -> None:
    client, address = signed_in(world.officer), reverse("request", args=[world.request.pk])
    assert "One-time code" not in client.get(address).content.decode()
    secret, _ = authenticator.enrol(world.officer, PASSWORD)
    assert "One-time code" in client.get(address).content.decode()
    given = SAYS | {"password": PASSWORD, "code": authenticator.code(secret)}
    assert client.post(f"{address}sign/", given).status_code == 302
    assert "server-attested (password and one-time code)" in client.get(address).content.decode()
