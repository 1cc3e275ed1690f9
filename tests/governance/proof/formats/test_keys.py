"""Keys are named by their own hash, and a signer is reached by URI."""

import hashlib
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_public_key,
)

from governance.proof.formats import keys
from governance.proof.formats.keys import Algorithm, KeyMaterialError, PublicKey, SignatureError
from tests.governance.proof.world import make_key

ALGORITHMS: list[Algorithm] = ["ed25519", "ecdsa-p256"]


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_key_signs_and_only_its_own_signature_verifies(algorithm: Algorithm) -> None:
    key, other = make_key(algorithm), make_key(algorithm)
    signature = bytes.fromhex(key.signer.sign(b"data").signature)
    key.public.verify(signature, b"data")
    for by, value, data in (
        (other.public, signature, b"data"),
        (key.public, signature, b"date"),
        (key.public, signature[:-1] + bytes([signature[-1] ^ 1]), b"data"),
        (key.public, b"", b"data"),
        (make_key("ed25519").public, signature, b"data"),
    ):
        with pytest.raises(SignatureError):
            by.verify(value, data)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_the_id_is_the_hash_of_the_public_key_itself(algorithm: Algorithm) -> None:
    key = make_key(algorithm)
    spki = load_pem_public_key(key.public.spki_pem.encode()).public_bytes(
        Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    )
    assert key.public.keyid == hashlib.sha256(spki).hexdigest() == key.signer.public_key.keyid
    assert key.public.fingerprint == keys.fingerprint(key.public.spki_pem) == "sha256:" + key.public.keyid
    assert PublicKey.from_pem(key.public.spki_pem) == key.public == keys.public_key(key.signer)
    assert key.public.algorithm == algorithm


@pytest.mark.parametrize("pem", ["", "x", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"])
def test_what_is_no_public_key(pem: str) -> None:
    with pytest.raises(KeyMaterialError):
        PublicKey.from_pem(pem)


def test_other_algorithms_are_refused() -> None:
    for private in (rsa.generate_private_key(65537, 2048), ec.generate_private_key(ec.SECP384R1())):
        with pytest.raises(KeyMaterialError, match="expected Ed25519 or ECDSA on P-256"):
            PublicKey.from_crypto(private.public_key())
        with pytest.raises(KeyMaterialError):
            keys.signer_from_pem(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def test_an_encrypted_key_is_refused() -> None:
    private = ec.generate_private_key(ec.SECP256R1())
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x"))
    with pytest.raises(KeyMaterialError, match="unencrypted"):
        keys.signer_from_pem(pem)


def test_raw_bytes_are_for_ed25519_only() -> None:
    assert len(make_key().public.raw) == 32
    with pytest.raises(KeyMaterialError):
        _ = make_key("ecdsa-p256").public.raw


def test_signers_by_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key, other = make_key(), make_key()
    path = tmp_path / "a key.pem"
    path.write_bytes(key.pem)
    for uri in (f"file:{path}", path.as_uri(), f"file:{str(path).replace(' ', '%20')}"):
        assert keys.load_signer(uri).public_key.keyid == key.public.keyid
    monkeypatch.chdir(tmp_path)
    assert keys.load_signer("file:a%20key.pem", key.public).public_key.keyid == key.public.keyid
    with pytest.raises(KeyMaterialError, match="expected " + other.public.keyid):
        keys.load_signer(path.as_uri(), other.public)
    with pytest.raises(KeyMaterialError, match="no readable key file"):
        keys.load_signer("file:/nowhere/key.pem")


def test_other_schemes_go_to_securesystemslib(tmp_path: Path) -> None:
    key = make_key()
    path = tmp_path / "key.pem"
    path.write_bytes(key.pem)
    assert keys.load_signer(f"file2:{path}", key.public).public_key.keyid == key.public.keyid
    with pytest.raises(KeyMaterialError, match="without its public key"):
        keys.load_signer("hsm:2?label=x")
