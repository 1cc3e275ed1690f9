"""Signing in with a passkey: alone or after the password, and every way in which an answer may be wrong."""

import html
import json
import re
from typing import Any

import pytest
from django.test import Client

from governance.models import SignIn
from governance.services import passkeys
from tests.governance.web.test_sign_in import sign_in, told
from tests.governance.web.world import PASSWORD, World
from tests.support.device import BACKED_UP, PRESENT, Device


def browser(host: str = "localhost:8000") -> Client:
    """Return a browser at the address that passkeys belong to."""
    return Client(headers={"Host": host})


@pytest.fixture
def device(world: World) -> Device:
    """A device with a passkey of the owner's."""
    made = Device()
    asked = passkeys.prepare(actor=world.owner)
    enrolment, options = asked.pop("enrolment"), asked
    passkeys.enrol(
        actor=world.owner, enrolment=enrolment, credential=made.register(options), name="Key", password=PASSWORD
    )
    return made


def options(client: Client) -> dict[str, Any]:
    page = client.get("/sign-in/passkey/").content.decode()
    found = re.findall(r'<script id="passkey-options"[^>]*>(.*?)</script>', page, re.S)[0]
    return {"publicKey": json.loads(html.unescape(found))}


def bring(client: Client, answer: dict[str, Any], **more: str):
    return client.post("/sign-in/passkey/", {"credential": json.dumps(answer), **more})


def test_a_passkey_signs_in_without_password_and_counts_as_two_factors(world: World, device: Device) -> None:
    client = browser()
    asked = options(client)
    assert asked["publicKey"]["userVerification"] == "required"
    assert not asked["publicKey"].get("allowCredentials")
    assert bring(client, device.answer(asked), next="/projects/")["Location"] == "/projects/"
    row = SignIn.objects.get()
    assert (row.user, row.method, row.strong) == (world.owner, "passkey", True)
    assert told("access:session:opened")[-1]["method"] == "passkey"
    assert client.get("/").status_code == 200


def test_a_device_that_counted_counts_on(world: World, device: Device) -> None:
    client = browser()
    assert bring(client, device.answer(options(client), counter=7)).status_code == 302
    for counter in (7, 6, 0):
        again = browser()
        refused = bring(again, device.answer(options(again), counter=counter))
        assert (refused.status_code, "went back" in refused.content.decode()) == (400, True)
    assert SignIn.objects.count() == 1


def test_a_passkey_follows_the_password(world: World, device: Device) -> None:
    client = browser()
    assert sign_in(client)["Location"] == "/sign-in/code/"
    assert "Use my passkey" in client.get("/sign-in/code/").content.decode()
    asked = options(client)
    assert len(asked["publicKey"]["allowCredentials"]) == 1
    assert bring(client, device.answer(asked)).status_code == 302
    assert SignIn.objects.get().method == "password + passkey"


def test_a_passkey_of_somebody_else_is_no_second_factor(world: World, device: Device) -> None:
    _, recovery = _enrol_codes(world)
    client = browser()
    assert sign_in(client, "carla")["Location"] == "/sign-in/code/"
    refused = bring(client, device.answer(options(client)))
    assert refused.status_code == 400
    assert "somebody else" in refused.content.decode()
    assert not SignIn.objects.exists()
    assert recovery


def _enrol_codes(world: World):
    from tests.governance.accounts.authenticator import enrol

    return enrol(world.officer, PASSWORD)


@pytest.mark.attack(
    name="Replay a passkey's answer to sign in, or bring one made elsewhere, unverified or wrongly signed",
    caught_by="a challenge of this session that is used once, origin, host, user verification and signature",
    unless="the device itself is in the attacker's hands, unlocked",
)
@pytest.mark.parametrize(
    "said",
    [
        {"client": {"origin": "http://elsewhere.example"}},
        {"client": {"origin": "http://localhost:8001"}},
        {"client": {"crossOrigin": True}},
        {"client": {"type": "webauthn.create"}},
        {"client": {"challenge": "AAAA"}},
        {"rp_id": "elsewhere.example"},
        {"flags": PRESENT},
        {"flags": BACKED_UP},
        {"signature": b"0" * 70},
    ],
    ids=str,
)
def test_a_wrong_answer_opens_nothing(world: World, device: Device, said: dict[str, Any]) -> None:
    client = browser()
    answer = device.answer(options(client), **said)
    assert bring(client, answer).status_code == 400
    assert client.get("/").status_code == 302
    assert bring(client, device.answer(options(client))).status_code == 302


def test_an_answer_is_used_once_and_in_its_own_session(world: World, device: Device) -> None:
    first, second = browser(), browser()
    answer = device.answer(options(first))
    options(second)
    assert bring(second, answer).status_code == 400
    assert bring(first, answer).status_code == 302
    first.post("/sign-out/")
    assert bring(first, answer).status_code == 400
    assert bring(browser(), answer).status_code == 400


def test_a_revoked_passkey_or_a_person_who_left_does_not_get_in(world: World, device: Device) -> None:
    world.owner.is_active = False
    world.owner.save()
    client = browser()
    assert bring(client, device.answer(options(client))).status_code == 400
    world.owner.is_active = True
    world.owner.save()
    passkey = world.owner.passkeys.get()
    passkeys.revoke(actor=world.owner, passkey=passkey, reason="lost")
    assert bring(client, device.answer(options(client))).status_code == 400
    assert sign_in(browser())["Location"] == "/"


@pytest.mark.parametrize("junk", ["", "x", "[]", "{}", '{"id": 1}', '{"id":"AA","rawId":"AA","response":{}}'])
def test_junk_is_refused(world: World, device: Device, junk: str) -> None:
    client = browser()
    options(client)
    assert client.post("/sign-in/passkey/", {"credential": junk}).status_code == 400


def test_by_ip_address_the_page_says_where_passkeys_work(world: World) -> None:
    for path in ("/sign-in/", "/sign-in/passkey/"):
        assert 'href="http://localhost:8000/sign-in/' in browser("127.0.0.1:8000").get(path).content.decode()
    assert sign_in(browser("127.0.0.1:8000")).status_code == 302


def test_whoever_began_can_be_forgotten(world: World, device: Device) -> None:
    client = browser()
    sign_in(client)
    assert client.get("/sign-in/")["Location"] == "/sign-in/code/"
    client.post("/sign-in/again/")
    assert client.get("/sign-in/").status_code == 200


def test_nobody_is_sent_elsewhere_after_a_passkey(world: World, device: Device) -> None:
    client = browser()
    assert bring(client, device.answer(options(client)), next="https://elsewhere.example/")["Location"] == "/"
