"""in-toto attestations: sign-offs exactly as they were signed, and the gate's yes as SLSA verification summaries.

Formats: in-toto Attestation Framework v1 (Statement v1; bundle: one envelope a line,
https://github.com/in-toto/attestation/blob/main/spec/v1/bundle.md) and SLSA Verification Summary Attestation v1
(https://slsa.dev/spec/v1.0/verification_summary).
"""

from typing import Any

from governance.proof.files.lineage.parts import URN, document_name, hexadecimal, installation, lines
from governance.proof.files.lineage.told import Lineage, Permitted
from governance.proof.formats import canonical
from governance.proof.formats.statement import STATEMENT_TYPE

SUMMARY = "https://slsa.dev/verification_summary/v1"
GATE_OPEN = "COUNTERSIGN_GATE_OPEN"
UNEVALUATED = "SLSA_BUILD_LEVEL_UNEVALUATED"


def signoffs(told: Lineage) -> bytes:
    """Return the sign-offs of documents of the lineage, one a line, not a byte changed.

    Those that the server attested are DSSE envelopes. Those by passkey carry the assertion in the place of
    `signatures`, for the device signs a challenge made from the envelope (`governance.proof.formats.passkey`).
    """
    return lines(
        canonical.loads(signoff.envelope.encode())
        for signoff in told.signoffs
        if any(subject.digest in told.nodes for subject in signoff.statement.subjects)
    )


def summaries(told: Lineage) -> bytes:
    """Return one summary for each permit, one a line: that the gate let exactly these inputs be worked on.

    The statements are not signed anew. What is signed is the permit, named in `inputAttestations` by the digest of its
    envelope, which the evidence of a sealed report on the document holds.
    """
    return lines(_summary(told, permitted) for run in told.runs for permitted in run.permits)


def _summary(told: Lineage, permitted: Permitted) -> dict[str, Any]:
    permit = permitted.permit
    subjects = {hexadecimal(permit.spec): document_name(permit.spec)}
    for item in permit.inputs:
        subjects.setdefault(hexadecimal(item.sha256), item.name)
    relied_on = [s.statement.digest for s in told.signoffs if s.leaf.seq in set(permit.decisions)]
    return {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": name, "digest": {"sha256": digest}} for digest, name in sorted(subjects.items())],
        "predicateType": SUMMARY,
        "predicate": {
            "verifier": {"id": installation(told)},
            "timeVerified": permit.issued_at,
            "resourceUri": document_name(permit.spec),
            "policy": {"uri": f"{URN}:gate:{permit.purpose}"},
            "inputAttestations": [
                {"uri": f"{URN}:permit:{permit.id}", "digest": {"sha256": hexadecimal(permitted.digest)}},
                *({"uri": f"{URN}:signoff", "digest": {"sha256": hexadecimal(digest)}} for digest in relied_on),
            ],
            "verificationResult": "PASSED",
            "verifiedLevels": [UNEVALUATED, GATE_OPEN],
            "slsaVersion": "1.0",
        },
    }
