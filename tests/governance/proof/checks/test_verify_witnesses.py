"""The offline verifier on witnesses: whose keys were obtained elsewhere, and how many of them must have cosigned."""

from collections.abc import Callable
from functools import partial
from typing import Any

from governance.proof.checks.elsewhere import Elsewhere
from governance.proof.checks.outcome import Verification
from governance.proof.checks.verify import verify_evidence
from governance.proof.checks.witnesses import WitnessPolicy
from governance.proof.formats import merkle
from governance.proof.formats.checkpoint import Checkpoint, sign_checkpoint
from governance.proof.formats.cosignature import Cosigner, generate_key
from governance.proof.formats.merkle import MemoryTree
from governance.proof.formats.note import Note
from tests.governance.proof.world import ORIGIN, World, make_key

Change = Callable[[World, dict[str, Any]], None]
WITNESSES = [Cosigner.from_pem(f"witness.test/w{n}", generate_key()) for n in (1, 2, 3)]
POLICY = WitnessPolicy.of([witness.key.text() for witness in WITNESSES], 2)


def cosigned(note: str, *witnesses: Cosigner, over: str | None = None) -> str:
    head = Checkpoint.from_text(Note.parse(over or note).text)
    return Note.parse(note).with_lines(witness.cosign(head, 1_700_000_000) for witness in witnesses).to_text()


def witness_lines(change: Change, policy: WitnessPolicy | None = POLICY) -> tuple[bool | None, str, int]:
    """Return the line on witnesses for evidence changed so, and the exit code of the whole."""
    world = World()
    lines = verify_evidence(world.evidence(change), world.fingerprint, Elsewhere(witnesses=policy))
    [line] = [line for line in lines if line.name == "witnesses"]
    return line.ok, line.detail, Verification.of(lines).code


def test_a_quorum_of_witnesses_stands_behind_the_checkpoint() -> None:
    def by(*witnesses: Cosigner) -> Change:
        def change(world: World, fields: dict[str, Any]) -> None:
            fields["checkpoint"] = cosigned(fields["checkpoint"], *witnesses)

        return change

    assert witness_lines(by(*WITNESSES[:2]))[::2] == (True, 0)
    assert witness_lines(by(WITNESSES[0]))[::2] == (False, 1)
    assert witness_lines(by())[::2] == (False, 1)
    ok, detail, code = witness_lines(by(*WITNESSES), None)
    assert (ok, "nobody vouched" in detail, code) == (None, True, 0)


def test_cosignatures_of_another_checkpoint_do_not_count() -> None:
    def change(world: World, fields: dict[str, Any]) -> None:
        fields["checkpoint"] = cosigned(fields["checkpoint"], *WITNESSES, over=world.note(2))

    ok, detail, code = witness_lines(change)
    assert (ok, "not over this checkpoint" in detail, code) == (False, True, 1)


def test_a_later_checkpoint_that_was_witnessed_stands_for_this_one() -> None:
    def later(world: World, fields: dict[str, Any], *, broken: bool = False, fork: bool = False) -> None:
        size = world.tree.size
        tree = MemoryTree()
        for leaf in world.leaves:
            tree.append(b"another" if fork else leaf)
        for number in range(4):
            tree.append(b"later %d" % number)
        head = Checkpoint(ORIGIN, tree.size, tree.root())
        proof = [node.hex() for node in merkle.consistency_proof(size, tree.size, tree.read)]
        note = sign_checkpoint(head, ORIGIN, (make_key() if broken else world.keys["log"]).signer)
        fields["witnessed"] = {"checkpoint": cosigned(note, *WITNESSES[1:]), "proof": proof}

    def spoiled(world: World, fields: dict[str, Any]) -> None:
        later(world, fields)
        fields["checkpoint"] = cosigned(fields["checkpoint"], WITNESSES[0], over=world.note(2))

    ok, detail, code = witness_lines(later)
    assert (ok, "on a later checkpoint" in detail, code) == (True, True, 0)
    ok, detail, code = witness_lines(partial(later, fork=True))
    assert (ok, "does not extend" in detail, code) == (False, True, 1)
    assert witness_lines(partial(later, broken=True))[::2] == (False, 1)
    assert witness_lines(spoiled)[::2] == (False, 1)
