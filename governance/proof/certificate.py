"""The certificate a seal key needs: PDF signatures name their key by one. Nothing is trusted because of it."""

from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509.oid import NameOID

from governance.proof.keys import KeyMaterialError


def seal_certificate(private_pem: bytes, name: str, *, since: datetime, days: int = 3650) -> str:
    """Return a self-signed X.509 certificate (PEM) for the P-256 key in `private_pem`, called `name`.

    It is valid for `days` from the aware moment `since`, for digital signatures and non-repudiation (RFC 5280
    §4.2.1.3), which PDF readers look for.

    Raises:
        KeyMaterialError: the PEM holds another kind of key; stock PDF readers reject Ed25519.
    """
    key = load_pem_private_key(private_pem, password=None)
    if not isinstance(key, EllipticCurvePrivateKey):
        raise KeyMaterialError(
            f"found a {type(key).__name__}, expected a P-256 key: seals need one that PDF readers know"
        )
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=True,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(since)
        .not_valid_after(since + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .sign(key, SHA256())
    )
    return certificate.public_bytes(Encoding.PEM).decode()
