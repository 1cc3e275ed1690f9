"""DSSE: the specification's example, and envelopes that are not quite one."""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.proof.formats import canonical, dsse
from governance.proof.formats.dsse import SignatureError
from tests.governance.proof.world import make_key

TYPE = "application/vnd.example+json"
KEY, OTHER = make_key(), make_key()
KEYS = {KEY.public.keyid: KEY.public, OTHER.public.keyid: OTHER.public}


def test_pre_authentication_encoding_as_in_the_specification() -> None:
    expected = b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    assert dsse.pae("http://example.com/HelloWorld", b"hello world") == expected


@given(st.binary(max_size=200))
def test_round_trip(payload: bytes) -> None:
    signed = dsse.open_envelope(dsse.sign(TYPE, payload, KEY.signer), KEYS, payload_type=TYPE)
    assert signed == dsse.Signed(payload, TYPE, KEY.public.keyid)


def test_the_type_is_signed_and_must_be_the_expected_one() -> None:
    data = dsse.sign(TYPE, b"x", KEY.signer)
    with pytest.raises(SignatureError, match="expected 'other'"):
        dsse.open_envelope(data, KEYS, payload_type="other")
    renamed = data.replace(TYPE.encode(), b"other")
    with pytest.raises(SignatureError, match="not by key"):
        dsse.open_envelope(renamed, KEYS, payload_type="other")


def test_an_unknown_key_is_refused_though_its_signature_is_right() -> None:
    data = dsse.sign(TYPE, b"x", KEY.signer)
    for known in ({}, {OTHER.public.keyid: OTHER.public}):
        with pytest.raises(SignatureError, match="expected"):
            dsse.open_envelope(data, known, payload_type=TYPE)


def test_a_signature_under_anothers_key_id_is_refused() -> None:
    data = dsse.sign(TYPE, b"x", KEY.signer).replace(KEY.public.keyid.encode(), OTHER.public.keyid.encode())
    with pytest.raises(SignatureError, match="not by key"):
        dsse.open_envelope(data, KEYS, payload_type=TYPE)


Change = Callable[[dict[str, Any]], Any]
CHANGES: list[Change] = [
    lambda e: [e],
    lambda e: None,
    lambda e: e | {"extra": 1},
    lambda e: e | {"signatures": []},
    lambda e: e | {"signatures": {}},
    lambda e: e | {"signatures": e["signatures"] * 2},
    lambda e: e | {"signatures": [*e["signatures"], e["signatures"][0] | {"keyid": OTHER.public.keyid}]},
    lambda e: e | {"signatures": [e["signatures"][0] | {"cert": "x"}]},
    lambda e: e | {"signatures": [{"keyid": KEY.public.keyid}]},
    lambda e: e | {"signatures": [e["signatures"][0] | {"sig": "?"}]},
    lambda e: e | {"payload": e["payload"] + "\n"},
    lambda e: e | {"payload": e["payload"].rstrip("=")},
    lambda e: e | {"payload": 1},
    lambda e: e | {"payload": base64.b64encode(b"y").decode()},
    lambda e: {k: v for k, v in e.items() if k != "payload"},
]


@pytest.mark.parametrize("change", CHANGES)
def test_envelopes_that_are_not_exactly_as_issued(change: Change) -> None:
    data = canonical.dumps(change(json.loads(dsse.sign(TYPE, b"x", KEY.signer))))
    with pytest.raises(SignatureError):
        dsse.open_envelope(data, KEYS, payload_type=TYPE)


def test_a_reformatted_envelope_is_refused() -> None:
    data = json.dumps(json.loads(dsse.sign(TYPE, b"x", KEY.signer)), indent=1).encode()
    with pytest.raises(SignatureError, match="as issued"):
        dsse.open_envelope(data, KEYS, payload_type=TYPE)


def test_every_flipped_byte_is_refused() -> None:
    data = dsse.sign(TYPE, b"payload", KEY.signer)
    for at in range(len(data)):
        for mask in (1, 0x20, 0x80):
            bad = bytearray(data)
            bad[at] ^= mask
            with pytest.raises(SignatureError):
                dsse.open_envelope(bytes(bad), KEYS, payload_type=TYPE)


def test_peek_reads_without_trust() -> None:
    data = dsse.sign(TYPE, b"x", make_key().signer)
    assert dsse.peek(data).payload == b"x"
    with pytest.raises(SignatureError):
        dsse.peek(b"{}")
