"""The period of a report in whole days: what is asked, the ledger entries it names, and how pages say it."""

from datetime import date, datetime
from typing import Annotated

from pydantic import Field

from governance.errors import Invalid
from governance.proof.checks.periods import Days
from governance.proof.formats.fields import Strict
from governance.selectors import ledger


class DaysAsked(Strict):
    """A period in whole days (UTC, both included)."""

    first: Annotated[date | None, Field(title="First day (UTC)", description="Empty: from the first entry on.")] = None
    last: Annotated[date | None, Field(title="Last day (UTC)", description="Empty: up to now.")] = None

    @property
    def days(self) -> Days:
        """The days as the verifier reads them."""
        return Days(self.first, self.last)

    def check(self) -> None:
        """Return if the period does not end before it begins. Invalid otherwise."""
        if self.first and self.last and self.last < self.first:
            raise Invalid("last", f"found {self.last}, expected {self.first} or later")

    def span(self, size: int) -> range:
        """Return the entries of the period in a ledger of that size."""
        days = self.days
        start = min(ledger.first_since(days.since), size) if days.since else 0
        stop = min(ledger.first_since(days.until), size) if days.until else size
        return range(start, stop)

    def words(self, until: datetime) -> str:
        """Return the period in words; `until` is the time of the last entry there was."""
        return self.days.words(until)
