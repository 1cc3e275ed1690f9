"""The evidence a sealed report carries: everything an outsider needs to check it, and nothing that must be believed."""

from typing import Any, Literal, Self

from pydantic import Field, ValidationError

from governance.proof.checks.kept_checkpoints import Consistency
from governance.proof.formats import canonical
from governance.proof.formats.canonical import Digest, NotCanonical
from governance.proof.formats.fields import Count, Hash, Strict, Time, Uuid, told

FORMAT: Literal["countersign-evidence/1"] = "countersign-evidence/1"
ATTACHMENT = "evidence.json"


class ReportFacts(Strict):
    """Which report this is: `subject` is a document's digest or an identifier, `ledger_size` the state it tells of."""

    kind: str = Field(min_length=1, max_length=200)
    subject: str = Field(min_length=1, max_length=200)
    ledger_size: Count
    project: Uuid | None
    created_at: Time
    parameters: dict[str, Any] = Field(default_factory=dict)
    """what was asked besides"""


class LeafEntry(Strict):
    """A leaf's bytes in base64, its index, and the hashes of its inclusion proof, lowest sibling first."""

    leaf: str
    index: Count
    proof: list[Hash]


class Period(Strict):
    """All ledger entries from `first` on, without a gap, and the range proof of them (`proof.formats.ranges`).

    Each is its leaf's bytes in base64 or, where the reader may not see it, its leaf hash in `hidden` under its index.
    """

    first: Count
    leaves: list[str]
    hidden: dict[str, Hash] = Field(default_factory=dict)
    proof: list[Hash]


class Opening(Strict):
    """The private part of a leaf and its salt (32 hexadecimal digits); together they give the leaf's commitment."""

    salt: str = Field(pattern=r"^[0-9a-f]{32}$")
    private: dict[str, Any]


class Witnessed(Strict):
    """A later checkpoint, with its cosignatures, and the proof that it extends the report's (RFC 9162 §2.1.4)."""

    checkpoint: str
    proof: list[Hash]


class TimeStamped(Strict):
    """A checkpoint as the log signed it, and a time-stamp authority's reply over it (DER in base64, RFC 3161 §2.4.2).

    `proof` shows that the smaller of this checkpoint and the report's is a prefix of the larger (RFC 9162 §2.1.4).
    """

    checkpoint: str
    reply: str
    proof: list[Hash]


class RegisterClaim(Strict):
    """What the pages of a register say, as data: made from the period by `governance.proof.history.register`, or false.

    `kinds` are the kinds of documents that count as releases; `digest` is of all rows.
    """

    kinds: list[str]
    counts: dict[str, Count]
    digest: Digest


class ForPrograms(Strict):
    """The files that are attached beside the evidence, by name with their digests, and what they take from no proof.

    `standings` of all documents of the lineage, by digest, are the server's word (`governance.proof.files.lineage`).
    """

    files: dict[str, Digest]
    standings: dict[Digest, str]


class Evidence(Strict):
    """Canonical JSON in the attachment `evidence.json`.

    `documents` maps digests to canonical bytes in base64. `signatures` are sign-offs as text, by passkey or in DSSE
    envelopes; `permits` and `receipts` are DSSE envelopes, `checkpoint` a signed note of `report.ledger_size` leaves,
    `keyring` the DSSE envelope of the keyring and `earlier_keyrings` those of the versions before it, the first first.
    `openings` maps ledger indexes to private parts. `period`, optional, is a span of the ledger given whole, so that
    nothing of it can be missing, and `counted` what a register counts in it. `around` are entries outside the period:
    those next to it, and earlier ones of what goes on in it. They show where the period begins and ends and what a
    register counts; signatures, permits and roles are not read from them. `ledger`, optional, is every leaf in order,
    in base64: with it absences can be proved for all time before the checkpoint.
    `earlier` are proofs that the ledger of this report goes on from those of earlier reports, the newest first.
    `witnessed`, optional, is a later checkpoint that witnesses cosigned, where they did not cosign the report's own.
    `time_stamps` are over the report's checkpoint or others of its log. `for_programs` lists what else is attached to
    a report on a document. `results` are, in canonical JSON, what runs delivered of which its documents were made.
    `findings` are what a qualification found of the installation (`proof.checks.qualification`), or the answers that a
    report on failures prints (`proof.checks.failures`).
    `presented`, of a receipt alone, is what its signer was shown, under the digest that the signed statement names.
    """

    format: Literal["countersign-evidence/1"] = FORMAT
    report: ReportFacts
    documents: dict[Digest, str]
    signatures: list[str]
    leaves: list[LeafEntry]
    checkpoint: str
    keyring: str
    earlier_keyrings: list[str] = Field(default_factory=list)
    openings: dict[str, Opening] = Field(default_factory=dict)
    permits: list[str] = Field(default_factory=list)
    receipts: list[str] = Field(default_factory=list)
    period: Period | None = None
    counted: RegisterClaim | None = None
    around: list[LeafEntry] = Field(default_factory=list)
    ledger: list[str] | None = None
    earlier: list[Consistency] = Field(default_factory=list)
    witnessed: Witnessed | None = None
    time_stamps: list[TimeStamped] = Field(default_factory=list)
    for_programs: ForPrograms | None = None
    results: list[str] | None = None
    findings: str | None = None
    presented: str | None = None

    @property
    def keyrings(self) -> list[bytes]:
        """The envelopes of all versions of the keyring, the first first."""
        return [text.encode() for text in [*self.earlier_keyrings, self.keyring]]

    def to_bytes(self) -> bytes:
        """Return the canonical bytes to attach; raises `NotCanonical` if a private part has no canonical form."""
        return canonical.dumps(self.model_dump())

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Return the evidence that canonical JSON `data` holds.

        Raises:
            NotCanonical: not canonical JSON, or not evidence of this format.
        """
        value = canonical.loads(data)
        try:
            return cls.model_validate(value)
        except ValidationError as error:
            raise NotCanonical(f"found canonical JSON that is not {FORMAT}: {told(error)}") from error
