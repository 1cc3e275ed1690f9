"""The keyring chains every key to one published fingerprint."""

from typing import Any

import pytest
from pydantic import ValidationError

from governance.proof.formats import canonical, dsse
from governance.proof.formats.keyring import PAYLOAD_TYPE, KeyEntry, Keyring, certified_key
from governance.proof.formats.keys import KeyMaterialError, SignatureError
from tests.governance.proof.world import World, entry, make_key

WORLD = World()
ROOT = WORLD.keys["root"]


def test_round_trip_and_purposes() -> None:
    keyring = Keyring.open(WORLD.keyring().sign(ROOT.signer), WORLD.fingerprint)
    assert keyring == WORLD.keyring()
    for purpose in ("root", "log", "attestation", "permit", "seal"):
        assert dict(keyring.for_purpose(purpose)) == {
            WORLD.keys[purpose].public.keyid: WORLD.keys[purpose].public,
        }


def test_only_the_published_root_is_believed() -> None:
    forger = World()
    with pytest.raises(SignatureError, match="compare the fingerprint"):
        Keyring.open(forger.keyring().sign(forger.keys["root"].signer), WORLD.fingerprint)


def test_naming_the_root_is_not_enough() -> None:
    payload = canonical.dumps(WORLD.keyring().model_dump())
    for signer in (make_key().signer, WORLD.keys["log"].signer):
        with pytest.raises(SignatureError, match="found a signature by key"):
            Keyring.open(dsse.sign(PAYLOAD_TYPE, payload, signer), WORLD.fingerprint)
    with pytest.raises(SignatureError, match="found a payload of type"):
        Keyring.open(dsse.sign("application/other", payload, ROOT.signer), WORLD.fingerprint)
    with pytest.raises(SignatureError, match="expected the root key"):
        WORLD.keyring().sign(make_key().signer)


@pytest.mark.parametrize("payload", [b"", b"{}", b"[]", b'{"root":{"public":"x"}}', b'{"root":{"public":1}}', b"1"])
def test_payloads_that_name_no_root(payload: bytes) -> None:
    with pytest.raises(SignatureError, match="names no root key"):
        Keyring.open(dsse.sign(PAYLOAD_TYPE, payload, ROOT.signer), WORLD.fingerprint)


def test_signed_but_malformed() -> None:
    payload = canonical.dumps(WORLD.keyring().model_dump() | {"extra": 1})
    with pytest.raises(SignatureError, match="signed but malformed"):
        Keyring.open(dsse.sign(PAYLOAD_TYPE, payload, ROOT.signer), WORLD.fingerprint)


def test_keys_count_from_since_until_before_until() -> None:
    old, new = make_key(), make_key()
    keys = [entry(old, "log", since=0, until=5), entry(new, "log", since=5)]
    keyring = WORLD.keyring(keys=keys)
    assert set(keyring.for_purpose("log")) == {old.public.keyid, new.public.keyid}
    assert [set(keyring.for_purpose("log", at=size)) for size in (0, 4, 5, 99)] == [
        {old.public.keyid}, {old.public.keyid}, {new.public.keyid}, {new.public.keyid},
    ]  # fmt: skip


def test_what_is_no_entry() -> None:
    log, seal, other = WORLD.keys["log"], WORLD.keys["seal"], make_key()
    wrong: list[tuple[Any, Any, dict[str, Any]]] = [
        (log, "log", {"keyid": other.public.keyid}),
        (log, "log", {"algorithm": "ecdsa-p256"}),
        (log, "log", {"public": other.public.spki_pem}),
        (log, "log", {"public": log.public.spki_pem + "\n"}),
        (log, "log", {"public": "x"}),
        (log, "log", {"since": 5, "until": 4}),
        (log, "log", {"since": -1}),
        (log, "log", {"certificate": WORLD.seal_certificate}),
        (log, "launch", {}),
        (seal, "seal", {}),
        (seal, "seal", {"certificate": World().seal_certificate}),
        (seal, "seal", {"certificate": "x"}),
    ]
    for key, purpose, changes in wrong:
        with pytest.raises(ValidationError):
            entry(key, purpose, **changes)


def test_what_is_no_keyring() -> None:
    log: KeyEntry = entry(WORLD.keys["log"], "log")
    wrong: list[dict[str, Any]] = [
        {"number": 0},
        {"number": 2},
        {"previous": "sha256:" + "a" * 64},
        {"origin": "two words"},
        {"origin": ""},
        {"root": log},
        {"keys": [log, log]},
        {"keys": [log, entry(WORLD.keys["log"], "permit")]},
        {"keys": [entry(make_key(), "root")]},
        {"keys": [entry(ROOT, "log")]},
    ]
    for changes in wrong:
        with pytest.raises(ValidationError):
            WORLD.keyring(**changes)
    assert WORLD.keyring(number=2, previous="sha256:" + "a" * 64).number == 2


def test_certificates() -> None:
    assert certified_key(WORLD.seal_certificate) == WORLD.keys["seal"].public
    with pytest.raises(KeyMaterialError):
        certified_key("x")
