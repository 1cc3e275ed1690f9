"""A small organisation for tests: keys, keyring, ledger, two signed documents, and the evidence of a report."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from io import BytesIO
from typing import Any

from governance.proof.checks.evidence import Evidence, LeafEntry, Opening, ReportFacts
from governance.proof.formats import canonical, dsse, keys, merkle
from governance.proof.formats.checkpoint import Checkpoint, sign_checkpoint
from governance.proof.formats.envelope import Envelope, Link
from governance.proof.formats.fields import base64_text
from governance.proof.formats.keyring import KeyEntry, Keyring
from governance.proof.formats.keys import Algorithm, Purpose, Signer
from governance.proof.formats.leaf import (
    DOCUMENT_FROZEN,
    DOCUMENT_SIGNED,
    PERMIT_CONSUMED,
    PERMIT_ISSUED,
    ROLE_GRANTED,
    Leaf,
    commit,
)
from governance.proof.formats.merkle import MemoryTree
from governance.proof.formats.permit import Input, Permit, Receipt, secret_digest, sign_permit, sign_receipt
from governance.proof.formats.statement import (
    PAYLOAD_TYPE,
    LedgerState,
    Method,
    SignoffPredicate,
    SignoffStatement,
    Subject,
)
from governance.seal_certificate import make_seal_certificate

PROJECT = "1b6c3c1e-5a0e-4c53-9a51-7f3f5a1f2b3c"
OTHER_PROJECT = "2b6c3c1e-5a0e-4c53-9a51-7f3f5a1f2b3c"
SIGNER = "3b6c3c1e-5a0e-4c53-9a51-7f3f5a1f2b3c"
SERIES = "0b6c3c1e-5a0e-4c53-9a51-7f3f5a1f2b3c"
TIME = "2026-01-02T03:04:05Z"
NOW = datetime(2026, 1, 2, 3, 30, tzinfo=UTC)
ORIGIN = "countersign.test/log"
SALT = bytes(16)
PRIVATE = {"comment": "the reason, in full"}
SECRET = "a secret delivered another way"
FROZEN = (3, 4, 5)
"""the entries of a world's evidence that tell of the permit's consumption and of its documents' freezing"""
AUDIENCE = "runner:local"


@dataclass(frozen=True)
class Key:
    """A key pair in tests."""

    pem: bytes
    public: keys.PublicKey
    signer: Signer


def make_key(algorithm: Algorithm = "ed25519") -> Key:
    pem, public = keys.generate(algorithm)
    return Key(pem, public, keys.signer_from_pem(pem))


def make_keys() -> dict[str, Key]:
    seal = make_key("ecdsa-p256")
    return {"root": make_key(), "log": make_key(), "attestation": make_key(), "permit": make_key(), "seal": seal}


def entry(key: Key, purpose: Purpose, **changes: Any) -> KeyEntry:
    values: dict[str, Any] = {
        "keyid": key.public.keyid,
        "purpose": purpose,
        "algorithm": key.public.algorithm,
        "public": key.public.spki_pem,
        "since": 0,
        "demo": False,
    }
    return KeyEntry.model_validate(values | changes)


def document(kind: str, **changes: Any) -> Envelope:
    values: dict[str, Any] = {
        "schema_name": f"{kind}/1",
        "project": PROJECT,
        "series": SERIES,
        "number": 1,
        "previous": None,
        "contributors": [],
        "salt": "0" * 32,
        "references": [],
        "body": {"title": kind},
    }
    return Envelope(**(values | changes))


def statement(*documents: Envelope, size: int = 0, root: bytes = merkle.EMPTY_ROOT, **changes: Any) -> SignoffStatement:
    values: dict[str, Any] = {
        "signer": SIGNER,
        "printed_name": "Ada Reviewer",
        "role": "compliance_officer",
        "scope": PROJECT,
        "meaning": "approved",
        "reason": "it measures what matters",
        "opened": [d.digest for d in documents],
        "policy": None,
        "request": SERIES,
        "ledger": LedgerState(size=size, root=root.hex()),
        "method": Method(kind="password", label="server-attested (password)"),
        "time": TIME,
        "nonce": "0" * 32,
    }
    return SignoffStatement(
        subjects=[Subject(name=d.kind, digest=d.digest) for d in documents],
        predicate=SignoffPredicate(**(values | changes)),
    )


def permit(spec: Envelope, note: str, **changes: Any) -> Permit:
    values: dict[str, Any] = {
        "id": SERIES, "purpose": "evaluate", "entry_point": "evals.engine.run:run", "job": SERIES, "attempt": SERIES,
        "number": 1, "project": PROJECT, "spec": spec.digest,
        "inputs": [Input(name="documents/spec.json", sha256=spec.digest, size=len(spec.to_bytes()), role="document")],
        "decisions": [1], "code": {"commit": "abc"}, "audience": AUDIENCE, "secret_sha256": secret_digest(SECRET),
        "issued_at": TIME, "expires_at": "2026-01-02T04:04:05Z", "checkpoint": note, "bounds": {"max_seconds": 60},
    }  # fmt: skip
    return Permit(**(values | changes))


def receipt(consumed: Permit, **changes: Any) -> Receipt:
    values: dict[str, Any] = {
        "permit": consumed.id, "attempt": consumed.attempt, "nonce": "n" * 16, "time": TIME,
        "token_sha256": "sha256:" + "0" * 64, "token_expires": TIME, "seq": 3,
    }  # fmt: skip
    return Receipt(**(values | changes))


@dataclass
class World:
    """Keys by purpose and a ledger; `evidence()` is what a report about the second document would carry."""

    keys: dict[str, Key] = dataclasses.field(default_factory=make_keys)
    tree: MemoryTree = dataclasses.field(default_factory=MemoryTree)
    leaves: list[bytes] = dataclasses.field(default_factory=list)

    @property
    def fingerprint(self) -> str:
        return self.keys["root"].public.fingerprint

    @cached_property
    def seal_certificate(self) -> str:
        return make_seal_certificate(self.keys["seal"].signer, "Test organisation", demo=False)

    def keyring(self, **changes: Any) -> Keyring:
        values: dict[str, Any] = {
            "number": 1,
            "previous": None,
            "origin": ORIGIN,
            "root": entry(self.keys["root"], "root"),
            "keys": [
                entry(self.keys["log"], "log"),
                entry(self.keys["attestation"], "attestation"),
                entry(self.keys["permit"], "permit"),
                entry(self.keys["seal"], "seal", certificate=self.seal_certificate),
            ],
        }
        return Keyring(**(values | changes))

    def append(self, event: str, **changes: Any) -> Leaf:
        values: dict[str, Any] = {
            "seq": self.tree.size, "time": TIME, "event": event, "actor": SIGNER, "project": PROJECT, "subjects": [],
            "data": {}, "commitment": None,
        }  # fmt: skip
        leaf = Leaf(**(values | changes))
        self.leaves.append(leaf.to_bytes())
        self.tree.append(leaf.to_bytes())
        return leaf

    def grant(self, person: str, role: str, project: str | None = None, **changes: Any) -> Leaf:
        """Give somebody a role; every grant has an identifier of its own."""
        data = {"grant": f"00000000-0000-0000-0000-{self.tree.size:012d}", "role": role, "project": project}
        values = {"actor": "system", "project": project, "subjects": [f"user:{person}"], "data": data}
        return self.append(ROLE_GRANTED, **(values | changes))

    def sign(self, signed: SignoffStatement, signer: str = "attestation") -> str:
        return dsse.sign(PAYLOAD_TYPE, signed.to_bytes(), self.keys[signer].signer).decode()

    def note(self, size: int | None = None) -> str:
        size = self.tree.size if size is None else size
        return sign_checkpoint(Checkpoint(ORIGIN, size, self.tree.root(size)), ORIGIN, self.keys["log"].signer)

    def proved(self, index: int) -> LeafEntry:
        proof = merkle.inclusion_proof(index, self.tree.size, self.tree.read)
        return LeafEntry(leaf=base64_text(self.leaves[index]), index=index, proof=[node.hex() for node in proof])

    def evidence(self, change: Callable[["World", dict[str, Any]], None] | None = None) -> bytes:
        """Return evidence in which everything holds, as changed by `change(world, fields)`."""
        rubric = document("evals.rubric", project="shelf")
        plan = document("evals.thresholds", references=[Link(role="rubric", digest=rubric.digest)])
        self.grant(SIGNER, "compliance_officer")
        signed = statement(rubric, plan, size=1, root=self.tree.root())
        self.append(
            DOCUMENT_SIGNED,
            subjects=[rubric.digest, plan.digest],
            data={"statement": signed.digest},
            commitment=commit(SALT, PRIVATE),
        )
        allowed = permit(plan, self.note())
        signed_permit = sign_permit(allowed, self.keys["permit"].signer)
        told = {"job": allowed.job, "attempt": allowed.attempt, "permit": canonical.sha256(signed_permit)}
        self.append(PERMIT_ISSUED, data=told)
        self.append(PERMIT_CONSUMED, data=told | {"nonce": canonical.sha256(receipt(allowed).nonce.encode())})
        for frozen in (rubric, plan):
            self.append(DOCUMENT_FROZEN, subjects=[frozen.digest])
        fields: dict[str, Any] = {
            "report": ReportFacts(
                kind="dossier", subject=plan.digest, ledger_size=self.tree.size, project=PROJECT, created_at=TIME
            ),
            "documents": {d.digest: base64_text(d.to_bytes()) for d in (rubric, plan)},
            "signatures": [self.sign(signed)],
            "leaves": [self.proved(1), self.proved(2), self.proved(0), *map(self.proved, FROZEN)],
            "checkpoint": self.note(),
            "keyring": self.keyring().sign(self.keys["root"].signer).decode(),
            "openings": {"1": Opening(salt=SALT.hex(), private=PRIVATE)},
            "permits": [signed_permit.decode()],
            "receipts": [sign_receipt(receipt(allowed), self.keys["attestation"].signer).decode()],
        }
        if change:
            change(self, fields)
        return canonical.dumps(Evidence(**fields).model_dump())

    def report(self, evidence: bytes | None = None, *, seal: "World | None" = None) -> bytes:
        """Return a report with the evidence attached, sealed by this world's key or another's."""
        from governance.reports.seal import seal as sealed
        from tests.governance.proof.printing import pages

        world = seal or self
        pdf, at, reason = pages(evidence or self.evidence(), self.fingerprint)
        signer, certificate = world.keys["seal"].signer, world.seal_certificate.encode()
        return sealed(pdf, signer, certificate, name="Test organisation", reason=reason, at=at)


def page(evidence: bytes | None, name: str = "evidence.json") -> bytes:
    """Return a one-page PDF, not sealed, with an attachment unless `evidence` is None."""
    import pikepdf
    from reportlab.pdfgen.canvas import Canvas

    drawn, saved = BytesIO(), BytesIO()
    canvas = Canvas(drawn, invariant=1)
    canvas.drawString(72, 720, "Report")
    canvas.save()
    with pikepdf.open(BytesIO(drawn.getvalue())) as pdf:
        if evidence is not None:
            pdf.attachments[name] = evidence
        pdf.save(saved, deterministic_id=True)
    return saved.getvalue()


def seal_pdf(
    data: bytes, private_pem: bytes, certificate_pem: str, *, carried: bytes = b"", field: str = "Seal"
) -> bytes:
    """Return `data` sealed with PAdES B-B; `carried` is a certificate (PEM) to embed beside the signer's."""
    from asn1crypto import keys as asn1_keys
    from asn1crypto import pem, x509
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign import fields, signers
    from pyhanko_certvalidator.registry import SimpleCertificateStore

    store = SimpleCertificateStore()
    if carried:
        store.register(x509.Certificate.load(pem.unarmor(carried)[2]))
    signer = signers.SimpleSigner(
        signing_cert=x509.Certificate.load(pem.unarmor(certificate_pem.encode())[2]),
        signing_key=asn1_keys.PrivateKeyInfo.load(pem.unarmor(private_pem)[2]),
        cert_registry=store,
    )
    sealed = BytesIO()
    metadata = signers.PdfSignatureMetadata(
        field_name=field, md_algorithm="sha256", subfilter=fields.SigSeedSubFilter.PADES
    )
    signers.sign_pdf(IncrementalPdfFileWriter(BytesIO(data)), metadata, signer=signer, output=sealed)
    return sealed.getvalue()
