"""Where answers of other systems come from, and what their tokens cost. Pydantic only."""

from decimal import Decimal
from typing import Annotated

from pydantic import Field, model_validator

from evals.engine.fields import Amount, Body, Line


class Priced(Body):
    """What tokens cost: `price_in` and `price_out` are US dollars per million; without them no cost is recorded."""

    price_in: Annotated[Amount | None, Field(description="US dollars for a million tokens read")] = None
    price_out: Annotated[Amount | None, Field(description="US dollars for a million tokens written")] = None

    @model_validator(mode="after")
    def _priced(self) -> "Priced":
        if (self.price_in is None) != (self.price_out is None):
            raise ValueError("prices of tokens in and out are given together or not at all")
        return self

    def cost(self, tokens_in: int, tokens_out: int) -> float | None:
        """Return the price of a call in US dollars, None where no prices are given."""
        if self.price_in is None or self.price_out is None:
            return None
        return float((Decimal(self.price_in) * tokens_in + Decimal(self.price_out) * tokens_out) / 1_000_000)


class Recording(Priced):
    """Where recorded answers are said to come from: `system` answered, on `made_on`, run by `made_by` (a team or role).

    All of this is the word of whoever wrote the specification. `model` is the model it used, `sources` what it could
    look things up in. The prices are those of tokens in lines that state no cost of their own.
    """

    system: Line
    made_by: Line
    made_on: Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\d$")]
    model: Line | None = None
    sources: Line | None = None
