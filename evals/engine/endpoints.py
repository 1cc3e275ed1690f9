"""How an endpoint that speaks OpenAI's chat protocol is reached. Pydantic only, so that the control plane can read it.

Nothing here is secret: `key_from` names the environment variable of the process that asks, never its value.
"""

from typing import Annotated

from pydantic import Field

from evals.engine.fields import Line, Positive
from evals.engine.provenance import Priced
from governance.proof.formats.fields import HTTP_ADDRESS, VARIABLE_NAME


class Endpoint(Priced):
    """Where a model answers, how hard it may be asked, and what it costs.

    `address` is the base of the API ("https://api.example/v1"), `model` what it is called there. A request is tried
    `tries` times in all, each for at most `timeout` seconds.
    """

    address: Annotated[str, Field(pattern=f"^{HTTP_ADDRESS}$")]
    model: Line
    key_from: Annotated[str, Field(pattern=f"^{VARIABLE_NAME}$")] | None = None
    concurrency: Annotated[int, Field(ge=1, le=256)] = 8
    requests_per_minute: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    timeout: Positive = "120"
    tries: Annotated[int, Field(ge=1, le=20)] = 6
