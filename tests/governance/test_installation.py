"""Setting up, and verifying where there is nothing to verify."""

import io
from typing import Any

import pytest
from django.core.management import call_command

from governance import events, keyfiles
from governance.access import COMPLIANCE_OFFICER, OWNER, roles_of
from governance.errors import Conflict, Invalid
from governance.models import KeyringVersion, LedgerEntry, Organisation, User
from governance.proof.formats import keys, merkle
from governance.proof.formats.checkpoint import Checkpoint as TreeHead
from governance.proof.formats.checkpoint import sign_checkpoint
from governance.proof.formats.keyring import Keyring
from governance.proof.formats.keys import SignatureError
from governance.selectors import ledger
from governance.selectors.keys import keyring, root_fingerprint
from governance.selectors.verification import NothingToVerify, verify
from governance.services.installation import Person, set_up
from tests.governance.cast import PASSWORD

pytestmark = pytest.mark.usefixtures("db", "state")
OWNER_ONE, OFFICER_ONE = Person("ann", "Ann", PASSWORD), Person("ben", "Ben", PASSWORD)


def begin(**changes) -> str:
    values: dict[str, Any] = {"organisation": "Example", "owner": OWNER_ONE, "officer": OFFICER_ONE, "demo": True}
    return set_up(**values | changes)


def test_entry_0_names_the_root_key_that_vouches_for_all_others() -> None:
    fingerprint = begin()
    leaf = ledger.leaf(0)
    assert (leaf.event, leaf.actor) == (events.ORGANISATION_FOUNDED, "system")
    assert leaf.data["root_fingerprint"] == fingerprint == root_fingerprint()
    opened = Keyring.open(bytes(KeyringVersion.objects.get().envelope), fingerprint)
    assert {entry.purpose for entry in opened.keys} == {"log", "attestation", "permit", "seal"}
    assert all(entry.demo for entry in [opened.root, *opened.keys])
    assert opened == keyring()
    with pytest.raises(SignatureError):
        Keyring.open(bytes(KeyringVersion.objects.get().envelope), "sha256:" + "0" * 64)


def test_the_first_two_people_are_two_with_a_role_each() -> None:
    begin()
    assert roles_of(User.objects.get(username="ann"), None) == {OWNER}
    assert roles_of(User.objects.get(username="ben"), None) == {COMPLIANCE_OFFICER}
    assert not User.objects.filter(is_superuser=True).exists()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"organisation": " "}, "organisation"),
        ({"officer": Person("ann", "Ann", PASSWORD)}, "officer"),
        ({"officer": Person("ben", "Ben", "short")}, "password"),
        ({"owner": Person("", "Ann", PASSWORD)}, "username"),
        ({"owner": Person("ann", "", PASSWORD)}, "printed_name"),
    ],
)
def test_a_set_up_that_cannot_be_leaves_nothing(change, field) -> None:
    with pytest.raises(Invalid) as problem:
        begin(**change)
    assert problem.value.field == field
    assert not LedgerEntry.objects.exists()
    assert not User.objects.exists()
    assert not keyfiles.folder().exists()


def test_setting_up_twice_is_refused_and_changes_nothing() -> None:
    begin()
    size, before = ledger.size(), keyfiles.path_of("root").read_bytes()
    with pytest.raises(Conflict):
        begin(owner=Person("cleo", "Cleo", PASSWORD))
    assert (ledger.size(), keyfiles.path_of("root").read_bytes()) == (size, before)


def test_a_set_up_that_died_half_way_can_be_run_again(monkeypatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("governance.services.installation.grant", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            begin()
    assert not LedgerEntry.objects.exists()
    assert not Organisation.objects.exists()
    key = keyfiles.path_of("root").read_bytes()
    begin()
    assert keyfiles.path_of("root").read_bytes() == key
    assert verify().code == 0


def test_before_set_up_there_is_no_keyring_and_nothing_to_verify() -> None:
    for ask in (keyring, root_fingerprint):
        with pytest.raises(SignatureError, match="set the installation up first"):
            ask()
    with pytest.raises(NothingToVerify):
        verify()
    err = io.StringIO()
    with pytest.raises(SystemExit) as left:
        call_command("verify_ledger", stderr=err)
    assert left.value.code == 2
    assert "set the installation up" in err.getvalue()


def test_a_ledger_that_was_emptied_is_found_by_a_checkpoint(tmp_path) -> None:
    note = tmp_path / "kept.checkpoint"
    private, _ = keys.generate("ed25519")
    head = TreeHead("countersign/x", 3, merkle.EMPTY_ROOT)
    note.write_text(sign_checkpoint(head, head.origin, keys.signer_from_pem(private)))
    assert verify(checkpoints=[note]).code == 1


def test_the_command_asks_for_everything_and_tells_the_fingerprint(monkeypatch) -> None:
    monkeypatch.setenv("COUNTERSIGN_OWNER_PASSWORD", PASSWORD)
    monkeypatch.setenv("COUNTERSIGN_OFFICER_PASSWORD", PASSWORD)
    out = io.StringIO()
    arguments = ["--organisation", "Example", "--owner", "ann", "--owner-name", "Ann"]
    call_command("set_up", *arguments, "--officer", "ben", "--officer-name", "Ben", stdout=out)
    assert root_fingerprint() in out.getvalue()
    assert not any(entry.demo for entry in keyring().keys)
