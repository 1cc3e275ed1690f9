"""The disposal document: exactly what is to be erased, why, and on which legal basis. Signed like any other."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from governance.proof.formats.canonical import Digest
from governance.proof.formats.fields import Count, Uuid

KIND = "governance.disposal"
MOST = 10_000
Text = Annotated[str, Field(min_length=1, max_length=4000)]


class DisposalBody(BaseModel):
    """What goes: private parts of ledger entries, stored files, what is kept of people besides.

    Documents and ledger entries are never disposed of: their digests hold the rest together.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    title: str = Field(min_length=1, max_length=200)
    reason: Text
    legal_basis: Text
    openings: list[Count] = Field(
        default_factory=list, max_length=MOST, description="ledger entries whose private parts are erased"
    )
    files: list[Digest] = Field(default_factory=list, max_length=MOST, description="stored files that are removed")
    people: list[Uuid] = Field(
        default_factory=list, max_length=MOST, description="ledger identifiers of people whose account is emptied"
    )

    @model_validator(mode="after")
    def _something(self) -> "DisposalBody":
        given = (self.openings, self.files, self.people)
        if not any(given):
            raise ValueError("found nothing to dispose of, expected entries, files or people")
        if any(len(set(each)) != len(each) for each in given):
            raise ValueError("found something twice, expected each once")
        return self
