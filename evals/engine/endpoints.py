"""How an endpoint that speaks OpenAI's chat protocol is reached. Pydantic only, so that the control plane can read it.

Nothing here is secret: `key_from` names the environment variable of the process that asks, never its value.
"""

from decimal import Decimal
from typing import Annotated

from pydantic import Field, model_validator

from evals.engine.fields import Amount, Body, Line, Positive
from governance.proof.fields import HTTP_ADDRESS, VARIABLE_NAME


class Endpoint(Body):
    """Where a model answers, how hard it may be asked, and what it costs.

    `address` is the base of the API ("https://api.example/v1"), `model` what it is called there. `price_in` and
    `price_out` are US dollars per million tokens; without them no cost is recorded. A request is tried `tries` times
    in all, each for at most `timeout` seconds.
    """

    address: Annotated[str, Field(pattern=f"^{HTTP_ADDRESS}$")]
    model: Line
    key_from: Annotated[str, Field(pattern=f"^{VARIABLE_NAME}$")] | None = None
    concurrency: Annotated[int, Field(ge=1, le=256)] = 8
    requests_per_minute: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    timeout: Positive = "120"
    tries: Annotated[int, Field(ge=1, le=20)] = 6
    price_in: Amount | None = None
    price_out: Amount | None = None

    @model_validator(mode="after")
    def _priced(self) -> "Endpoint":
        if (self.price_in is None) != (self.price_out is None):
            raise ValueError("prices of tokens in and out are given together or not at all")
        return self

    def cost(self, tokens_in: int, tokens_out: int) -> float | None:
        """Return the price of a call in US dollars, None where no prices are given."""
        if self.price_in is None or self.price_out is None:
            return None
        return float((Decimal(self.price_in) * tokens_in + Decimal(self.price_out) * tokens_out) / 1_000_000)
