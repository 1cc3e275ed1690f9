"""Whose cosignatures count, and how many: k of n distinct witnesses over exactly this checkpoint."""

import hashlib

import pytest

from governance.proof.checks.witnesses import WitnessPolicy, witness_line
from governance.proof.formats.checkpoint import Checkpoint, sign_checkpoint
from governance.proof.formats.cosignature import Cosigner, generate_key
from governance.proof.formats.note import Note, SignatureLine
from tests.governance.proof.world import ORIGIN, make_key

TIME = 1_700_000_000
LOG = make_key()
WITNESSES = [Cosigner.from_pem(f"witness.test/w{n}", generate_key()) for n in (1, 2, 3)]
STRANGER = Cosigner.from_pem("stranger.test/w", generate_key())
KEYS = [witness.key.text() for witness in WITNESSES]
CHECKPOINT = Checkpoint(ORIGIN, 42, hashlib.sha256(b"x").digest())
OTHER = Checkpoint(ORIGIN, 42, hashlib.sha256(b"y").digest())


def note(*lines: SignatureLine) -> str:
    return Note.parse(sign_checkpoint(CHECKPOINT, ORIGIN, LOG.signer)).with_lines(lines).to_text()


def lying(witness: Cosigner) -> SignatureLine:
    """A line by the witness's key, name and id right, over another history."""
    return witness.cosign(OTHER, TIME)


def test_two_of_three() -> None:
    policy = WitnessPolicy.of(KEYS, 2)
    one, two, three = (witness.cosign(CHECKPOINT, TIME) for witness in WITNESSES)
    for lines, reached in (
        ((), False),
        ((one,), False),
        ((two, three), True),
        ((one, two, three), True),
        ((one, STRANGER.cosign(CHECKPOINT, TIME)), False),
        ((one, WITNESSES[0].cosign(CHECKPOINT, TIME + 1)), False),
    ):
        judged = policy.judge(note(*lines), CHECKPOINT)
        assert (judged.witnessed, judged.faults) == (reached, ())
        assert witness_line(note(*lines), CHECKPOINT, policy).ok is reached


@pytest.mark.attack(
    name="move a cosignature to another checkpoint",
    caught_by="the signature covers origin, size and root",
    unless="the witness's key is stolen",
)
def test_one_that_lies_spoils_the_note_it_is_on() -> None:
    policy = WitnessPolicy.of(KEYS, 2)
    good = [witness.cosign(CHECKPOINT, TIME) for witness in WITNESSES[:2]]
    judged = policy.judge(note(*good, lying(WITNESSES[2])), CHECKPOINT)
    assert len(judged.seen) == 2
    assert judged.faults
    assert not judged.witnessed
    line = witness_line(note(*good, lying(WITNESSES[2])), CHECKPOINT, policy)
    assert line.ok is False
    assert "witness.test/w3 is not over this checkpoint" in line.detail


def test_without_a_policy_nobody_vouches() -> None:
    line = witness_line(note(), CHECKPOINT, None)
    assert (line.ok, "none cosigned" in line.detail) == (None, True)
    line = witness_line(note(STRANGER.cosign(CHECKPOINT, TIME)), CHECKPOINT, None)
    assert (line.ok, "stranger.test/w" in line.detail, "nobody vouched" in line.detail) == (None, True, True)


def test_all_must_have_cosigned_unless_a_quorum_says_less() -> None:
    assert WitnessPolicy.of(KEYS).quorum == 3


def test_two_keys_of_one_witness_count_once() -> None:
    safe = Cosigner.from_pem(WITNESSES[0].key.name, generate_key(quantum_safe=True))
    policy = WitnessPolicy.of([*KEYS[:2], safe.key.text()], 2)
    assert policy.names == ("witness.test/w1", "witness.test/w2")
    both = (WITNESSES[0].cosign(CHECKPOINT, TIME), safe.cosign(CHECKPOINT, TIME))
    assert not policy.judge(note(*both), CHECKPOINT).witnessed
    assert policy.judge(note(*both, WITNESSES[1].cosign(CHECKPOINT, TIME)), CHECKPOINT).witnessed


def test_policies_that_would_promise_too_much() -> None:
    renamed = WITNESSES[0].key.__class__("another.test/name", 0x04, WITNESSES[0].key.raw).text()
    log = WITNESSES[0].key.__class__("log.test", 0x01, LOG.public.raw).text()
    for vkeys, quorum in (
        ([], None),
        (KEYS, 0),
        (KEYS, 4),
        ([KEYS[0], KEYS[0]], 2),
        ([KEYS[0], renamed], 2),
        ([log], 1),
        (["nonsense"], 1),
    ):
        with pytest.raises(ValueError, match="found"):
            WitnessPolicy.of(vkeys, quorum)
