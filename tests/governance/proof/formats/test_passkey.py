"""The signed form of a passkey: what verifies, and that every other byte does not."""

import base64
import dataclasses
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from fido2.cose import CoseKey
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.proof.formats import canonical, dsse, passkey
from governance.proof.formats.canonical import NotCanonical
from governance.proof.formats.fields import base64_bytes
from governance.proof.formats.keys import KeyMaterialError, SignatureError
from governance.proof.formats.passkey import Enrolled
from governance.proof.formats.signed_statement import PASSKEY, attested, by_passkey, claimed_passkey, in_time, payload
from governance.proof.formats.statement import PAYLOAD_TYPE, Method, SignoffStatement
from tests.governance.proof.world import SIGNER, World, document, statement
from tests.support.device import (
    BACKED_UP,
    BACKUP_ELIGIBLE,
    ORIGIN,
    PRESENT,
    VERIFIED,
    Device,
    b64url,
    from_b64url,
)

ID = "4b6c3c1e-5a0e-4c53-9a51-7f3f5a1f2b3c"
DEVICE = Device()


def enrolled(device: Device = DEVICE, **changes) -> Enrolled:
    algorithm, spki = passkey.key_from_cose(device.cose)
    made = Enrolled(ID, SIGNER, canonical.sha256(device.credential), algorithm, spki, "localhost", ORIGIN)
    return dataclasses.replace(made, **changes)


def said(**changes: Any) -> SignoffStatement:
    values: dict[str, Any] = {"method": PASSKEY, "passkey": ID} | changes
    return statement(document("evals.rubric"), **values)


def form(content: bytes, device: Device = DEVICE, **how) -> bytes:
    options = {"publicKey": {"challenge": b64url(passkey.challenge(PAYLOAD_TYPE, content)), "rpId": "localhost"}}
    answer = device.answer(options, **how)
    return composed(content, answer)


def composed(content: bytes, answer: dict) -> bytes:
    part = {key: from_b64url(text) for key, text in answer["response"].items()}
    return passkey.compose(
        PAYLOAD_TYPE, content, credential=from_b64url(answer["rawId"]), authenticator=part["authenticatorData"],
        client=part["clientDataJSON"], signature=part["signature"],
    )  # fmt: skip


def verify(data: bytes, key: Enrolled | None = None) -> passkey.Assertion:
    return passkey.verify(data, key or enrolled(), payload_type=PAYLOAD_TYPE)


@pytest.mark.parametrize("algorithm", ["ES256", "EdDSA", "RS256"])
def test_each_algorithm_that_is_offered_verifies(algorithm: str) -> None:
    device, content = Device(algorithm, counter=6), said().to_bytes()
    data = form(content, device)
    assert verify(data, enrolled(device)) == passkey.Assertion(content, 7, backed_up=False)
    assert payload(data) == content
    assert claimed_passkey(data) == ID
    assert by_passkey(data, enrolled(device)) == said()
    other = Device(algorithm, credential=device.credential)
    with pytest.raises(SignatureError, match="the signature is not by passkey"):
        verify(data, enrolled(other))


def test_a_synced_passkey_that_does_not_count_verifies() -> None:
    data = form(b"{}", Device(counts=False, credential=DEVICE.credential), flags=PRESENT | VERIFIED)
    with pytest.raises(SignatureError):
        verify(data)
    flags = PRESENT | VERIFIED | BACKUP_ELIGIBLE | BACKED_UP
    assert verify(form(b"{}", counter=0, flags=flags)) == passkey.Assertion(b"{}", 0, backed_up=True)


@pytest.mark.parametrize(
    ("how", "why"),
    [
        ({"client": {"origin": "http://localhost:8001"}}, "origin"),
        ({"client": {"origin": "https://localhost:8000"}}, "origin"),
        ({"client": {"type": "webauthn.create"}}, "type"),
        ({"client": {"challenge": b64url(bytes(32))}}, "challenge"),
        ({"client": {"crossOrigin": True}}, "inside another site's"),
        ({"client": {"crossOrigin": 0}}, "inside another site's"),
        ({"client": {"topOrigin": "https://elsewhere.example"}}, "inside another site's"),
        ({"rp_id": "example.org"}, "another relying party"),
        ({"flags": PRESENT}, "did not verify its user"),
        ({"flags": VERIFIED}, "did not verify its user"),
        ({"flags": PRESENT | VERIFIED | BACKED_UP}, "which cannot be"),
        ({"extra": b"\0"}, "38 bytes"),
        ({"flags": PRESENT | VERIFIED | 0x80}, "no more"),
        ({"signature": b"\x30\x00"}, "not by passkey"),
    ],
)
def test_whatever_else_the_browser_says_does_not_verify(how: dict, why: str) -> None:
    with pytest.raises(SignatureError, match=why):
        verify(form(said().to_bytes(), **how))


def test_an_assertion_belongs_to_one_payload_and_one_type() -> None:
    data = canonical.loads(form(said().to_bytes()))
    other = said(reason="another reason").to_bytes()
    with pytest.raises(SignatureError, match="challenge"):
        verify(canonical.dumps(data | {"payload": base64.b64encode(other).decode()}))
    with pytest.raises(SignatureError, match="of type"):
        verify(canonical.dumps(data | {"payloadType": "text/plain"}))
    with pytest.raises(SignatureError, match="assertion of"):
        verify(canonical.dumps(data), enrolled(credential=canonical.sha256(b"another")))


def test_client_data_with_a_name_twice_does_not_verify() -> None:
    answer = DEVICE.answer(
        {"publicKey": {"challenge": b64url(passkey.challenge(PAYLOAD_TYPE, b"{}")), "rpId": "localhost"}}
    )
    client = from_b64url(answer["response"]["clientDataJSON"])
    for written in (client[:-1] + b',"origin":"x"}', b"[]", b"\xff", b"{"):
        answer["response"]["clientDataJSON"] = b64url(written)
        with pytest.raises(SignatureError, match="client data"):
            verify(composed(b"{}", answer))


GOOD = form(said().to_bytes())


@settings(max_examples=300)
@given(st.integers(0, len(GOOD) - 1), st.integers(0, 7))
def test_no_flipped_bit_verifies(at: int, bit: int) -> None:
    changed = bytearray(GOOD)
    changed[at] ^= 1 << bit
    with pytest.raises((SignatureError, NotCanonical)):
        by_passkey(bytes(changed), enrolled())


@given(st.binary(max_size=300))
def test_whatever_bytes_come_they_are_refused_and_nothing_else_happens(data: bytes) -> None:
    for content in (data, b'{"assertion":' + data):
        with pytest.raises(SignatureError):
            verify(content)
        with pytest.raises(SignatureError):
            payload(content)


@given(st.sampled_from(sorted(json.loads(GOOD)["assertion"])), st.text(max_size=50))
def test_no_other_text_in_any_part_verifies(part: str, text: str) -> None:
    changed = json.loads(GOOD)
    changed["assertion"][part] = text
    with pytest.raises(SignatureError):
        verify(canonical.dumps(changed))


@given(st.sampled_from([*range(-300, 5), 1, 3]), st.binary(max_size=40), st.binary(max_size=40))
def test_no_other_cose_key_is_taken(algorithm: int, x: bytes, y: bytes) -> None:
    for kind in (1, 2, 3):
        try:
            name, spki = passkey.key_from_cose({1: kind, 3: algorithm, -1: 1 if kind == 2 else 6, -2: x, -3: y})
        except KeyMaterialError:
            continue
        assert (name, kind) in {("EdDSA", 1), ("ES256", 2)}
        assert len(spki) in (44, 91)


def test_keys_of_other_curves_and_short_rsa_keys_are_not_taken() -> None:
    p384 = ec.generate_private_key(ec.SECP384R1()).public_key().public_numbers()
    key = {1: 2, 3: -7, -1: 2, -2: p384.x.to_bytes(48), -3: p384.y.to_bytes(48)}
    with pytest.raises(KeyMaterialError):
        passkey.key_from_cose(key)
    with pytest.raises(KeyMaterialError):
        passkey.key_from_cose(CoseKey.parse({1: 3, 3: -257, -1: b"\xff" * 64, -2: b"\x01\x00\x01"}))


def test_the_attestation_key_makes_no_sign_off_by_passkey() -> None:
    for changes in (
        {},
        {"passkey": None},
        {"method": Method(kind="password", label="x")},
        {"method": Method(kind="password", label=PASSKEY.label), "passkey": None},
    ):
        forged = World().sign(said(**changes)).encode()
        with pytest.raises(SignatureError, match="that the server's key signed"):
            attested(dsse.peek(forged).payload)
    for label in ("x", "pаsskey (user verified)", "passkey  (user verified)", "server-attested (pаsskey)"):
        spoken = World().sign(statement(document("evals.rubric"), method=Method(kind="password", label=label)))
        with pytest.raises(SignatureError, match="expected words that say"):
            attested(dsse.peek(spoken.encode()).payload)
    plain = statement(document("evals.rubric"))
    assert attested(dsse.peek(World().sign(plain).encode()).payload) == plain


def test_what_a_passkey_signs_must_say_so() -> None:
    for changes in ({"method": Method(kind="password", label="x")}, {"passkey": None}, {"passkey": SIGNER}):
        with pytest.raises(SignatureError, match="found a statement by"):
            by_passkey(form(said(**changes).to_bytes()), enrolled())


def test_a_passkey_is_given_a_quarter_of_an_hour_and_the_server_none() -> None:
    mine = said(time="2026-01-02T03:04:05Z").predicate
    recorded = ["2026-01-02T03:04:04Z", "2026-01-02T03:04:05Z", "2026-01-02T03:19:05Z", "2026-01-02T03:19:06Z"]
    assert [in_time(mine, at) for at in recorded] == [False, True, True, False]
    servers = statement(document("evals.rubric"), time="2026-01-02T03:04:05Z").predicate
    assert [in_time(servers, at) for at in recorded] == [False, True, False, False]


def test_the_form_is_canonical_json_of_its_parts() -> None:
    parts = json.loads(GOOD)
    assert set(parts) == {"assertion", "payload", "payloadType"}
    assert base64_bytes(parts["payload"]) == said().to_bytes()
    for spoilt in (GOOD + b"\n", GOOD.replace(b'":"', b'": "', 1), GOOD[:-1] + b',"z":1}'):
        with pytest.raises(SignatureError):
            verify(spoilt)
