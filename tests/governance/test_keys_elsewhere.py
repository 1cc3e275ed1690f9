"""Keys that exist only in a hardware security module: SoftHSM, reached as any other would be."""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from governance import keyfiles
from governance.errors import Invalid
from governance.models import LedgerEntry, User
from governance.proof.formats import keys as material
from governance.proof.formats.keys import KeyMaterialError, PublicKey, public_key
from governance.selectors import keys as select
from governance.selectors import ledger
from governance.selectors.verification import verify
from governance.services import checkpoints, documents, installation, keys, people, signing, signoff
from governance.services.reauthentication import Proof
from tests.governance.cast import PASSWORD, policy_body

LIBRARIES = ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/pkcs11/libsofthsm2.so")
PIN = "1234-5678"
SLOTS = {"root": 11, "attestation": 12, "permit": 13, "seal": 14}


class Module:
    """A SoftHSM token of this test's own, with a P-256 key for each purpose that may have one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def make(self, number: int) -> Path:
        """Generate a key pair that never leaves the token; return the file of its public half."""
        import pkcs11
        from pkcs11.util.ec import encode_ec_public_key, encode_named_curve_parameters

        token = pkcs11.lib(os.environ["PYKCS11LIB"]).get_token(token_label="countersign")
        with token.open(rw=True, user_pin=PIN) as session:
            curve = {pkcs11.Attribute.EC_PARAMS: encode_named_curve_parameters("secp256r1")}
            parameters = session.create_domain_parameters(pkcs11.KeyType.EC, curve, local=True)
            public, _ = parameters.generate_keypair(id=bytes([number]), store=True)
            der = encode_ec_public_key(public)
        path = self._folder / f"{number}.pub.pem"
        subprocess.run(
            ["openssl", "pkey", "-pubin", "-inform", "DER", "-out", str(path)], input=der, check=True, timeout=30
        )
        return path

    def uri(self, number: int) -> str:
        return f"hsm:{number}?label=countersign"


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Module:
    library = next((path for path in LIBRARIES if Path(path).is_file()), None)
    if library is None or shutil.which("softhsm2-util") is None:
        pytest.fail("SoftHSM is not installed; on Debian: apt-get install softhsm2")
    folder = tmp_path / "hsm"
    (folder / "tokens").mkdir(parents=True)
    (folder / "softhsm2.conf").write_text(f"directories.tokendir = {folder / 'tokens'}\nlog.level = ERROR\n")
    (folder / "pin").write_text(f"{PIN}\n")
    monkeypatch.setenv("SOFTHSM2_CONF", str(folder / "softhsm2.conf"))
    monkeypatch.setenv("PYKCS11LIB", library)
    monkeypatch.setenv("COUNTERSIGN_KEY_PIN_FILE", str(folder / "pin"))
    command = [
        "softhsm2-util",
        "--init-token",
        "--free",
        "--label",
        "countersign",
        "--pin",
        PIN,
        "--so-pin",
        "87654321",
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=30)
    import pkcs11

    pkcs11.lib(library).reinitialize()  # the library read another test's tokens, if there was one before
    return Module(folder)


@pytest.fixture
def behind(module: Module, monkeypatch: pytest.MonkeyPatch) -> Module:
    """Every purpose that can have a P-256 key has it in the module alone."""
    for purpose, number in SLOTS.items():
        monkeypatch.setenv(f"COUNTERSIGN_KEY_{purpose.upper()}", module.uri(number))
        monkeypatch.setenv(f"COUNTERSIGN_KEY_{purpose.upper()}_PUBLIC", str(module.make(number)))
    return module


def begin() -> str:
    owner, officer = (installation.Person(name, name.title(), PASSWORD) for name in ("ann", "ben"))
    return installation.set_up(organisation="Example", owner=owner, officer=officer, demo=False)


def sign_the_first_policy() -> None:
    ann, ben = User.objects.get(username="ann"), User.objects.get(username="ben")
    cleo = people.person_enrol(actor=ann, username="cleo", printed_name="Cleo", password=PASSWORD)
    people.role_grant(actor=ann, user=cleo, role="compliance_officer", project=None, proof=Proof(PASSWORD))
    paper = documents.document_submit(actor=cleo, project=None, kind="governance.policy", body=policy_body())
    request = signoff.request_open(actor=cleo, documents=[paper])
    for user, role in ((ann, "owner"), (ben, "compliance_officer")):
        signing.sign(
            actor=user, request=request, role=role, meaning="Approved", reason="It is right", password=PASSWORD
        )


def held_in_files() -> set[str]:
    return {path.name for path in keyfiles.private_files()}


@pytest.mark.usefixtures("db", "state")
def test_an_installation_whose_keys_exist_only_in_the_module(behind: Module) -> None:
    fingerprint = begin()
    assert held_in_files() == {"log.pem"}  # checkpoints are signed with Ed25519 only
    ring = select.keyring()
    assert {e.purpose: e.algorithm for e in ring.entries} == {
        "root": "ecdsa-p256",
        "attestation": "ecdsa-p256",
        "permit": "ecdsa-p256",
        "seal": "ecdsa-p256",
        "log": "ed25519",
    }
    sign_the_first_policy()
    checkpoints.checkpoint_make()
    outcome = verify(fingerprint=fingerprint)
    assert outcome.code == 0, [check.problems for check in outcome.checks if not check.holds]


@pytest.mark.usefixtures("db", "state")
def test_a_report_is_sealed_in_the_module(behind: Module) -> None:
    from governance.proof.files.seal_check import check_seal
    from governance.proof.formats.keyring import certified_key
    from governance.reports.seal import seal
    from tests.governance.proof.world import page

    begin()
    entry = select.keyring().in_use("seal")
    assert entry is not None
    assert entry.certificate is not None
    assert certified_key(entry.certificate).keyid == entry.keyid
    made = seal(
        page(b"{}"),
        keyfiles.signer("seal"),
        entry.certificate.encode(),
        name="Example",
        reason="Test",
        at=ledger.time_of(1),
    )
    assert check_seal(made, {entry.keyid: entry}).entry == entry


@pytest.mark.usefixtures("db", "state")
def test_a_key_file_gives_way_to_a_key_in_the_module_and_that_to_another(
    module: Module, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The steps of the runbook "Putting keys into an HSM or a cloud service"."""
    fingerprint = begin()
    name = "COUNTERSIGN_KEY_ATTESTATION"
    before = select.keyring().number
    for number in (21, 22):
        monkeypatch.setenv(f"{name}_NEXT", module.uri(number))
        monkeypatch.setenv(f"{name}_NEXT_PUBLIC", str(module.make(number)))
        done = keys.rotate(purpose="attestation")
        assert any(f"set {name} to the value of {name}_NEXT" in words for words in done.left)
        assert public_key(keyfiles.signer("attestation")) == done.key  # at once, before the environment is tidied
        monkeypatch.setenv(name, module.uri(number))
        for gone in (f"{name}_NEXT", f"{name}_NEXT_PUBLIC"):
            monkeypatch.delenv(gone)
        assert public_key(keyfiles.signer("attestation")) == done.key  # its public half is known from the keyring
        material.prove(keyfiles.signer("attestation"))
    assert select.keyring().number == before + 2
    assert not keyfiles.path_of("attestation").exists()
    sign_the_first_policy()
    assert verify(fingerprint=fingerprint).code == 0


@pytest.mark.usefixtures("db", "state")
def test_a_set_up_that_cannot_know_or_reach_the_key_leaves_nothing(
    module: Module, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("COUNTERSIGN_KEY_ROOT", module.uri(31))
    with pytest.raises(keyfiles.NoKey, match="without its public key; export it as PEM"):
        begin()
    public = tmp_path / "public.pem"
    public.write_text("no key")
    monkeypatch.setenv("COUNTERSIGN_KEY_ROOT_PUBLIC", str(public))
    with pytest.raises(keyfiles.NoKey, match="cannot be read"):
        begin()
    public.write_bytes(module.make(32).read_bytes())
    with pytest.raises(KeyMaterialError, match="did not sign"):  # the module has no key 31
        begin()
    module.make(31)
    with pytest.raises(KeyMaterialError, match="signs with another key"):  # the public half is that of key 32
        begin()
    monkeypatch.setenv("COUNTERSIGN_KEY_LOG", module.uri(31))
    monkeypatch.setenv("COUNTERSIGN_KEY_LOG_PUBLIC", str(module.make(33)))
    monkeypatch.delenv("COUNTERSIGN_KEY_ROOT")
    monkeypatch.setenv("COUNTERSIGN_KEY_LOG", module.uri(33))
    with pytest.raises(Invalid, match="expected ed25519"):
        begin()
    assert not LedgerEntry.objects.exists()


def test_the_module_answers_to_the_right_pin_only(behind: Module, tmp_path: Path, monkeypatch: Any) -> None:
    public = PublicKey.from_pem(Path(os.environ["COUNTERSIGN_KEY_ROOT_PUBLIC"]).read_text())
    signer = keyfiles.Source(behind.uri(11), public).signer(public)
    made = signer.sign(b"payload")
    public.verify(bytes.fromhex(made.signature), b"payload")
    assert hashlib.sha256(public.spki_pem.encode()).hexdigest() != made.keyid == public.keyid
    wrong = tmp_path / "wrong"
    wrong.write_text("0000")
    monkeypatch.setenv("COUNTERSIGN_KEY_PIN_FILE", str(wrong))
    with pytest.raises(KeyMaterialError, match="did not sign"):
        signer.sign(b"payload")
    monkeypatch.delenv("COUNTERSIGN_KEY_PIN_FILE")
    with pytest.raises(KeyMaterialError, match="COUNTERSIGN_KEY_PIN_FILE"):
        signer.sign(b"payload")
