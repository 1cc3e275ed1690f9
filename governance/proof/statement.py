"""What a sign-off signs: an in-toto Statement v1 (https://in-toto.io/Statement/v1) with a predicate of our own.

The subjects are the digests of the documents; the predicate says who signs, as what, meaning what, for which reason,
having opened what, under which policy, and at which state of the ledger (21 CFR 11.50: printed name, time, meaning).
"""

from typing import Any, Self

from pydantic import Field, ValidationError, model_validator

from governance.proof import canonical
from governance.proof.canonical import Digest, NotCanonical
from governance.proof.fields import Count, Hash, Strict, Time, Uuid, told

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "https://countersign.dev/signoff/v1"
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


class SignoffPredicate(Strict):
    """Everything about a sign-off except what is signed.

    `scope` is a project's identifier or "organisation"; `policy` is None only under the built-in genesis rule.
    `opened` and `sampled` list what the signer looked at, as the page recorded it. `nonce` is 32 hexadecimal digits.
    """

    signer: Uuid
    printed_name: str = Field(min_length=1, max_length=200)
    role: str = Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")
    scope: str = Field(pattern=r"^(organisation|[0-9a-f-]{36})$")
    meaning: str = Field(min_length=1, max_length=2000)
    reason: str = Field(min_length=1, max_length=10_000)
    opened: list[str]
    sampled: list[str]
    policy: Digest | None
    request: Uuid
    ledger: LedgerState
    method: Method
    time: Time
    nonce: str = Field(pattern=r"^[0-9a-f]{32}$")


class SignoffStatement(Strict):
    """Subjects and predicate; in bytes, an in-toto Statement v1 in canonical JSON."""

    subjects: list[Subject] = Field(min_length=1)
    predicate: SignoffPredicate

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        if len({subject.digest for subject in self.subjects}) != len(self.subjects):
            raise ValueError("found one document twice among the subjects, expected each once")
        return self

    @property
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
            "predicateType": PREDICATE_TYPE,
            "predicate": self.predicate.model_dump(),
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
            subjects = [{"name": s["name"], "digest": "sha256:" + s["digest"]["sha256"]} for s in value["subject"]]
            statement = cls.model_validate({"subjects": subjects, "predicate": value["predicate"]})
        except (ValidationError, KeyError, TypeError) as error:
            raise NotCanonical(f"found canonical JSON that is not a sign-off statement: {told(error)}") from error
        if statement.to_bytes() != data:
            raise NotCanonical(
                f"found a statement with other types or fields, expected {STATEMENT_TYPE} with {PREDICATE_TYPE}"
            )
        return statement
