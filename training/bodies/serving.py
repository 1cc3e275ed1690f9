"""The bodies of what happened to a deployment: deployed, rolled back, stopped; and marks of releases found unsafe."""

from typing import Annotated, Final, Literal

from pydantic import Field, model_validator

from evals.engine.fields import Body, Line, Text
from governance.proof.answers import served
from governance.proof.formats.fields import Time

EVENT: Final = served.EVENT
MARK: Final = served.MARK

What = Literal["deployed", "rolled back", "stopped"]


class DeploymentEventBody(Body):
    """From `at` on a service ran what the document names as `now`, or what is stated; or, stopped, nothing.

    What it took the place of is named as `before`, or stated; neither: nothing that is on record. `at` is when it was
    so; when it became known, the ledger tells. Its references: the deployment it is about, and the version of it that
    was registered with it.
    """

    what: What
    at: Time
    reason: Text
    stated: Annotated[Line | None, Field(description="what it runs on, as far as anybody says")] = None
    stated_before: Annotated[Line | None, Field(description="what it ran on before, as far as anybody says")] = None


class IncidentMarkBody(Body):
    """That a release is unsafe to run because of an incident, or (`stands` False, in a later version) is not after all.

    `seen_at` is when the incident was noticed.
    """

    title: Line
    seen_at: Time
    reason: Annotated[Text, Field(description="what happened, and why it is the release's doing")]
    stands: bool = True

    @model_validator(mode="after")
    def _said(self) -> "IncidentMarkBody":
        if not self.title.strip() or not self.reason.strip():
            raise ValueError("found blanks, expected what happened in words")
        return self
