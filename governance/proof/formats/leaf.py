"""The ledger's leaf: one event, without personal data.

A leaf names people and things by random identifiers; what is private stays outside and is committed to by a salted
hash, so the complete leaf file can be handed to any auditor and the private part can be erased without a trace in it.
"""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import timedelta
from sys import intern
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationError

from governance.proof.formats import canonical
from governance.proof.formats.canonical import Digest, NotCanonical
from governance.proof.formats.fields import Count, Strict, Time, Uuid, told

SALT_SIZE = 16
Microseconds = Annotated[int, Field(ge=-(2**53) + 1, le=2**53 - 1)]

# The events the offline verifier must recognise; all other events mean something only to the services.
LOG_FOUNDED = "organisation:log:founded"
KEYRING_PUBLISHED = "organisation:keyring:published"
DOCUMENT_FROZEN = "document:version:frozen"
REQUEST_OPENED = "signoff:request:opened"
REQUEST_REJECTED = "signoff:request:rejected"
REQUEST_WITHDRAWN = "signoff:request:withdrawn"
DOCUMENT_SIGNED = "signoff:document:signed"
DOCUMENT_REVOKED = "signoff:document:revoked"
CONDITION_MET = "signoff:condition:met"
REVIEW_OPENED = "signoff:review:opened"
REVIEW_CLOSED = "signoff:review:closed"
KEY_COMPROMISED = "organisation:key:compromised"
JOB_ADMITTED = "job:gate:opened"
JOB_ARMED = "job:gate:armed"
JOB_CANCELLED = "job:run:cancelled"
JOB_REFUSED = "job:gate:refused"
JOB_ENDED = "job:run:ended"
REPORT_REQUESTED = "report:file:requested"
REPORT_SEALED = "report:file:sealed"
BACKUP_MADE = "organisation:backup:made"
BACKUP_CHECKED = "organisation:backup:checked"
PERMIT_ISSUED = "permit:attempt:issued"
PERMIT_CONSUMED = "permit:attempt:consumed"
PERMIT_EXPIRED = "permit:attempt:expired"
ATTEMPT_RECEIVED = "attempt:result:received"
ATTEMPT_ENDED = "attempt:run:ended"
ROLE_GRANTED = "access:role:granted"
ROLE_REVOKED = "access:role:revoked"
DELEGATION_GIVEN = "signoff:delegation:given"
DELEGATION_ENDED = "signoff:delegation:ended"
PASSKEY_ENROLLED = "access:passkey:enrolled"
PASSKEY_VOUCHED = "access:passkey:vouched"
PASSKEY_REVOKED = "access:passkey:revoked"
# And those that pages tell of in words which can be compared.
PERSON_ENROLLED = "access:person:enrolled"
SIGNER_IDENTIFIED = "access:signer:identified"
SIGNER_QUALIFIED = "access:signer:qualified"
SIGNER_DECLARED = "access:signer:declared"
REFUSAL_ACCESS = "refusal:access:denied"
REFUSAL_RULE = "refusal:rule:applied"
REFUSAL_IDENTITY = "refusal:identity:unproven"
REFUSAL_PERMIT = "refusal:permit:rejected"
FILE_ATTACHED = "document:file:attached"
JUDGED = "evaluation:result:judged"
MESSAGE_SENT = "session:message:sent"
EXCHANGE_GRADED = "session:exchange:graded"
REFUSALS = (REFUSAL_ACCESS, REFUSAL_IDENTITY, REFUSAL_RULE, REFUSAL_PERMIT, JOB_REFUSED)


class Leaf(Strict):
    """One event: `seq` is its index in the tree, `subjects` the digests or identifiers it is about.

    `event` reads noun:noun:verb. `actor` is a random identifier, or the name of a part of the system ("worker").
    `clock` is there in version 2 alone, which is written when the clock misbehaved: negative microseconds by which it
    was behind the leaf before, whose time this one then carries; positive ones by which it had run ahead of the
    writer's steady clock.
    """

    v: Literal[1, 2] = 1
    seq: Count
    time: Time
    event: str = Field(pattern=r"^[a-z_]+:[a-z_]+:[a-z_]+$")
    actor: str = Field(pattern=r"^[A-Za-z0-9._:-]{1,128}$")
    project: Uuid | None
    subjects: list[str]
    data: dict[str, Any]
    commitment: Digest | None = None
    clock: Microseconds | None = None

    def to_bytes(self) -> bytes:
        """Return the canonical bytes that are hashed into the tree.

        Raises:
            NotCanonical: `data` holds what has no canonical form, or `clock` does not fit the version.
        """
        said: dict[str, Any] = {
            "v": self.v,
            "seq": self.seq,
            "time": self.time,
            "event": self.event,
            "actor": self.actor,
            "project": self.project,
            "subjects": self.subjects,
            "data": self.data,
            "commitment": self.commitment,
        }
        if self.v == 2:
            said["clock"] = self.clock
        if (self.v == 2) != (self.clock is not None):
            raise NotCanonical(
                f"found a ledger leaf of version {self.v} with clock {self.clock}; version 2 alone has it"
            )
        return canonical.dumps(said)

    @property
    def clock_told(self) -> str:
        """What the leaf says of the clock, in words; empty where the clock behaved."""
        if self.clock is None:
            return ""
        by = timedelta(microseconds=abs(self.clock))
        return f"the clock was behind by {by}" if self.clock < 0 else f"the clock had run ahead by {by}"

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Return the leaf whose canonical bytes are exactly `data`.

        Raises:
            NotCanonical: the bytes are not a leaf of version 1 or 2 in canonical JSON, with every field present.
        """
        value = canonical.loads(data)
        try:
            leaf = cls.model_validate(value)
        except ValidationError as error:
            raise NotCanonical(f"found canonical JSON that is not a ledger leaf: {told(error)}") from error
        # Nothing is converted or left out in reading, so the same fields make the same bytes.
        if type(value.get("v")) is not int or value.keys() != _FIELDS[leaf.v] or (leaf.v == 2 and leaf.clock is None):
            raise NotCanonical("found a ledger leaf that leaves out fields, expected every field of its version")
        # Of a long ledger all are held at once. Which fields were given is the same in all, and would take as much as
        # what they say; few words are said in most of them.
        object.__setattr__(leaf, "__pydantic_fields_set__", _FIELDS_SET[leaf.v])
        said = leaf.__dict__
        said["event"], said["actor"] = intern(leaf.event), intern(leaf.actor)
        if leaf.project is not None:
            said["project"] = intern(leaf.project)
        return leaf


_FIELDS = {1: Leaf.model_fields.keys() - {"clock"}, 2: Leaf.model_fields.keys()}
_FIELDS_SET = {version: set(fields) for version, fields in _FIELDS.items()}


def leaves_in(lines: Iterable[bytes]) -> list[Leaf]:
    """Return the leaves of a list, one a line. Raises NotCanonical naming the line that is none."""
    read = []
    for number, line in enumerate(lines, start=1):
        try:
            read.append(Leaf.from_bytes(line.removesuffix(b"\n")))
        except NotCanonical as error:
            raise NotCanonical(f"line {number}: {error}") from error
    return read


def commit(salt: bytes, private: Mapping[str, Any]) -> str:
    """Return SHA-256(salt ‖ canonical JSON of `private`) as a digest.

    Raises:
        ValueError: the salt does not have 16 bytes; its fixed length keeps the concatenation unambiguous.
        NotCanonical: `private` has no canonical form.
    """
    if len(salt) != SALT_SIZE:
        raise ValueError(f"found a salt of {len(salt)} bytes, expected {SALT_SIZE} random ones")
    return "sha256:" + hashlib.sha256(salt + canonical.dumps(dict(private))).hexdigest()
