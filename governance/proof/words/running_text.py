"""The running text of reports: one definition, which the typesetter prints and the reader of its pages expects.

What depends on the facts is a function of them; what does not is a constant. Nothing here is markup.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from governance.proof.words.printed import day, plural

PROVES = (
    "Every document is, byte for byte, what its digest names, and refers to the others as drawn.",
    "Each signature was made over those digests: by the signer’s passkey, or under a key of the keyring.",
    "Every ledger entry listed is in the ledger at the checkpoint on every page, in that order.",
    "Permits bind each run to its specification, input files and the decisions it relied on.",
)
DOES_NOT_PROVE = (
    "That nothing else happened, such as a later revocation: only the complete leaf file shows that.",
    "That a training machine did what it reported: what a runner sends is server-received.",
    "Who sat at the keyboard: “server-attested” is the server’s word, a passkey its holder’s device.",
    "With every key stolen, anything after the last checkpoint that left the organisation.",
)
RECEIPT_PROVES = (
    "This person’s signature was made over exactly the documents printed here, named by the digests of their bytes.",
    "What the signer said (role, meaning, reason, conditions) stood in the signed statement, word for word.",
    "The signature is in the ledger, at the entry and under the checkpoint printed here.",
)
BY_PASSKEY = "The signature was made by a passkey enrolled for this person; the server holds no copy of its key."
RECEIPT_DOES_NOT_PROVE = (
    "That the signature still stands: it may have been revoked or have lapsed since. Ask for a lineage report.",
    "That the signer read what was shown, or understood it.",
)
DEMONSTRATION = "This file is sealed by a demonstration authority, for trying the software out. Its seal names nobody."
NO_EXCEPTION = "No waiver, condition, revocation or unknown is recorded up to this checkpoint."
NONE_COUNTED = "This report counts none. Waivers, conditions and revocations are told of by reports on documents."


def no_exception(*, plain: bool) -> str:
    """Return what page one says where there is no exception; a plain report did not look at documents."""
    return NONE_COUNTED if plain else NO_EXCEPTION


FALLEN = {
    "not submitted for signature": "Not signed",
    "waiting for signatures": "Signatures missing",
    "rejected": "Rejected",
    "withdrawn": "Request withdrawn",
    "not signed in time": "Not signed in time",
    "expired": "Expired",
    "lapsed": "Lapsed",
    "revoked": "Revoked",
    "signed with a compromised key": "Compromised key",
    "superseded": "Overtaken",
}
"""the standings that page one tells of as exceptions, by their names, each with the label it is told under"""
POLICY_ASIDE = "a policy that signatures were asked for under"
WAIVER_ASIDE = "a waiver asked for a document of the lineage, or the retrospective on one"
TOGETHER_ASIDE = "signed in one ceremony with a document of the lineage"
ASIDE = (POLICY_ASIDE, WAIVER_ASIDE, TOGETHER_ASIDE)
"""why a document that is no part of the lineage is told of all the same"""
REVOKED_STATUS = "not in force: the sign-off was revoked"
OVERTAKEN_STATUS = "overtaken: a later version was agreed"

SIGNATURES_TABLE = "Signatures in ledger order."
SIGNERS_TABLE = "What is on record of the signers."
NONE_RECORDED = "None recorded."
NONE = "None."
NO_RUNS = "Nothing below the subject was made by a run."
RUNS = (
    "No run starts without a permit: the gate’s signed yes, for one attempt, on exactly the inputs it names. "
    "The permits and the receipts of their consumption are in the evidence."
)
REFUSALS_TABLE = "Refused acts in ledger order; an act refused by several checks has a line for each."
NO_REFUSALS = "Nothing concerning these was refused."
PEOPLE_TABLE = "Roles of everybody who signed. Names are those of enrolment; “system” means at set-up or by the worker."
OTHERS_TABLE = "In the evidence beside the lineage, so that every signature can be checked."
ENTRIES_TABLE = (
    "Numbers are those under “Documents, one by one”. Each entry’s leaf and its proof of inclusion are in the evidence."
)
KEYS = (
    "All trust hangs on the organisation’s root key. Its fingerprint is printed so that you can compare it "
    "with the one you obtained elsewhere. Taken from this page it proves nothing: whoever forges a report "
    "prints a fingerprint of their own."
)
KEYS_TABLE = "Public keys and what each may sign."
ATTACHED_TABLE = "Attached before anybody signed. They are recorded by digest and are not part of this report."
BELOW_TABLE = "Documents that rest on the subject, directly (1) or through others, at this checkpoint."
NOTHING_BELOW = "Nothing rests on it here at this checkpoint."
STATEMENT = (
    "The signature was given over the digests of the documents below and over everything on this page. The signed "
    "statement itself is in the evidence attached to this file, byte for byte."
)
OPENED_TABLE = "Documents opened."
CONDITIONS_TABLE = "The approval depends on these."
DRAWN = (
    "Read from the top: each document rests on those its arrows lead to, named by the digest of their bytes. "
    "The subject of this report is shaded. The number in a box is that of the document’s entry under “Documents, "
    "one by one”."
)
DOCUMENTS = (
    "Every document with its author, its signers and what it rests on. Names are printed as they stood at signing; "
    "times are UTC. A signature applies to the digest printed here and to no other version."
)
NONE_ASKED = "No signature is asked for on this document."
NONE_GIVEN = "No signature is recorded on this document."

VERIFY: tuple[str | tuple[str, ...], ...] = (
    (
        "This file needs no trust in the server that made it. Obtain the fingerprint of the organisation’s "
        "root key from where the organisation publishes it, never from this file or from whoever handed it to "
        "you. Then, with the file saved as report.pdf:"
    ),
    ("countersign verify --root FINGERPRINT report.pdf",),
    (
        "The answer 0 means that everything claimed here holds: the seal, every document’s digest, every "
        "signature, and that each event relied on is in the ledger at the checkpoint printed on every page. "
        "1 means that something does not hold, and says what. 2 means that it could not be checked."
    ),
    (
        "If you kept a checkpoint of the ledger or an older report, hold this one against it: 3 means that the "
        "log signed two histories, and that the two files together prove it."
    ),
    ("countersign verify --root FINGERPRINT --checkpoint KEPT --consistency PROOF report.pdf",),
    "With tools that are not ours: the seal, and that it covers the whole file;",
    ("pdfsig -nocert report.pdf",),
    "the sealing certificate, to be compared with the seal key in the organisation’s keyring;",
    (
        "pdfsig -dump report.pdf",
        "openssl pkcs7 -inform DER -in report.pdf.sig0 -print_certs -out seal.pem",
        "openssl x509 -in seal.pem -noout -subject -fingerprint -sha256",
    ),
    "the evidence, as one JSON file; and the digest of this file, to be found on the ledger.",
    ("pdfdetach -saveall -o . report.pdf", "openssl dgst -sha256 report.pdf"),
    (
        "pdfsig alone does not notice a change in the bytes that pad the space reserved for the seal; "
        "countersign verify does, and so does the digest of the whole file."
    ),
)
"""how a reader checks a report: paragraphs, and between them commands to be typed as they stand"""


def signatures(where: str) -> str:
    """Return what the table of signatures is; `where` is the section whose numbers it names documents by."""
    return (
        "Each line is one act of signing: one statement, in the evidence as it was signed, over the digests of all "
        f"documents named. Numbers are those under “{where}”; other documents are named by title."
    )


def in_brief(report: str, document: str, digest: str, size: int) -> str:
    """Return what a brief report says of all that it leaves out, and in which report on which document it stands."""
    return (
        "What the answers rest on, a line for each document. The documents themselves, the runs with their permits and "
        "receipts, and every ledger entry with its proof are in the evidence attached to this file, and checking it "
        f"holds these lines against them. In full they are printed in the {report.lower()} of the {document}: ask for "
        f"it on that document’s page, or with “countersign report {digest} --as-of {size}”."
    )


def each_in_brief(size: int) -> str:
    """Return what a brief report that is about no document says of what it leaves out, and where all of it stands."""
    return (
        "What it rests on, a line for each document; who signed which is listed under “Signatures”. The documents "
        "themselves (in evidence.json, by the digest in their line), the runs with their permits and receipts, and "
        "every ledger entry with its proof are in the evidence attached to this file, and checking it holds these "
        "lines against them. In full each is printed in the report on it: ask for that on the document’s page, or "
        f"with “countersign report DIGEST --as-of {size}”."
    )


def by_server(label: str) -> str:
    """Return what a signature by the server's word does not prove."""
    return f"Who sat at the keyboard: “{label}” is the server’s word that it checked."


def too_far(number: int) -> str:
    """Return how many documents a drawing leaves out."""
    documents = plural(number, "document", "documents")
    return (
        f" {documents} further from the subject could not be drawn legibly on one page; the entries list all of them."
    )


def elsewhere(number: str) -> str:
    """Return how many documents ("3 documents") of other projects rest on it."""
    return f"In projects, {number} more rest on it. They are not named: projects do not see each other."


def cases_reviewed(document: str, seed: str) -> str:
    """Return the caption of the cases that a signer reviewed."""
    return f"Cases reviewed of {document}, drawn by seed {seed}."


def signed_by_server(name: str) -> str:
    """Return a sign-off, as an exception names one that the server attested."""
    return f"The sign-off by {name} in ledger entry"


def compromised(what: str, seq: int, since: int | None) -> str:
    """Return that something was signed with a key declared compromised."""
    return (
        f"{what} {seq} was signed with a key declared compromised since ledger size {since}. It does not count; "
        "checking this file answers 1."
    )


def permit_of(number: int) -> str:
    """Return a permit, as an exception names it."""
    return f"The permit of attempt {number} in ledger entry"


def passkey_fell(name: str, seq: int, back: int, reason: str) -> str:
    """Return that a sign-off's passkey was revoked from before then on."""
    return (
        f"The sign-off by {name} in ledger entry {seq} was signed by a passkey that ledger entry {back} revoked from "
        f"before then on: {reason}. It does not count; checking this file answers 1."
    )


def revoked(named: str, seq: int, who: str, reason: object, *, anew: bool) -> str:
    """Return that a sign-off was revoked: of which document (see `named`), by whom, why, and whether it stands anew."""
    said = f"by {who}: “{reason}”" if reason else f"by {who}"
    again = "; it was signed anew since" if anew else ""
    return (
        f"The sign-off of the {named} was revoked in ledger entry {seq}, {said}{again}. Checking this file answers 1 "
        "wherever something here was signed before that."
    )


def named(label: str, title: str) -> str:
    """Return a document as sentences name it."""
    return f"{label} “{title}”"


def waived(title: str, checks: Iterable[str], by: Sequence[str], until: datetime, reason: str, risk: str) -> str:
    """Return that something went on although checks may have been red, by a waiver and whose."""
    listed = ", ".join(check.replace("_", " ") for check in checks)
    return (
        f"It went on although these checks may have been red: {listed}. By the waiver “{title}”, signed by "
        f"{' and '.join(by) or 'nobody whose signature counts'}, until {day(until)}: “{reason}” Risk accepted: “{risk}”"
    )


def overdue(title: str, due: datetime) -> str:
    """Return that nobody looked back on a waiver in time."""
    return f"No retrospective on the waiver “{title}” was signed by {day(due)}, when it was due."


def stands(document: str, status: str) -> str:
    """Return how a document (see `named`) stands."""
    return f"The {document} is {status}."


def unmet(document: str, condition: str) -> str:
    """Return a condition that is not met."""
    return f"The {document}: {condition}"


def fault(document: str, why: str) -> str:
    """Return why a signature on a document does not count."""
    return f"On the {document}: {why}."


def refused(number: int, last: datetime) -> str:
    """Return how many acts were refused."""
    acts = plural(number, "act was", "acts were")
    return f"{acts} refused on these documents or on others that rest on them, the last on {day(last)}; see Refusals."


def erased(seqs: Iterable[int]) -> str:
    """Return which private parts were erased."""
    which = ", ".join(map(str, seqs))
    return f"The private parts of ledger entries {which} were erased; their commitments remain."


def see(number: int) -> str:
    """Return the words that lead from an exception to the document it concerns."""
    return f" See document {number}."
