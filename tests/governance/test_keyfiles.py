"""Private keys: each process reads its own, none is overwritten, and demo keys never reach production."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from governance import keyfiles
from governance.proof.formats import keys
from governance.proof.formats.keys import PURPOSES
from governance.proof.formats.keys import public_key as public

pytestmark = pytest.mark.usefixtures("db", "state")


@pytest.fixture
def written() -> dict[str, keys.PublicKey]:
    made: dict[str, keys.PublicKey] = {}
    for purpose in PURPOSES:
        private, made[purpose] = keys.generate("ecdsa-p256" if purpose == "seal" else "ed25519")
        keyfiles.write(purpose, private, demo=purpose == "log")
    return made


@pytest.mark.parametrize(
    ("process", "allowed"),
    [
        ("web", {"attestation"}),
        ("worker", {"log", "permit", "seal"}),
        ("command", set(PURPOSES)),
        ("anything else", set()),
    ],
)
def test_a_process_reads_its_own_keys_only(written, settings, process, allowed) -> None:
    settings.COUNTERSIGN_PROCESS = process
    for purpose in PURPOSES:
        if purpose in allowed:
            assert public(keyfiles.signer(purpose)) == written[purpose]
            continue
        with pytest.raises(ImproperlyConfigured, match=f"asked for the {purpose} key"):
            keyfiles.signer(purpose)
    if "seal" not in allowed:
        with pytest.raises(ImproperlyConfigured):
            keyfiles.signer("seal")


def test_no_two_processes_that_serve_share_a_key() -> None:
    assert not keyfiles.MAY_READ["web"] & keyfiles.MAY_READ["worker"]
    assert "root" not in keyfiles.MAY_READ["web"] | keyfiles.MAY_READ["worker"]


def test_files_are_their_owners_alone_and_never_overwritten(written) -> None:
    for purpose in PURPOSES:
        assert keyfiles.path_of(purpose).stat().st_mode & 0o777 == 0o600
    assert keyfiles.folder().stat().st_mode & 0o077 == 0
    before = keyfiles.path_of("root").read_bytes()
    with pytest.raises(FileExistsError):
        keyfiles.write("root", b"another", demo=False)
    assert keyfiles.path_of("root").read_bytes() == before


def test_production_refuses_demo_keys_by_name(written) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"log\.pem") as problem:
        keyfiles.refuse_demo_keys()
    assert "permit.pem" not in str(problem.value)
    keyfiles.path_of("log").unlink()
    keyfiles.refuse_demo_keys()


def test_a_missing_key_says_what_to_do() -> None:
    with pytest.raises(ImproperlyConfigured, match="set the installation up first"):
        keyfiles.signer("log")


def test_a_uri_takes_the_place_of_a_file(written, monkeypatch, tmp_path) -> None:
    private, other = keys.generate("ed25519")
    (tmp_path / "elsewhere.pem").write_bytes(private)
    monkeypatch.setenv("COUNTERSIGN_KEY_PERMIT", f"file:{tmp_path / 'elsewhere.pem'}")
    assert public(keyfiles.signer("permit")) == other
    monkeypatch.setenv("COUNTERSIGN_KEY_PERMIT", f"file:{tmp_path / 'absent.pem'}")
    with pytest.raises(keyfiles.NoKey, match="no readable key file"):
        keyfiles.signer("permit")
