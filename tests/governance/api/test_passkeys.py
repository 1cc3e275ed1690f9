"""Passkeys by API: enrolled, vouched for, used to sign in two steps, revoked."""

from typing import Any

import pytest

from governance import store
from governance.attestation import NO_TYPE
from governance.proof.formats import passkey as proof
from governance.proof.formats.signed_statement import payload
from governance.proof.formats.statement import PAYLOAD_TYPE
from governance.selectors import signoff as standings
from tests.governance.accounts import authenticator
from tests.governance.api.conftest import Door
from tests.support.cast import PASSWORD, Cast, rubric
from tests.support.device import Device, b64url

PROOF = {"password": PASSWORD}

SAYS = {"role": "compliance_officer", "meaning": "Approved", "reason": "Read it"}


@pytest.fixture(autouse=True)
def localhost(settings: Any) -> None:
    settings.COUNTERSIGN_URL = "http://localhost:8000"


def enrolled(person: Any) -> tuple[Device, dict[str, Any]]:
    device, options = Device(), person.post("passkeys/options")
    given = {"enrolment": options["enrolment"], "credential": device.register(options), "name": "Blue key"}
    person.post("passkeys", given | {"password": "wrong"}, expect=409)
    return device, person.post("passkeys", given | {"password": PASSWORD})


def test_from_enrolment_to_signature_to_revocation(cast: Cast, api: Door) -> None:
    carl, olga, erik = api("carl"), api("olga"), api("erik")
    device, made = enrolled(carl)
    assert (made["counts"], made["waits"], made["name"], len(made["recovery_codes"])) == (False, True, "Blue key", 10)
    device_said = {"attestation": "none", "attested": False, "synced": False, "aaguid": NO_TYPE}
    assert {name: made["device"][name] for name in device_said} == device_said
    assert store.has(made["device"]["statement"])
    request = erik.post("requests", {"documents": [rubric(cast).digest]})["id"]
    assert carl.post(f"requests/{request}/passkey", SAYS, expect=409)["findings"][0]["check"] == "passkey"

    assert erik.get("passkeys/waiting", expect=403)["error"] == "denied"
    erik.post(f"passkeys/{made['id']}/vouch", {"how": "I know him", **PROOF}, expect=404)
    assert carl.post(f"passkeys/{made['id']}/vouch", {"how": "It is me", **PROOF}, expect=409)
    assert [one["holder"] for one in olga.get("passkeys/waiting")["results"]] == ["Carl Officer"]
    olga.post(f"passkeys/{made['id']}/vouch", {"how": "Staff card seen", **PROOF})
    assert carl.get("passkeys")["results"][0]["counts"] is True
    assert olga.get("passkeys/waiting")["count"] == 0

    prepared = carl.post(f"requests/{request}/passkey", SAYS)
    challenge = proof.challenge(PAYLOAD_TYPE, prepared["statement"].encode())
    assert prepared["publicKey"]["challenge"] == b64url(challenge)
    assert prepared["publicKey"]["userVerification"] == "required"
    answer = {"preparation": prepared["preparation"], "credential": device.answer(prepared)}
    other = erik.post("requests", {"documents": [rubric(cast, "Other").digest]})["id"]
    carl.post(f"requests/{other}/passkey/sign", answer, expect=404)
    olga.post(f"requests/{request}/passkey/sign", answer, expect=404)
    receipt = carl.post(f"requests/{request}/passkey/sign", answer)
    assert proof.peek(receipt["statement"].encode()) == prepared["statement"].encode()
    carl.post(f"requests/{request}/passkey/sign", answer, expect=409)

    erik.post(f"passkeys/{made['id']}/revoke", {"reason": "lost"}, expect=404)
    olga.post(f"passkeys/{made['id']}/revoke", {"reason": "lost", "since": "2126-01-01T00:00:00Z"}, expect=400)
    olga.post(f"passkeys/{made['id']}/revoke", {"reason": "lost"})
    assert carl.get("passkeys")["results"][0]["counts"] is False
    assert carl.post(f"requests/{other}/passkey", SAYS, expect=409)["findings"][0]["check"] == "passkey"


def test_a_password_is_no_part_of_a_signature_by_passkey(cast: Cast, api: Door) -> None:
    request = api("erik").post("requests", {"documents": [rubric(cast).digest]})["id"]
    for more in ({"password": PASSWORD}, {"code": "000000"}):
        refused = api("carl").post(f"requests/{request}/passkey", SAYS | more, expect=400)
        assert "there is no such field" in str(refused)


def test_password_and_code_sign_by_api(cast: Cast, api: Door) -> None:
    carl = api("carl")
    secret, _ = authenticator.enrol(cast.carl, PASSWORD)
    document = rubric(cast)
    request = api("erik").post("requests", {"documents": [document.digest]})["id"]
    given = SAYS | {"password": PASSWORD, "code": authenticator.code(secret)}
    receipt = carl.post(f"requests/{request}/sign", given)
    assert b"server-attested (password and one-time code)" in payload(receipt["statement"].encode())
    assert standings.in_force(document).signatures[0].method == "password+totp"
