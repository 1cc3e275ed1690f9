"""What a sign-off signs: an in-toto Statement v1 (https://in-toto.io/Statement/v1) with a predicate of our own.

The subjects are the digests of the documents; the predicate says who signs, as what, meaning what, for which reason,
having been shown and having opened what, under which policy, and at which state of the ledger (21 CFR 11.50: printed
name, time, meaning). Version 2 of the predicate says more than version 1; statements of both are read.
"""

from functools import cached_property
from typing import Any, Literal, Self

from pydantic import Field, ValidationError, model_validator

from governance.proof.formats import canonical
from governance.proof.formats.canonical import Digest, NotCanonical
from governance.proof.formats.fields import Count, Hash, Strict, Time, Uuid, told

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPES = {1: "https://countersign.dev/signoff/v1", 2: "https://countersign.dev/signoff/v2"}
PAYLOAD_TYPE = "application/vnd.in-toto+json"


class Subject(Strict):
    """A signed document: `name` is what the signer saw it called (its kind), `digest` which bytes it is."""

    name: str = Field(min_length=1, max_length=200)
    digest: Digest


class LedgerState(Strict):
    """The ledger the signer saw: its size and, in hexadecimal, its root."""

    size: Count
    root: Hash


class Method(Strict):
    """How the signer proved to be themself, and what is said about it wherever the signature is shown."""

    kind: str = Field(pattern=r"^[a-z][a-z0-9+_-]{0,63}$")
    label: str = Field(min_length=1, max_length=200)


class Principal(Strict):
    """The person for whom a delegate signs, and the delegation that allows it."""

    signer: Uuid
    printed_name: str = Field(min_length=1, max_length=200)
    delegation: Uuid


class Condition(Strict):
    """What an approval depends on.

    "gate": no act may rest on the document until it is met. "task": `owner` has until `due`; unmet then, the signature
    lapses.
    """

    id: Uuid
    kind: Literal["gate", "task"]
    text: str = Field(min_length=1, max_length=2000)
    owner: Uuid | None = None
    due: Time | None = None

    @model_validator(mode="after")
    def _task_has_owner_and_date(self) -> Self:
        if (self.kind == "task") != (self.owner is not None and self.due is not None):
            raise ValueError("expected owner and due date for a task, and neither for a gate condition")
        return self


class Opinion(Strict):
    """What the signer thinks of one case of a sample."""

    case: str = Field(min_length=1, max_length=200)
    opinion: Literal["agree", "disagree", "unsure"]
    note: str = Field(default="", max_length=2000)


class Sample(Strict):
    """The cases of one document that the signer reviewed: drawn by `seed`, so that anybody can draw them again."""

    document: Digest
    seed: str = Field(pattern=r"^[0-9a-f]{64}$")
    opinions: list[Opinion] = Field(min_length=1)


class SignoffPredicate(Strict):
    """Everything about a sign-off except what is signed.

    `scope` is a project's identifier or "organisation"; `policy` is None only under the built-in genesis rule.
    `opened` lists the digests that the signer looked at, as the page recorded it. `nonce` is 32 hexadecimal digits.

    From version 2 on: `covers` says what a signature in this role covers; `presented` is the digest of exactly what was
    shown; `samples` are the cases reviewed; `relied_on` the digests of others' statements that the signer relied on;
    `attachments` the digests of the files that lay with the documents; `conditions` what the approval depends on;
    `on_behalf_of` whom a delegate signs for; `passkey` the enrolled passkey that signs the statement itself.
    """

    signer: Uuid
    printed_name: str = Field(min_length=1, max_length=200)
    role: str = Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")
    scope: str = Field(pattern=r"^(organisation|[0-9a-f-]{36})$")
    meaning: str = Field(min_length=1, max_length=2000)
    reason: str = Field(min_length=1, max_length=10_000)
    opened: list[str]
    sampled: list[str] = Field(default_factory=list, description="version 1 only: see `samples`")
    policy: Digest | None
    request: Uuid
    ledger: LedgerState
    method: Method
    time: Time
    nonce: str = Field(pattern=r"^[0-9a-f]{32}$")
    covers: str = Field(default="", max_length=2000)
    presented: Digest | None = None
    samples: list[Sample] = Field(default_factory=list)
    relied_on: list[Digest] = Field(default_factory=list)
    attachments: list[Digest] = Field(default_factory=list)
    conditions: list[Condition] = Field(default_factory=list)
    on_behalf_of: Principal | None = None
    passkey: Uuid | None = None


# What each version of the predicate does not say.
_ABSENT = {
    1: frozenset(
        {"covers", "presented", "samples", "relied_on", "attachments", "conditions", "on_behalf_of", "passkey"}
    ),
    2: frozenset({"sampled"}),
}


class SignoffStatement(Strict):
    """Subjects and predicate; in bytes, an in-toto Statement v1 in canonical JSON."""

    subjects: list[Subject] = Field(min_length=1)
    predicate: SignoffPredicate
    version: Literal[1, 2] = 2

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if len({subject.digest for subject in self.subjects}) != len(self.subjects):
            raise ValueError("found one document twice among the subjects, expected each once")
        strange = self.predicate.model_fields_set & _ABSENT[self.version]
        if strange:
            raise ValueError(
                f"found {sorted(strange)} in a predicate of version {self.version}, which has no such field"
            )
        return self

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the statement's bytes, as the ledger records it."""
        return canonical.sha256(self.to_bytes())

    def to_bytes(self) -> bytes:
        """Return the canonical JSON of the in-toto Statement: the payload that is signed."""
        statement: dict[str, Any] = {
            "_type": STATEMENT_TYPE,
            "subject": [
                {"name": s.name, "digest": {"sha256": s.digest.removeprefix("sha256:")}} for s in self.subjects
            ],
            "predicateType": PREDICATE_TYPES[self.version],
            "predicate": self.predicate.model_dump(exclude=set(_ABSENT[self.version])),
        }
        return canonical.dumps(statement)

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Return the statement whose bytes are exactly `data`.

        Raises:
            NotCanonical: not canonical JSON, or not an in-toto Statement v1 with our predicate, all fields present.
        """
        value = canonical.loads(data)
        try:
            version = next((v for v, name in PREDICATE_TYPES.items() if name == value["predicateType"]), None)
            subjects = [{"name": s["name"], "digest": "sha256:" + s["digest"]["sha256"]} for s in value["subject"]]
            statement = cls.model_validate({"subjects": subjects, "predicate": value["predicate"], "version": version})
        except (ValidationError, KeyError, TypeError) as error:
            raise NotCanonical(f"found canonical JSON that is not a sign-off statement: {told(error)}") from error
        if statement.to_bytes() != data:
            raise NotCanonical(
                f"found a statement with other types or fields, expected {STATEMENT_TYPE} with one of "
                f"{', '.join(PREDICATE_TYPES.values())}"
            )
        return statement
