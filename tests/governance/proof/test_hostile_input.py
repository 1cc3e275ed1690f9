"""Whatever is put into it, the verifier answers in words: no exception, no false hold, bounded work."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.proof.checks.kept_checkpoints import Consistency
from governance.proof.checks.proof_file import verify_proof
from governance.proof.checks.renewal import Renewal
from governance.proof.checks.verify import examine, verify_evidence
from governance.proof.checks.witnesses import WitnessPolicy, witness_line
from governance.proof.files.report_file import verify_report
from governance.proof.formats import canonical
from governance.proof.formats.canonical import dumps
from governance.proof.formats.checkpoint import Checkpoint
from governance.proof.formats.cosignature import Cosigner, _message, generate_key
from governance.proof.formats.fields import base64_text
from governance.proof.formats.leaf import Leaf
from governance.proof.formats.note import Note, SignatureLine
from tests.governance.proof.checks.test_verify import regrown, told_in_a_period
from tests.governance.proof.world import World
from tests.governance.reports.mutations import at, fields, put

# What is most often not thought of: other types, what looks like the type, and what is far too much.
STRANGE: list[Any] = [
    None, True, -1, 0, 2**53 - 1, 2**53, 10**400, "", "x", "0", "1" * 5000, "\u0000", "\u202e\u0301", "\ud800", "٣",
    "2026-13-45T99:99:99Z", "sha256:" + "0" * 64, [], [[]], {}, {"": ""}, [None] * 3, "A" * 70_000,
]  # fmt: skip

UNFORESEEN = "it cannot be checked, as no evidence"
"""of a line about an error that nobody foresaw"""
ODD: list[dict[str, Any]] = [
    {}, {"number": [], "job": "x", "spec": {}, "waivers": 1}, {"job": [], "attempt": {}, "checks": 5, "kind": []},
]  # fmt: skip


def deep(levels: int) -> str:
    return "[" * levels + "]" * levels


@pytest.fixture(scope="module")
def world() -> tuple[str, Any]:
    made = World()

    def whole(world: World, fields_: dict[str, Any]) -> None:
        told_in_a_period("test:history:went_on")(world, fields_)
        fields_["ledger"] = [base64_text(leaf) for leaf in world.leaves]

    return made.fingerprint, json.loads(made.evidence(whole))


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_evidence_of_the_right_shape_with_anything_in_it(world: tuple[str, Any], data: st.DataObject) -> None:
    fingerprint, evidence = world
    path = data.draw(st.sampled_from(list(fields(evidence))))
    value = at(evidence, path)
    new = data.draw(st.sampled_from(STRANGE))
    if isinstance(value, str) and data.draw(st.booleans()):
        new = _inside(value, data)
    if new == value:
        return
    changed = put(evidence, path, new)
    try:
        content = dumps(changed)
    except canonical.NotCanonical:
        content = json.dumps(changed, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()
    lines = verify_evidence(content, fingerprint)
    assert not [line for line in lines if not line.detail or UNFORESEEN in line.detail], (path, new)
    # What evidence says of itself, and what it leaves out, is held to the pages.
    assert any(line.ok is False for line in lines) or path[0] == "report" or new in (None, [], {}), (path, new)


def _inside(value: str, data: st.DataObject) -> str:
    """Return base64 JSON with something strange in one place of it, or the text with one more character."""
    try:
        inner = json.loads(base64.b64decode(value, validate=True))
        path = data.draw(st.sampled_from(list(fields(inner)) or [()]))
        return base64.b64encode(dumps(put(inner, path, data.draw(st.sampled_from(STRANGE))))).decode()
    except ValueError:
        return value + data.draw(st.characters())


@given(st.one_of(st.binary(max_size=400), st.text(max_size=400).map(lambda text: text.encode("utf-8", "replace"))))
@settings(max_examples=150, deadline=None)
def test_bytes_of_any_sort(content: bytes) -> None:
    root = "sha256:" + "0" * 64
    assert verify_report(content, root).code in (1, 2)
    assert verify_report(b"%PDF-1.7\n" + content + b"/ByteRange evidence.json", root).code == 1
    assert any(line.ok is False for line in verify_evidence(content, root))
    assert verify_proof(b"c2sp.org/tlog-proof@v1\n" + content, None).code == 2
    for read in (Renewal.from_bytes, Consistency.from_bytes, Leaf.from_bytes):
        with pytest.raises(ValueError, match=r"found|expected"):
            read(content)


@pytest.mark.parametrize("text", [deep(100_000), '{"a":' * 50_000, "1" * 100_000, "NaN", '{"a":1,"a":2}', "[1e400]"])
def test_json_that_readers_disagree_on(text: str) -> None:
    [line] = verify_evidence(text.encode(), "sha256:" + "0" * 64)
    assert (line.name, line.ok) == ("evidence", False)


def test_entries_that_no_service_writes() -> None:
    """With the log key anything can be an entry, of any event: what lacks a field, or has another sort of it."""
    events = _events()
    made = World()

    def change(world: World, fields_: dict[str, Any]) -> None:
        for event in events:
            for data in ODD:
                world.append(event, data=data, subjects=["x", "user:", "job:x"])
        regrown(world, fields_, *range(6), period=6)
        fields_["report"] = fields_["report"].model_copy(update={"kind": "register"})
        fields_["counted"] = {"kinds": ["training.release"], "counts": {}, "digest": "sha256:" + "0" * 64}
        fields_["results"] = []

    examined = examine(made.evidence(change), made.fingerprint)
    wrong = [line for line in examined.lines if line.ok is False]
    assert wrong
    assert not [line for line in wrong if UNFORESEEN in line.detail], wrong


def _events() -> list[str]:
    from governance.proof.formats import leaf

    return [value for name, value in vars(leaf).items() if name.isupper() and isinstance(value, str)]


def test_a_witness_that_signs_any_time() -> None:
    witness = Cosigner.from_pem("witness.test/w", generate_key())
    policy = WitnessPolicy.of([witness.key.text()])
    made = World()
    made.grant("x", "owner")
    note = Note.parse(made.note())
    head = Checkpoint.from_text(note.text)
    for time in (1, 253_402_300_799):
        assert policy.judge(note.with_lines([witness.cosign(head, time)]).to_text(), head).witnessed
    with pytest.raises(ValueError, match="found the time"):
        witness.cosign(head, 253_402_300_800)
    # Its own program has no such bound: the signature is right, and the year has no spelling.
    late = 2**62
    signed = SignatureLine(
        witness.key.name,
        witness.key.key_id,
        late.to_bytes(8) + witness._private.sign(_message(witness.key, head, late)),
    )
    told = witness_line(note.with_lines([signed]).to_text(), head, policy)
    assert (told.ok, "has no time" in told.detail) == (False, True)
