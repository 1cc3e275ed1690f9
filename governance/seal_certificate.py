"""The self-signed certificate that names the seal's key inside PDF signatures.

Trust in a seal comes from the keyring, not from this certificate: it carries the key in the form PDF readers want.
"""

from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

VALID_DAYS = 3650


def make_seal_certificate(private_pem: bytes, organisation: str, *, demo: bool) -> str:
    """Return a PEM certificate for the P-256 seal key, its name saying so when it is a demo's.

    The extended key usage includes e-mail protection, without which common PDF readers refuse document signatures.

    Raises:
        TypeError: the key is not an elliptic-curve key.
    """
    key = load_pem_private_key(private_pem, password=None)
    if not isinstance(key, EllipticCurvePrivateKey):
        raise TypeError(f"found a {type(key).__name__}, expected a P-256 key for the seal")
    label = "Countersign report seal (DEMO, not for production)" if demo else "Countersign report seal"
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation[:64]),
            x509.NameAttribute(NameOID.COMMON_NAME, label),
        ]
    )
    now = datetime.now(UTC).replace(microsecond=0)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=VALID_DAYS))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(
                digital_signature=True,
                content_commitment=True,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                key_cert_sign=False,
                crl_sign=False,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
        .add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION, x509.ObjectIdentifier("1.3.6.1.5.5.7.3.36")]),
            critical=False,
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(Encoding.PEM).decode()
