"""The ledger's vocabulary, `noun:noun:verb`: the only names that leaves carry. The comment says what `data` holds."""

from governance.proof.leaf import DOCUMENT_REVOKED, DOCUMENT_SIGNED, PERMIT_ISSUED

ORGANISATION_FOUNDED = "organisation:log:founded"  # organisation, root_fingerprint, keyring (digest)
KEYRING_PUBLISHED = "organisation:keyring:published"  # number, keyring (digest)
PROJECT_CREATED = "organisation:project:created"  # project
PERSON_ENROLLED = "access:person:enrolled"  # (subject user:…)
ROLE_GRANTED = "access:role:granted"  # grant, role, project
ROLE_REVOKED = "access:role:revoked"  # grant, role, project
REFUSAL_ACCESS = "refusal:access:denied"  # action, checks
REFUSAL_RULE = "refusal:rule:applied"  # action, checks
REFUSAL_IDENTITY = "refusal:identity:unproven"  # action, checks
REFUSAL_PERMIT = "refusal:permit:rejected"  # action, checks
DRAFT_CREATED = "document:draft:created"  # draft, series, kind
DRAFT_EDITED = "document:draft:edited"  # draft, revision
DOCUMENT_FROZEN = "document:version:frozen"  # kind, series, number (subject: digest)
REQUEST_OPENED = "signoff:request:opened"  # request, policy (subjects: digests)
REQUEST_REJECTED = "signoff:request:rejected"  # request
REQUEST_WITHDRAWN = "signoff:request:withdrawn"  # request
# DOCUMENT_SIGNED (named where the offline verifier reads it): request, signature, role, statement (digest)
# DOCUMENT_REVOKED (there, too): (subject: digest)
JOB_ADMITTED = "job:gate:opened"  # job, purpose, spec
JOB_ARMED = "job:gate:armed"  # job, purpose, spec, waiting (checks)
JOB_CANCELLED = "job:run:cancelled"  # job
JOB_REFUSED = "job:gate:refused"  # job, checks: the re-check before a permit said no
JOB_ENDED = "job:run:ended"  # job, state, output (digest|null)
# PERMIT_ISSUED (there, too): job, attempt, number, permit (digest)
PERMIT_CONSUMED = "permit:attempt:consumed"  # job, attempt, permit (digest), nonce (digest)
PERMIT_EXPIRED = "permit:attempt:expired"  # job, attempt
ATTEMPT_RECEIVED = "attempt:result:received"  # job, attempt, result (digest)
ATTEMPT_ENDED = "attempt:run:ended"  # job, attempt, state
CHECKPOINT_MADE = "log:checkpoint:made"  # size, root
REPORT_REQUESTED = "report:file:requested"  # report, kind
REPORT_SEALED = "report:file:sealed"  # report, kind, ledger_size, file (digest)

ALL = frozenset(value for name, value in list(globals().items()) if name.isupper() and isinstance(value, str))

__all__ = ["ALL", "DOCUMENT_REVOKED", "DOCUMENT_SIGNED", "PERMIT_ISSUED"]
