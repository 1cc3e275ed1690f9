"""in-toto attestations: sign-offs exactly as they were signed, and the gate's yes as SLSA verification summaries.

Formats: in-toto Attestation Framework v1 (Statement v1; bundle: one envelope a line,
https://github.com/in-toto/attestation/blob/main/spec/v1/bundle.md) and SLSA Verification Summary Attestation v1
(https://slsa.dev/spec/v1.0/verification_summary).
"""

from typing import TYPE_CHECKING, Any

from governance.exports.parts import URN, document_name, hexadecimal, installation, lines
from governance.proof import canonical
from governance.proof.statement import STATEMENT_TYPE

if TYPE_CHECKING:
    from governance.reports.gathered import Gathered
    from governance.reports.runs import Permitted

SUMMARY = "https://slsa.dev/verification_summary/v1"
GATE_OPEN = "COUNTERSIGN_GATE_OPEN"
UNEVALUATED = "SLSA_BUILD_LEVEL_UNEVALUATED"


def signoffs(found: "Gathered") -> bytes:
    """Return the sign-offs of documents of the lineage, one a line, not a byte changed.

    Those that the server attested are DSSE envelopes. Those by passkey carry the assertion in the place of
    `signatures`, for the device signs a challenge made from the envelope (`governance.proof.passkey`).
    """
    lineage = {paper.digest for paper in found.lineage}
    return lines(
        canonical.loads(signoff.envelope.encode())
        for signoff in found.signoffs
        if lineage & {subject.digest for subject in signoff.statement.subjects}
    )


def summaries(found: "Gathered") -> bytes:
    """Return one summary for each permit, one a line: that the gate let exactly these inputs be worked on.

    The statements are not signed anew. What is signed is the permit, named in `inputAttestations` by the digest of its
    envelope, which a sealed report on the document carries.
    """
    return lines(_summary(found, permitted) for run in found.runs for permitted in run.permits)


def _summary(found: "Gathered", permitted: "Permitted") -> dict[str, Any]:
    permit = permitted.permit
    subjects = {hexadecimal(permit.spec): document_name(permit.spec)}
    for item in permit.inputs:
        subjects.setdefault(hexadecimal(item.sha256), item.name)
    relied_on = [s.statement.digest for s in found.signoffs if s.leaf.seq in set(permit.decisions)]
    return {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": name, "digest": {"sha256": digest}} for digest, name in sorted(subjects.items())],
        "predicateType": SUMMARY,
        "predicate": {
            "verifier": {"id": installation(found)},
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
