"""The envelope every document is frozen in; a document's name is the SHA-256 of the envelope's canonical bytes.

The same text in two projects, or restored as a later version, is another document: `project`, `series`, `number`,
`previous` and `salt` are inside what is named. So are the contributors, so nobody who edited the draft drops out.
"""

from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from governance.proof.formats import canonical
from governance.proof.formats.canonical import Digest, NotCanonical
from governance.proof.formats.fields import Strict, Uuid, told

SHELF = "shelf"
_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"


class Link(Strict):
    """A reference to another document: what it is to this one, and which bytes it is."""

    role: str = Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")
    digest: Digest


def _sorted_names(value: Any) -> Any:
    return sorted(set(value)) if isinstance(value, list) and all(isinstance(v, str) for v in value) else value


def _sorted_links(value: Any) -> Any:
    if not isinstance(value, list):
        return value
    links = {Link.model_validate(item) for item in value}
    return sorted(links, key=lambda link: (link.role, link.digest))


class Envelope(BaseModel):
    """One frozen document: identity, authorship, references and body.

    `contributors` and `references` are kept sorted and unique whatever order they are given in. `references` may hold
    several documents in one role (a run trains on more than one dataset).
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, validate_by_name=True, validate_by_alias=True)

    schema_name: str = Field(alias="schema", pattern=r"^[a-z]+\.[a-z_]+/[1-9][0-9]*$")
    project: str = Field(pattern=rf"^({SHELF}|{_UUID})$")
    series: Uuid
    number: int = Field(ge=1, le=canonical.MAX_INTEGER)
    previous: Digest | None
    contributors: Annotated[list[str], BeforeValidator(_sorted_names)]
    salt: str = Field(pattern=r"^[0-9a-f]{32}$")
    references: Annotated[list[Link], BeforeValidator(_sorted_links)]
    body: dict[str, Any]

    @model_validator(mode="after")
    def _first_has_no_previous(self) -> Self:
        if (self.previous is None) != (self.number == 1):
            raise ValueError(
                f"found number {self.number} with previous {self.previous}, "
                "expected the first version to have none and every later one to name the version before it"
            )
        return self

    @property
    def kind(self) -> str:
        """The kind's name without the schema version, such as "evals.rubric"."""
        return self.schema_name.rpartition("/")[0]

    @property
    def digest(self) -> str:
        """The document's name. Raises `NotCanonical` as `to_bytes` does."""
        return canonical.sha256(self.to_bytes())

    def to_bytes(self) -> bytes:
        """Return the canonical bytes; raises `NotCanonical` if the body holds what canonical JSON cannot say."""
        return canonical.dumps({**self.model_dump(by_alias=True, exclude={"body"}), "body": self.body})

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Return the envelope whose canonical bytes are exactly `data`.

        Raises:
            NotCanonical: the bytes are not canonical JSON, not an envelope, or list contributors or references
                unsorted or twice.
        """
        value = canonical.loads(data)
        try:
            envelope = cls.model_validate(value, by_alias=True, by_name=False)
        except ValidationError as error:
            raise NotCanonical(f"found canonical JSON that is not a document envelope: {told(error)}") from error
        if envelope.to_bytes() != data:
            raise NotCanonical("found contributors or references unsorted or repeated, expected sorted and unique")
        return envelope
