"""The ledger's vocabulary: every event a leaf may carry, `noun:noun:verb`, and what its `data` holds.

`Mutation.append` checks each leaf's data against the schema here, so that what somebody reads in ten years is what is
written down here. Data holds random identifiers, digests, numbers and names of roles, kinds and states; whatever could
name a person is private to the leaf. A field is never taken away or given another meaning: a new event is added.
"""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, Field, ValidationError, create_model

from governance.proof.formats.canonical import Digest
from governance.proof.formats.fields import Count, Strict, Time, Uuid, told
from governance.proof.formats.leaf import (
    ATTEMPT_ENDED,
    ATTEMPT_RECEIVED,
    BACKUP_CHECKED,
    BACKUP_MADE,
    CONDITION_MET,
    DELEGATION_ENDED,
    DELEGATION_GIVEN,
    DOCUMENT_FROZEN,
    DOCUMENT_REVOKED,
    DOCUMENT_SIGNED,
    EXCHANGE_GRADED,
    FILE_ATTACHED,
    JOB_ADMITTED,
    JOB_ARMED,
    JOB_CANCELLED,
    JOB_ENDED,
    JOB_REFUSED,
    JUDGED,
    KEY_COMPROMISED,
    KEYRING_PUBLISHED,
    LOG_FOUNDED,
    MESSAGE_SENT,
    PASSKEY_ENROLLED,
    PASSKEY_REVOKED,
    PASSKEY_VOUCHED,
    PERMIT_CONSUMED,
    PERMIT_EXPIRED,
    PERMIT_ISSUED,
    PERSON_ENROLLED,
    REFUSAL_ACCESS,
    REFUSAL_IDENTITY,
    REFUSAL_PERMIT,
    REFUSAL_RULE,
    REPORT_REQUESTED,
    REQUEST_OPENED,
    REQUEST_REJECTED,
    REQUEST_WITHDRAWN,
    REVIEW_CLOSED,
    REVIEW_OPENED,
    ROLE_GRANTED,
    ROLE_REVOKED,
    SIGNER_DECLARED,
    SIGNER_IDENTIFIED,
    SIGNER_QUALIFIED,
)
from governance.proof.history import audit_findings
from governance.proof.history.passkeys import Enrolment, Revoking, Vouching
from governance.proof.history.roles import Delegating, Ending, Granting
from governance.proof.words.vocabulary import ON_RECORD

Word = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9 _.:+-]{0,119}$", description="a name of ours, no text")]
Words = list[Word]

SCHEMAS: dict[str, type[BaseModel]] = {}
WORDS: dict[str, str] = {}


class NotInVocabulary(AssertionError):
    """A leaf was about to be appended that no reader could understand: a programming error, rolled back."""


def _event(name: str, words: str, schema: type[BaseModel] | None = None, /, **data: Any) -> str:
    """Add an event, how people read it, and the fields of its data: each required, unless a pair (type, default).

    Where the offline verifier reads the data, too, `schema` is the one it reads them by.
    """
    fields: dict[str, Any] = {key: kind if isinstance(kind, tuple) else (kind, ...) for key, kind in data.items()}
    SCHEMAS[name] = schema or create_model(name, __base__=Strict, **fields)
    WORDS[name] = words
    return name


def check(event: str, data: Mapping[str, Any]) -> None:
    """Return if `data` is what the vocabulary says of `event`.

    Raises:
        NotInVocabulary: there is no such event, or a field is missing, unknown or of another form.
    """
    if event not in SCHEMAS:
        raise NotInVocabulary(f"the vocabulary has no event {event!r}")
    try:
        SCHEMAS[event].model_validate(data)
    except ValidationError as problem:
        raise NotInVocabulary(f"{event}: {told(problem)}") from None


# The organisation, its keys, its people
ORGANISATION_FOUNDED = _event(LOG_FOUNDED, "Ledger founded", organisation=Uuid, root_fingerprint=Digest, keyring=Digest)
_event(KEYRING_PUBLISHED, "Keyring published", number=Count, keyring=Digest)
_event(
    KEY_COMPROMISED, "Key declared compromised", key=Digest, since=Count, number=Count
)  # subject: key:…; since: a ledger size; number: of the keyring that says so
_event(
    BACKUP_MADE, "Backup made", manifest=Digest, size=Count, bytes=Count, database=Word
)  # size: of the ledger as the backup has it
_event(BACKUP_CHECKED, "Backup restored and checked", manifest=Digest, size=Count, holds=bool)
PROJECT_CREATED = _event("organisation:project:created", "Project created", project=Uuid)
_event(PERSON_ENROLLED, "Person enrolled")
_event(ROLE_GRANTED, "Role given", Granting)
_event(ROLE_REVOKED, "Role taken back", Granting)

# How people get in. Subjects: the person and, where there is one, the session.
SESSION_OPENED = _event(
    "access:session:opened", "Signed in", session=Uuid, method=Word, device=Uuid | None, new_device=bool
)
SESSION_ENDED = _event("access:session:ended", "Session ended", session=Uuid, why=Word)
SESSION_LOCKED = _event("access:session:locked", "Sign-in locked", failures=Count)
FACTOR_ENROLLED = _event("access:factor:enrolled", "Second factor enrolled", kind=Word)
FACTOR_REMOVED = _event("access:factor:removed", "Second factor removed", kind=Word)
RECOVERY_CODE_USED = _event("access:recovery_code:used", "Recovery code used", left=Count)
TOKEN_CREATED = _event("access:token:created", "API token made", token=Uuid, key=Digest, scopes=Words, expires=Time)
TOKEN_REVOKED = _event("access:token:revoked", "API token ended", token=Uuid)
RECORD_READ = _event("access:record:read", "Read by an auditor", via=Word)  # subject: what was read
IDENTITY_LINKED = _event("access:identity:linked", "Single sign-on linked", identity=Uuid, subject=Digest)
IDENTITY_UNLINKED = _event("access:identity:unlinked", "Link to single sign-on removed", identity=Uuid)
ADDRESS_CHANGED = _event("access:address:changed", "E-mail address changed")
PASSWORD_CHANGED = _event("access:password:changed", "Password changed")
# Passkeys and what is on record of signers. Subjects: the person and the passkey.
_event(PASSKEY_ENROLLED, "Passkey enrolled", Enrolment)
_event(PASSKEY_VOUCHED, "Passkey vouched for", Vouching)
_event(PASSKEY_REVOKED, "Passkey revoked", Revoking)
_event(SIGNER_IDENTIFIED, ON_RECORD[SIGNER_IDENTIFIED], record=Uuid)
_event(SIGNER_QUALIFIED, ON_RECORD[SIGNER_QUALIFIED], record=Uuid, attachment=Digest | None)
_event(SIGNER_DECLARED, ON_RECORD[SIGNER_DECLARED], record=Uuid, wording=Digest)
PERSON_LEFT = _event("access:person:left", "Person left", successor=Uuid | None, tasks=Count)

# What was turned down
_event(REFUSAL_ACCESS, "Access refused", action=Word, checks=Words)
_event(REFUSAL_RULE, "Refused by a rule", action=Word, checks=Words)
_event(REFUSAL_IDENTITY, "Identity not proven", action=Word, checks=Words)
_event(REFUSAL_PERMIT, "Permit refused", action=Word, checks=Words)

# Documents
DRAFT_CREATED = _event("document:draft:created", "Draft begun", draft=Uuid, series=Uuid, kind=Word)
DRAFT_PRINTED = _event("document:draft:printed", "Draft previewed as PDF", draft=Uuid, revision=Count)
DRAFT_EDITED = _event("document:draft:edited", "Draft edited", draft=Uuid, revision=Count)
_event(DOCUMENT_FROZEN, "Document frozen", kind=Word, series=Uuid, number=Count)  # subject: its digest

_event(
    FILE_ATTACHED, "File attached", attachment=Uuid, file=Digest, size=Count, type=Word
)  # subject: the document's digest
FILE_DISPOSED = _event("document:file:disposed", "Files disposed of", disposal=Digest, files=list[Digest])
OPENING_ERASED = _event("ledger:opening:erased", "Private parts erased", disposal=Digest, entries=list[Count])
PERSON_ERASED = _event("access:person:erased", "Person's account emptied", disposal=Digest)
DISPOSING = (FILE_DISPOSED, OPENING_ERASED, PERSON_ERASED)
"""What carrying out a disposal appends. Subjects: its digest, then file:…, entry:… or user:… of what went."""

# Sign-off. Subjects are the digests of the documents.
_event(REQUEST_OPENED, "Signatures requested", request=Uuid, policy=Digest | None)
_event(REQUEST_REJECTED, "Request rejected", request=Uuid)
_event(REQUEST_WITHDRAWN, "Request withdrawn", request=Uuid)
REQUEST_ESCALATED = _event(
    "signoff:request:escalated", "Overdue signatures escalated", request=Uuid, to=Words
)  # subjects: the digests, and "request:<id>"
COMMENT_MADE = _event("document:comment:made", "Comment made", comment=Uuid, kind=Word, answers=Uuid | None)
_event(DELEGATION_GIVEN, "Signing delegated", Delegating)
_event(DELEGATION_ENDED, "Delegation ended", Ending)
_event(CONDITION_MET, "Condition met", condition=Uuid, signature=Uuid, method=(Word | None, None))
CONDITION_HANDED_OVER = _event("signoff:condition:handed_over", "Task handed over", condition=Uuid, to=Uuid)
_event(REVIEW_OPENED, "Review opened", review=Uuid, trigger=Word, due=Time)
_event(REVIEW_CLOSED, "Review closed", review=Uuid, outcome=Word, method=(Word | None, None))
_event(DOCUMENT_SIGNED, "Signed", request=Uuid, signature=Uuid, role=Word, statement=Digest)
_event(DOCUMENT_REVOKED, "Sign-off revoked")

# Grading by people. Subjects of a round's opening: round:… and what it is about; of a grade and of the end: round:….
GRADING_OPENED = _event(
    "grading:round:opened", "Grading round opened", round=Uuid, asked=Digest, seed=Digest, items=Count
)  # asked: of what the round asks; seed: of the seed, which nobody is told while the round is open
GRADE_GIVEN = _event(
    "grading:grade:given",
    "Output graded",
    grade=Uuid,
    round=Uuid,
    item=Digest,
    adjudicates=bool,
    number=Count,
    scores=list[Count],
)
GRADING_CLOSED = _event("grading:round:closed", "Grading round closed", round=Uuid, grades=Digest)
GRADING_ABANDONED = _event(
    "grading:round:abandoned", "Grading round abandoned", round=Uuid, given=Count
)  # given: grades that had been given; the reason is private

_event(
    JUDGED,
    "Result judged with people's grades",
    judgement=Digest,
    result=Digest,
    grades=list[Digest],
)  # subjects: result and judgement

# What becomes of failures. Subjects: candidate:… and the result's digest; of a draft also draft:….
CANDIDATE_MARKED = _event(
    "failure:candidate:marked",
    "Failure marked as a candidate",
    candidate=Uuid,
    result=Digest,
    use=Word,
    file=Digest,
    answer=(Digest | None, None),
)  # file: of the line proposed, kept with a salt; answer: not told any more, since it could be guessed
CANDIDATE_WITHDRAWN = _event("failure:candidate:withdrawn", "Candidate withdrawn", candidate=Uuid)
CANDIDATES_DRAFTED = _event(
    "failure:candidate:drafted", "Candidates drafted as cases", draft=Uuid, file=Digest, candidates=list[Uuid]
)

# Jobs
_event(
    JOB_ADMITTED,
    "Gate opened",
    job=Uuid,
    purpose=Word,
    spec=Digest,
    scheduled=(bool, False),  # by the clock, in the name of whoever first launched it
)
_event(JOB_ARMED, "Launch armed", job=Uuid, purpose=Word, spec=Digest, waiting=Words)
_event(JOB_CANCELLED, "Job cancelled", job=Uuid)
_event(JOB_REFUSED, "Gate refused", job=Uuid, checks=Words)  # the re-check before a permit said no
_event(JOB_ENDED, "Job ended", job=Uuid, state=Word, output=Digest | None)
_event(
    PERMIT_ISSUED,
    "Permit issued",
    job=Uuid,
    attempt=Uuid,
    number=Count,
    permit=Digest,
    waivers=(list[Digest], []),  # those that let a red check be
)
_event(PERMIT_CONSUMED, "Permit consumed", job=Uuid, attempt=Uuid, permit=Digest, nonce=Digest, again=bool)
_event(PERMIT_EXPIRED, "Permit expired", job=Uuid, attempt=Uuid, state=Word)
_event(ATTEMPT_RECEIVED, "Result received", job=Uuid, attempt=Uuid, result=Digest)
_event(ATTEMPT_ENDED, "Attempt ended", job=Uuid, attempt=Uuid, state=Word)

# Recorded sessions with a model. Subjects: "job:…" and "exchange:…"; the digests are of salted words.
_event(MESSAGE_SENT, "Message sent to a model", job=Uuid, exchange=Uuid, number=Count, message=Digest)
ANSWER_GIVEN = _event(
    "session:answer:given", "Answer of a model kept", job=Uuid, exchange=Uuid, attempt=Uuid, answer=Digest
)
_event(
    EXCHANGE_GRADED,
    "Answer of a model graded",
    job=Uuid,
    exchange=Uuid,
    grade=Uuid,
    severity=Word,
    failure_mode=Word | None,
    scores=dict[Word, Count],
)
FINDING_DRAFTED = _event(
    "session:finding:drafted", "Finding drafted as a case", job=Uuid, exchange=Uuid, draft=Uuid, file=Digest
)
CONVERSATION_ENDED = _event("session:conversation:ended", "Session ended", job=Uuid, why=Word)

# What sources say of base models; what they say is frozen as documents. Subject: feed:…
FEED_FAILED = _event("lifecycle:feed:failed", "Feed not read", feed=Uuid, format=Word)

# Findings of auditors. Subjects: "finding:…" and the record it is pinned to; the words are private.
FINDING_RAISED = _event(
    audit_findings.RAISED, "Finding raised", finding=Uuid, severity=Word, owner=Uuid, due=Time
)  # owner: who answers for it
FINDING_ANSWERED = _event(audit_findings.ANSWERED, "Finding answered", finding=Uuid)
FINDING_HANDED_OVER = _event(audit_findings.HANDED_OVER, "Finding handed over", finding=Uuid, to=Uuid)
FINDING_CLOSED = _event(audit_findings.CLOSED, "Finding closed", finding=Uuid, outcome=Word)

# The log itself, and what is told of it
LOG_SECOND_KEY = _event("log:second_key:published", "Second log key published", key=Digest)
LOG_CONTRADICTED = _event(
    "log:witness:contradicted", "A witness holds another history", witness=Digest, size=Count, root=Digest, note=Digest
)
_event(REPORT_REQUESTED, "Report requested", report=Uuid, kind=Word, asked=Digest)
REPORT_DOWNLOADED = _event("report:file:downloaded", "Report downloaded", report=Uuid, file=Digest)
REPORT_SEALED = _event("report:file:sealed", "Report sealed", report=Uuid, kind=Word, ledger_size=Count, file=Digest)

ALL = frozenset(SCHEMAS)

__all__ = [
    "ALL",
    "ATTEMPT_ENDED",
    "ATTEMPT_RECEIVED",
    "BACKUP_CHECKED",
    "BACKUP_MADE",
    "CONDITION_MET",
    "DELEGATION_ENDED",
    "DELEGATION_GIVEN",
    "DOCUMENT_FROZEN",
    "DOCUMENT_REVOKED",
    "DOCUMENT_SIGNED",
    "EXCHANGE_GRADED",
    "FILE_ATTACHED",
    "JOB_ADMITTED",
    "JOB_ARMED",
    "JOB_CANCELLED",
    "JOB_ENDED",
    "JOB_REFUSED",
    "JUDGED",
    "KEYRING_PUBLISHED",
    "KEY_COMPROMISED",
    "MESSAGE_SENT",
    "PASSKEY_ENROLLED",
    "PASSKEY_REVOKED",
    "PASSKEY_VOUCHED",
    "PERMIT_CONSUMED",
    "PERMIT_EXPIRED",
    "PERMIT_ISSUED",
    "PERSON_ENROLLED",
    "REFUSAL_ACCESS",
    "REFUSAL_IDENTITY",
    "REFUSAL_PERMIT",
    "REFUSAL_RULE",
    "REPORT_REQUESTED",
    "REQUEST_OPENED",
    "REQUEST_REJECTED",
    "REQUEST_WITHDRAWN",
    "REVIEW_CLOSED",
    "REVIEW_OPENED",
    "ROLE_GRANTED",
    "ROLE_REVOKED",
    "SCHEMAS",
    "SIGNER_DECLARED",
    "SIGNER_IDENTIFIED",
    "SIGNER_QUALIFIED",
    "WORDS",
    "check",
]
