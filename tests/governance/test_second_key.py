"""The log's second line (ML-DSA-44): made once, on every checkpoint from then on, believed only by who has its key."""

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from governance import anchors, events, keyfiles, second_key
from governance.jobs.courier import Courier
from governance.models import LedgerEvent
from governance.proof.checks.elsewhere import Elsewhere
from governance.proof.checks.proof_file import verify_proof
from governance.proof.checks.second_key import second_key_of, second_lines
from governance.proof.formats.checkpoint import Checkpoint, open_checkpoint
from governance.proof.formats.cosignature import Cosigner, generate_key
from governance.proof.formats.note import Note, SignatureLine, VerifierKey
from governance.selectors import ledger, verification
from governance.selectors.keys import keyring, log_vkey
from governance.selectors.proofs import tlog_proof
from governance.selectors.witnesses import head_of, note_of
from governance.services import checkpoints
from tests.governance import tampering
from tests.support.witnesses import Running


def made(capsys) -> VerifierKey:
    call_command("second_key")
    return second_key_of(capsys.readouterr().out)


def verdict(note: str, key: VerifierKey | None) -> bool | None:
    head = Checkpoint.from_text(Note.parse(note).text)
    [line] = second_lines(note, head, key)
    return line.ok


def test_checkpoints_carry_it_from_then_on(world, capsys) -> None:
    before = checkpoints.checkpoint_make()
    key = made(capsys)
    assert (key.name, key.kind) == (keyring().origin, 0x06)
    after = checkpoints.checkpoint_make()
    assert [line.name for line in Note.parse(after.note).signatures] == [keyring().origin] * 2
    assert verdict(after.note, key) is True
    assert verdict(after.note, None) is None  # nobody vouched
    assert verdict(before.note, key) is False  # it is asked for and not there
    assert second_lines(before.note, head_of(before), None) == []
    assert open_checkpoint(after.note, keyring().origin, keyring().for_purpose("log")).size == ledger.size()
    assert verification.verify().code == 0


def test_its_digest_is_on_the_ledger_once(world, capsys) -> None:
    key = made(capsys)
    [entry] = LedgerEvent.objects.filter(event=events.LOG_SECOND_KEY)
    assert ledger.leaf(entry.entry_id).data == {"key": key.digest}
    with pytest.raises(CommandError, match="second key"):
        call_command("second_key")
    assert LedgerEvent.objects.filter(event=events.LOG_SECOND_KEY).count() == 1


def test_a_key_left_by_a_crash_is_taken_up(world, capsys) -> None:
    keyfiles.write(second_key.NAME, generate_key(quantum_safe=True), demo=True)
    left = second_key.cosigner(keyring().origin)
    assert left is not None
    assert made(capsys) == left.key


def test_another_key_a_moved_or_a_damaged_line(world, capsys) -> None:
    key = made(capsys)
    world.note()
    old = checkpoints.checkpoint_make()
    world.note("Another")
    new = checkpoints.checkpoint_make()
    origin = keyring().origin
    other = Cosigner.from_pem(origin, generate_key(quantum_safe=True))
    assert verdict(new.note, other.key) is False
    assert verdict(new.note, Cosigner.from_pem("elsewhere", generate_key(quantum_safe=True)).key) is False
    ed25519, right = Note.parse(new.note).signatures
    moved = Note.parse(old.note).signatures[1]
    damaged = SignatureLine(right.name, right.key_id, right.signature[:-1] + bytes([right.signature[-1] ^ 1]))
    for line in (moved, damaged):
        assert verdict(Note(Note.parse(new.note).text, (ed25519, line)).to_text(), key) is False
    for text in ("", "nonsense", log_vkey()):
        with pytest.raises(ValueError, match="found"):
            second_key_of(text)


def checked() -> tuple[list[str], str]:
    """What `verify_ledger` says of checkpoints: its problems, and its one line."""
    [tally] = [check for check in verification.verify().checks if check.name == "checkpoints"]
    return [str(problem) for problem in tally.problems], tally.detail


@pytest.mark.postgres
@pytest.mark.attack(
    name="as the owner of the database, spoil or exchange the second line of a kept checkpoint, or its published key",
    caught_by="verify_ledger checks each line with the key that is published, which must be the one the ledger names",
    unless="somebody can forge ML-DSA-44",
)
def test_verify_ledger_checks_it_and_tells_what_is_not_covered(world, capsys) -> None:
    checkpoints.checkpoint_make()
    assert "ML-DSA-44" not in checked()[1]
    key = made(capsys)
    newer = checkpoints.checkpoint_make()
    assert checked() == ([], checked()[1])
    assert "1 of the stored ones are not covered by an ML-DSA-44 line" in checked()[1]
    ed25519, right = Note.parse(newer.note).signatures
    damaged = SignatureLine(right.name, right.key_id, right.signature[:-1] + bytes([right.signature[-1] ^ 1]))
    for lines, problem, uncovered in (((ed25519, damaged), "does not hold", "1 of"), ((ed25519,), "", "2 of")):
        note = Note(Note.parse(newer.note).text, lines).to_text()
        with tampering.owner():
            tampering.run("UPDATE governance_checkpoint SET note = %s WHERE size = %s", note, newer.size)
        problems, detail = checked()
        assert ([problem in text for text in problems], uncovered in detail) == ([True] * bool(problem), True)
    with tampering.owner():
        tampering.run("UPDATE governance_checkpoint SET note = %s WHERE size = %s", newer.note, newer.size)
    stranger = Cosigner.from_pem(key.name, generate_key(quantum_safe=True)).key
    for text, words in ((stranger.text(), "expected one that the ledger names"), ("nonsense", "cannot be read")):
        second_key.publish(text)
        assert words in " ".join(checked()[0])
    (anchors.home() / f"{second_key.NAME}.vkey").unlink()
    assert checked()[0] == []
    assert "no ML-DSA-44 line was checked" in checked()[1]


def test_proofs_witnesses_and_the_page_go_on_with_it(world, settings, tmp_path: Path, client, capsys) -> None:
    key = made(capsys)
    witness = Running(tmp_path / "witness", VerifierKey.from_text(log_vkey()))
    settings.COUNTERSIGN_WITNESSES = [f"{witness.key.text()} {witness.url}"]
    checkpoint = checkpoints.checkpoint_make()
    Courier().step()
    witness.stop()
    assert [line.name for line in Note.parse(note_of(checkpoint)).signatures][2:] == [witness.key.name]
    proof = tlog_proof(1).encode()
    assert verify_proof(proof, log_vkey(), Elsewhere(second_key=key)).code == 0
    other = Cosigner.from_pem(keyring().origin, generate_key(quantum_safe=True)).key
    assert verify_proof(proof, log_vkey(), Elsewhere(second_key=other)).code == 1
    client.force_login(world.owner, backend="django.contrib.auth.backends.ModelBackend")
    assert key.text() in client.get(reverse("ledger")).content.decode().replace("&#x3D;", "=")
