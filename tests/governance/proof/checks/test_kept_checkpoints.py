"""Checkpoints kept from earlier times: one history holds, two are proved, and nothing else is taken for either."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.proof.checks.elsewhere import Elsewhere
from governance.proof.checks.kept_checkpoints import Consistency, Kept, kept_lines
from governance.proof.checks.outcome import FORKED, CheckLine, Verification
from governance.proof.checks.verify import verify_evidence
from governance.proof.formats import merkle
from governance.proof.formats.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from governance.proof.formats.fields import base64_text
from governance.proof.formats.merkle import MemoryTree
from tests.governance.proof.world import ORIGIN, World, make_key

KEY = make_key()


def tree(size: int, *, honest: int | None = None) -> MemoryTree:
    """A tree of `size` leaves; those from `honest` on are another history's."""
    made = MemoryTree()
    for number in range(size):
        made.append(b"%d" % number if honest is None or number < honest else b"forged %d" % number)
    return made


def head(made: MemoryTree, size: int) -> Checkpoint:
    return Checkpoint(ORIGIN, size, made.root(size))


def kept(checkpoint: Checkpoint, key: Any = KEY) -> Kept:
    return Kept("kept", sign_checkpoint(checkpoint, ORIGIN, key.signer))


def proof(made: MemoryTree, old: int, new: int, **changes: Any) -> Consistency:
    nodes = [node.hex() for node in merkle.consistency_proof(old, new, made.read)]
    values: dict[str, Any] = {
        "old": old,
        "new": new,
        "old_root": made.root(old).hex(),
        "new_root": made.root(new).hex(),
    }
    return Consistency(**(values | {"proof": nodes} | changes))


def said(at: Checkpoint, mine: Kept, proofs: Sequence[Consistency] = (), **more: Any) -> CheckLine:
    keys = {KEY.public.keyid: KEY.public}
    [line] = kept_lines(at, [mine], proofs, opened=lambda note: open_checkpoint(note, ORIGIN, keys), **more)
    return line


sizes = st.integers(0, 40)


@given(one=sizes, other=sizes)
def test_one_history_holds_whichever_is_older(one: int, other: int) -> None:
    made = tree(max(one, other))
    old, new = sorted((one, other))
    line = said(head(made, one), kept(head(made, other)), [proof(made, old, new)])
    assert line.ok is True, line
    if other <= one:
        assert said(head(made, one), kept(head(made, other)), tree=tree(one)).ok is True


@given(data=st.data())
def test_two_histories_are_proved_by_the_honest_proof_of_either(data: st.DataObject) -> None:
    """Somebody with the log key tells the auditor one history and the report another; the server proves its own."""
    old, new = sorted(data.draw(st.lists(st.integers(1, 40), min_size=2, max_size=2)))
    first, second = tree(new), tree(new, honest=data.draw(st.integers(0, old - 1)))
    for report, mine, told in (
        (head(second, new), head(first, old), second),
        (head(first, old), head(second, new), second),
        (head(first, new), head(second, old), first),
    ):
        line = said(report, kept(mine), [proof(told, old, new)])
        assert Verification.of([line]).code == FORKED, line
        assert "keep both" in line.detail
    line = said(head(second, new), kept(head(first, old)), tree=second)
    assert Verification.of([line]).code == FORKED


@given(data=st.data())
def test_a_false_proof_is_neither(data: st.DataObject) -> None:
    old, new = sorted(data.draw(st.lists(st.integers(1, 40), min_size=2, max_size=2, unique=True)))
    made = tree(new)
    right = proof(made, old, new)
    changes: dict[str, Any] = data.draw(
        st.sampled_from(
            [
                {"old_root": "0" * 64},
                {"new_root": "0" * 64},
                {"proof": right.proof[:-1] if right.proof else ["0" * 64]},
                {"proof": [*right.proof, "0" * 64]},
            ]
        )
    )
    line = said(head(made, new), kept(head(made, old)), [right.model_copy(update=changes)])
    assert (line.ok, Verification.of([line]).code) == (False, 1), line


def test_what_is_missing_or_strange_is_said() -> None:
    made = tree(9)
    line = said(head(made, 9), kept(head(made, 4)))
    assert (line.ok, "countersign consistency 4 9" in line.detail) == (False, True)
    line = said(head(made, 9), kept(head(made, 4)), [proof(tree(9, honest=0), 4, 9)])
    assert (line.ok, "about another tree" in line.detail) == (False, True)
    assert said(head(made, 9), kept(head(made, 4)), [proof(made, 3, 9)]).ok is False
    line = said(head(made, 9), kept(head(made, 4), make_key()), [proof(made, 4, 9)])
    assert (line.ok, "no signature by" in line.detail) == (False, True)
    assert said(head(made, 9), Kept("kept", "no note")).ok is False
    for content in (
        b"",
        b"[]",
        b'{"old": 1}',
        proof(made, 4, 9).model_dump_json().replace('"new":9', '"new":"9"').encode(),
    ):
        with pytest.raises(ValueError, match="no proof of consistency"):
            Consistency.from_bytes(content)
    assert Consistency.from_bytes(proof(made, 4, 9).model_dump_json().encode()) == proof(made, 4, 9)


@pytest.mark.attack(
    name="with a stolen log key, tell the auditor one history and print another in a report",
    caught_by="an older checkpoint or report that a reader kept: `countersign verify --checkpoint` exits with 3",
    unless="nobody kept anything from before",
)
def test_a_report_of_a_second_history() -> None:
    """The auditor kept a checkpoint of 2 entries years ago; the report rests on others under the same key."""
    world = World()
    evidence = world.evidence()
    mine = kept(Checkpoint(ORIGIN, 2, tree(2).root()), world.keys["log"])
    honest = Kept("kept", world.note(2))
    told = proof(world.tree, 2, world.tree.size)

    def checked(*checkpoints: Kept, content: bytes = evidence, proofs: Sequence[Consistency] = (told,)) -> Verification:
        known = Elsewhere(checkpoints=checkpoints, consistency=proofs)
        return Verification.of(verify_evidence(content, world.fingerprint, known))

    assert checked(honest).code == 0
    assert checked(honest, proofs=()).code == 1
    assert checked(mine).code == 3
    assert checked(honest, mine).code == 3
    other = Kept(
        "kept", sign_checkpoint(Checkpoint(ORIGIN, world.tree.size, bytes(32)), ORIGIN, world.keys["log"].signer)
    )
    assert checked(other, proofs=()).code == 3

    def with_all_leaves(world: World, fields: dict[str, Any]) -> None:
        fields["ledger"] = [base64_text(leaf) for leaf in world.leaves]

    complete = World(keys=world.keys)
    content = complete.evidence(with_all_leaves)
    assert checked(Kept("kept", complete.note(2)), content=content, proofs=()).code == 0
    assert checked(mine, content=content, proofs=()).code == 3
