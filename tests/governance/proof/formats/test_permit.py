"""Permits open for one holder, one executor, one attempt, for a time."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from governance.proof.formats import canonical, dsse
from governance.proof.formats.fields import moment
from governance.proof.formats.manifest import FileEntry
from governance.proof.formats.permit import (
    PAYLOAD_TYPE,
    RECEIPT_TYPE,
    Input,
    Permit,
    PermitError,
    Receipt,
    open_permit,
    open_receipt,
    read_permit,
    sign_permit,
    sign_receipt,
)
from tests.governance.proof.world import AUDIENCE, NOW, OTHER_PROJECT, SECRET, SERIES, TIME, document, make_key, permit

KEY, OTHER = make_key(), make_key()
KEYS = {KEY.public.keyid: KEY.public}
PERMIT = permit(document("evals.evaluation_spec"), "a checkpoint\n")
SIGNED = sign_permit(PERMIT, KEY.signer)
RECEIPT = Receipt(
    permit=SERIES,
    attempt=SERIES,
    nonce="n" * 16,
    time=TIME,
    token_sha256="sha256:" + "0" * 64,
    token_expires=TIME,
    seq=3,
)


def opened(data: bytes = SIGNED, **changes: Any) -> Permit:
    values: dict[str, Any] = {"audience": AUDIENCE, "secret": SECRET, "now": NOW, "attempt": SERIES}
    return open_permit(data, KEYS, **(values | changes))


def reason(data: bytes = SIGNED, **changes: Any) -> str:
    with pytest.raises(PermitError) as caught:
        opened(data, **changes)
    assert str(caught.value)
    return caught.value.reason


def test_round_trip() -> None:
    assert opened() == opened(attempt=None) == read_permit(SIGNED, KEYS) == PERMIT


def test_forged() -> None:
    assert reason(sign_permit(PERMIT, OTHER.signer)) == "forged"
    assert reason(SIGNED.replace(b'"payload":"', b'"payload":"AAAA')) == "forged"
    assert reason(b"") == "forged"
    assert reason(dsse.sign(RECEIPT_TYPE, canonical.dumps(PERMIT.model_dump()), KEY.signer)) == "forged"


def test_a_receipt_is_no_permit_and_the_other_way_round() -> None:
    assert reason(sign_receipt(RECEIPT, KEY.signer)) == "forged"
    with pytest.raises(PermitError, match="found a payload of type"):
        open_receipt(SIGNED, KEYS, permit=SERIES, nonce="n" * 16)


def test_signed_but_malformed() -> None:
    for payload in (b"x", b"{}", canonical.dumps(PERMIT.model_dump() | {"version": 2})):
        assert reason(dsse.sign(PAYLOAD_TYPE, payload, KEY.signer)) == "malformed"


def test_another_audience_another_secret_another_attempt() -> None:
    assert reason(audience="runner:other") == "audience"
    assert reason(secret=SECRET + "x") == "secret"
    assert reason(secret="") == "secret"
    assert reason(secret=PERMIT.secret_sha256) == "secret"
    assert reason(attempt=OTHER_PROJECT) == "attempt"


def test_another_runs_permit_does_not_open_with_this_runs_secret() -> None:
    other = permit(document("evals.evaluation_spec"), "x", secret_sha256="sha256:" + "0" * 64, id=OTHER_PROJECT)
    assert reason(sign_permit(other, KEY.signer)) == "secret"


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (moment(PERMIT.expires_at) - timedelta(microseconds=1), None),
        (moment(PERMIT.expires_at), "expired"),
        (moment(PERMIT.expires_at) + timedelta(days=400), "expired"),
        (moment(PERMIT.issued_at) - timedelta(minutes=2), None),
        (moment(PERMIT.issued_at) - timedelta(minutes=2, seconds=1), "early"),
    ],
)
def test_time(now: datetime, expected: str | None) -> None:
    if expected is None:
        assert opened(now=now) == PERMIT
    else:
        assert reason(now=now) == expected


def test_who_does_not_know_the_secret_learns_nothing_about_time() -> None:
    assert reason(secret="x", now=moment(PERMIT.expires_at)) == "secret"


@pytest.mark.parametrize(
    "changes",
    [
        {"entry_point": "os.system"},
        {"entry_point": "evals.engine.run:run:x"},
        {"entry_point": "../x:run"},
        {"expires_at": TIME},
        {"expires_at": "2026-01-02T03:04:04Z"},
        {"number": 0},
        {"attempt": "x"},
        {"secret_sha256": SECRET},
        {"decisions": [-1]},
        {"audience": ""},
    ],
)
def test_what_is_no_permit(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        permit(document("evals.evaluation_spec"), "x", **changes)


def test_inputs_stay_inside_and_do_not_collide() -> None:
    def given(name: str) -> Input:
        return Input(name=name, sha256="sha256:" + "a" * 64, size=1, role="data")

    for name in ("../x", "/x", "a//b", ""):
        with pytest.raises(ValidationError):
            given(name)
    with pytest.raises(ValidationError, match="two inputs of one name"):
        permit(document("evals.evaluation_spec"), "x", inputs=[given("a/B"), given("a/b")])
    assert FileEntry(path=given("a/b").name, size=1, sha256=given("a/b").sha256).md5 is None


def test_receipts_are_for_one_permit_and_one_runner() -> None:
    signed = sign_receipt(RECEIPT, KEY.signer)
    assert open_receipt(signed, KEYS, permit=SERIES, nonce="n" * 16) == RECEIPT
    for changes in ({"permit": OTHER_PROJECT}, {"nonce": "m" * 16}):
        with pytest.raises(PermitError, match="expected ours"):
            open_receipt(signed, KEYS, **({"permit": SERIES, "nonce": "n" * 16} | changes))
    with pytest.raises(PermitError, match="found a signature by key"):
        open_receipt(sign_receipt(RECEIPT, OTHER.signer), KEYS, permit=SERIES, nonce="n" * 16)
