"""Keys change and are declared stolen: at once for everybody, with its effect on what they signed."""

import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from governance import events, keyfiles
from governance.access import COMPLIANCE_OFFICER, OWNER
from governance.errors import Conflict, Invalid, Refused
from governance.models import Checkpoint, KeyringVersion, Signature
from governance.proof.answers.inforce import Standing
from governance.proof.formats import keys as material
from governance.proof.formats.checkpoint import open_checkpoint
from governance.proof.formats.fields import rfc3339
from governance.proof.formats.keyring import Keyring
from governance.proof.formats.keys import PURPOSES, Purpose, SignatureError, public_key
from governance.selectors import history, ledger
from governance.selectors import keys as select
from governance.selectors import signoff as standings
from governance.selectors.statements import fallen
from governance.selectors.verification import verify
from governance.services import checkpoints, jobs, keys, permits
from tests.governance import jobs as sample
from tests.governance.cast import World


def in_use(purpose: Purpose) -> str:
    found = select.keyring().in_use(purpose)
    assert found is not None
    return found.keyid


def declare(purpose: Purpose, *, since: Any, keyid: str = "", reason: str = "The laptop was stolen") -> Keyring:
    return keys.declare_compromise(purpose=purpose, keyid=keyid or in_use(purpose), since=since, reason=reason)


def moment_of(seq: int) -> Any:
    return ledger.time_of(seq + 1)


@pytest.mark.parametrize("purpose", [purpose for purpose in PURPOSES if purpose != "root"])
def test_a_new_key_takes_over_with_its_entry_and_the_old_one_keeps_its_time(world: World, purpose: Purpose) -> None:
    old, size = in_use(purpose), ledger.size()
    done = keys.rotate(purpose=purpose)
    ring = select.keyring()
    assert (ring.number, done.number, in_use(purpose), done.key.keyid) == (2, 2, done.key.keyid, in_use(purpose))
    before, after = ring.entry(old), ring.entry(done.key.keyid)
    assert before is not None
    assert after is not None
    assert (before.until, after.since, after.until, after.demo) == (size + 1, size + 1, None, True)
    assert public_key(keyfiles.signer(purpose)).keyid == done.key.keyid
    leaf = ledger.leaf(size)
    assert (leaf.event, leaf.actor, leaf.data["number"]) == (events.KEYRING_PUBLISHED, "system", 2)
    assert keyfiles.path_of(purpose).stat().st_mode & 0o777 == 0o600
    assert not keyfiles.path_of(purpose, coming=True).exists()
    kept = keyfiles.folder() / keyfiles.RETIRED / f"{purpose}-{old[:16]}.pem"
    assert public_key(material.load_signer(f"file:{kept}")).keyid == old
    assert verify(fingerprint=world.fingerprint).code == 0


def test_what_the_old_keys_signed_still_counts_and_the_new_ones_sign(world: World, monkeypatch) -> None:
    before = world.note("Before")
    world.agree(before)
    sample.register(monkeypatch)
    job = jobs.launch(actor=world.engineer, spec=world.note("Work"))
    issued = permits.issue(job=job)
    for purpose in ("attestation", "permit", "log", "seal"):
        keys.rotate(purpose=purpose)
    after = world.note("After")
    world.agree(after)
    assert standings.in_force(before).standing is standings.in_force(after).standing is Standing.IN_FORCE
    assert issued is not None
    permits.consume(permit=bytes(issued[0].permit), secret=issued[1], nonce="n" * 32)
    checkpoints.checkpoint_make()
    assert verify(fingerprint=world.fingerprint).code == 0


def test_a_head_of_the_past_may_be_signed_by_the_key_of_today(world: World) -> None:
    size = ledger.size()
    keys.rotate(purpose="log")
    note = checkpoints.checkpoint_at(size - 1).note
    ring = select.keyring()
    assert open_checkpoint(note, ring.origin, ring.telling_of("log", size - 1)).size == size - 1
    assert Checkpoint.objects.filter(size=size).exists()  # the old key's last word
    assert verify().code == 0


def test_the_root_hands_over_and_both_fingerprints_lead_to_the_last_keyring(world: World) -> None:
    old = in_use("root")
    done = keys.rotate(purpose="root")
    keys.rotate(purpose="attestation")
    assert done.key.fingerprint != world.fingerprint == select.root_fingerprint()
    envelopes = select.envelopes()
    assert len(envelopes) == 4
    for fingerprint in (world.fingerprint, done.key.fingerprint):
        assert Keyring.open_chain(envelopes, fingerprint)[-1] == select.keyring()
        assert verify(fingerprint=fingerprint).code == 0
    with pytest.raises(SignatureError, match="compare the fingerprint"):
        Keyring.open_chain(envelopes[:1], done.key.fingerprint)
    ring = select.keyring()
    assert [root.keyid for root in ring.former_roots] == [old]
    assert (ring.root.keyid, ring.next_root) == (done.key.keyid, None)
    assert public_key(keyfiles.signer("root")).keyid == done.key.keyid


def test_without_the_root_key_nothing_moves_and_the_command_says_what_it_needs(world: World) -> None:
    away = keyfiles.folder().parent / "safe.pem"
    keyfiles.path_of("root").rename(away)
    size = ledger.size()
    for command in (["rotate_key", "log"], ["declare_compromise", "log", "--key", in_use("log")]):
        extra = ["--since", rfc3339(timezone.now()), "--reason", "Lost"] if command[-1] != "log" else []
        with pytest.raises(CommandError, match="COUNTERSIGN_KEY_ROOT, and take it away again"):
            call_command(*command, *extra)
    assert ledger.size() == size
    assert KeyringVersion.objects.count() == 1


def test_a_key_to_come_that_was_used_before_is_refused(world: World) -> None:
    keyfiles.path_of("log", coming=True).write_bytes(keyfiles.path_of("permit").read_bytes())
    with pytest.raises(Invalid, match="knows already"):
        keys.rotate(purpose="log")
    keyfiles.path_of("seal", coming=True).write_bytes(material.generate("ed25519")[0])
    with pytest.raises(Invalid, match="expected ecdsa-p256"):
        keys.rotate(purpose="seal")
    assert KeyringVersion.objects.count() == 1


def test_a_key_that_is_not_the_one_in_use_signs_nothing(world: World) -> None:
    keyfiles.path_of("attestation").write_bytes(material.generate("ed25519")[0])
    with pytest.raises(keyfiles.NoKey, match="expected the one that the keyring has in use"):
        keyfiles.signer("attestation")
    note = world.note()
    request = world.ask(note)
    with pytest.raises(keyfiles.NoKey):
        world.sign(request, world.owner, OWNER)
    assert not Signature.objects.filter(request=request).exists()


def test_a_compromise_takes_back_what_was_signed_since_and_nothing_else(world: World) -> None:
    early, late = world.note("Early"), world.note("Late")
    world.agree(early)
    request = world.agree(late)
    first = request.signatures.order_by("seq")[0]
    declare("attestation", since=moment_of(first.seq))
    assert standings.in_force(early).standing is Standing.IN_FORCE
    found = standings.in_force(late)
    assert (found.standing, found.ok) == (Standing.COMPROMISED, False)
    assert all(f"declared compromised since ledger size {first.seq}" in fault for fault in found.faults)
    assert [one.signature.seq for one in fallen()] == list(
        request.signatures.order_by("seq").values_list("seq", flat=True)
    )
    leaf = ledger.leaf(ledger.size() - 1)
    assert (leaf.event, leaf.data["since"], leaf.data["number"]) == (events.KEY_COMPROMISED, first.seq, 2)
    assert ledger.openings([leaf.seq])[leaf.seq] == {"reason": "The laptop was stolen"}
    outcome = verify(fingerprint=world.fingerprint)
    assert outcome.code == 0
    assert any("2 of them with a key declared compromised" in check.detail for check in outcome.checks)


def test_as_of_before_the_declaration_it_was_in_force(world: World) -> None:
    note = world.note()
    request = world.agree(note)
    size = ledger.size()
    declare("attestation", since=moment_of(request.seq))
    assert standings.in_force(note, size).standing is Standing.IN_FORCE
    assert standings.in_force(note).standing is Standing.COMPROMISED


def test_after_the_declaration_nothing_is_signed_until_a_new_key_is_there_and_then_it_can_be_signed_anew(
    world: World,
) -> None:
    note = world.note()
    request = world.agree(note)
    declare("attestation", since=moment_of(request.seq))
    again = world.ask(note)
    with pytest.raises(keyfiles.NoKey, match="no attestation key in use"):
        world.sign(again, world.owner, OWNER)
    keys.rotate(purpose="attestation")
    world.sign(again, world.owner, OWNER)
    world.sign(again, world.officer, COMPLIANCE_OFFICER)
    assert standings.in_force(note).standing is Standing.IN_FORCE
    assert verify(fingerprint=world.fingerprint).code == 0


def test_runs_that_rest_on_what_fell_stop_as_for_a_revocation(world: World, monkeypatch) -> None:
    plan = world.note("Plan")
    agreed = world.agree(plan)
    sample.register(monkeypatch)
    spec = world.note("Spec", references=[{"role": "about", "digest": plan.digest}])
    waiting = jobs.launch(actor=world.engineer, spec=spec)
    issued = permits.issue(job=waiting)
    assert issued is not None
    declare("attestation", since=moment_of(agreed.seq))
    assert permits.revoked_since(issued[0], ledger.size(), timezone.now()) == [plan]
    keys.rotate(purpose="attestation")
    with pytest.raises(Refused, match="signed with a key found compromised"):
        permits.consume(permit=bytes(issued[0].permit), secret=issued[1], nonce="n" * 32)


def test_a_permit_by_a_compromised_key_opens_nothing(world: World, monkeypatch) -> None:
    sample.register(monkeypatch)
    job = jobs.launch(actor=world.engineer, spec=world.note("Work"))
    issued = permits.issue(job=job)
    assert issued is not None
    declare("permit", since=moment_of(issued[0].permit_seq))
    with pytest.raises(Refused, match="did not count when it was issued"):
        permits.consume(permit=bytes(issued[0].permit), secret=issued[1], nonce="n" * 32)


def test_a_checkpoint_by_a_compromised_key_is_signed_anew(world: World) -> None:
    made = checkpoints.checkpoint_make()
    declare("log", since=moment_of(made.size - 1))
    keys.rotate(purpose="log")
    ring = select.keyring()
    again = checkpoints.checkpoint_at(made.size)
    assert again.note != made.note
    assert open_checkpoint(again.note, ring.origin, ring.telling_of("log", made.size)).root.hex() in made.root
    outcome = verify(fingerprint=world.fingerprint)
    assert outcome.code == 0
    assert any("1 of them with a key declared compromised" in check.detail for check in outcome.checks)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"keyid": "0" * 64}, "expected the id of a log key"),
        ({"reason": " "}, "expected what happened"),
        ({"since": timezone.now() + timedelta(days=400)}, "expected a moment that has passed"),
    ],
)
def test_a_declaration_that_says_nothing_is_refused(world: World, changes, problem) -> None:
    size = ledger.size()
    with pytest.raises(Invalid, match=problem):
        declare("log", **{"since": moment_of(3), **changes})
    assert ledger.size() == size


def test_a_declaration_is_never_taken_back_and_may_reach_further(world: World) -> None:
    keyid = in_use("log")
    declare("log", since=moment_of(9))
    with pytest.raises(Conflict):
        declare("log", keyid=keyid, since=moment_of(12))
    assert declare("log", keyid=keyid, since=moment_of(2)).compromised[0].compromised_since == 0
    assert moment_of(2) == moment_of(0)  # set-up is one transaction, at one time


def test_the_root_in_use_is_rotated_before_it_is_declared_stolen(world: World) -> None:
    old = in_use("root")
    with pytest.raises(Invalid, match="rotate_key root first"):
        declare("root", since=moment_of(1))
    keys.rotate(purpose="root")
    ring = declare("root", keyid=old, since=moment_of(1))
    assert [entry.keyid for entry in ring.compromised] == [old]


def test_the_commands(world: World) -> None:
    out = io.StringIO()
    keyid = in_use("attestation")
    call_command("rotate_key", "attestation", stdout=out)
    call_command("rotate_key", "root", stdout=out)
    call_command(
        "declare_compromise",
        "attestation",
        "--key",
        keyid,
        "--since",
        rfc3339(moment_of(4)),
        "--reason",
        "Seen",
        stdout=out,
    )
    said = out.getvalue()
    assert in_use("attestation") in said
    assert select.keyring().root.key.fingerprint in said
    assert f"the attestation key {keyid} is compromised since ledger size" in said
    assert "Take the root key away again." in said
    for wrong in (["--key", "x", "--since", rfc3339(moment_of(4))], ["--key", keyid, "--since", "yesterday"]):
        with pytest.raises(CommandError):
            call_command("declare_compromise", "log", *wrong, "--reason", "Seen")


def test_the_ledger_tells_the_reason_until_it_is_erased(world: World) -> None:
    declare("log", since=moment_of(3))
    entry = history.entries([ledger.size() - 1], ledger.size())[0]
    assert entry.private == {"reason": "The laptop was stolen"}


def test_half_a_rotation_shows_in_no_file(world: World, tmp_path: Path) -> None:
    """Whatever the two files of a purpose hold, the key in use is found; with neither, signing fails and says so."""
    new, public = material.generate("ed25519")
    keyfiles.path_of("permit", coming=True).write_bytes(new)
    assert public_key(keyfiles.signer("permit")).keyid == in_use("permit") != public.keyid
    keys.rotate(purpose="permit")  # takes the key that lies ready
    assert in_use("permit") == public.keyid
    keyfiles.path_of("permit").rename(keyfiles.path_of("permit", coming=True))
    assert public_key(keyfiles.signer("permit")).keyid == public.keyid
    assert keys.rotate(purpose="permit").number == 2  # only finishes
    assert keyfiles.path_of("permit").is_file()
    keyfiles.path_of("permit").unlink()
    with pytest.raises(keyfiles.NoKey, match="bring key"):
        keyfiles.signer("permit")
