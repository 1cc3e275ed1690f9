"""The period of a report in whole days: what is asked, the ledger entries it names, and how pages say it."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated

from pydantic import Field

from governance.errors import Invalid
from governance.proof.fields import Strict
from governance.selectors import ledger


class DaysAsked(Strict):
    """A period in whole days (UTC, both included)."""

    first: Annotated[date | None, Field(title="First day (UTC)", description="Empty: from the first entry on.")] = None
    last: Annotated[date | None, Field(title="Last day (UTC)", description="Empty: up to now.")] = None

    def check(self) -> None:
        """Return if the period does not end before it begins. Invalid otherwise."""
        if self.first and self.last and self.last < self.first:
            raise Invalid("last", f"found {self.last}, expected {self.first} or later")

    def span(self, size: int) -> range:
        """Return the entries of the period in a ledger of that size."""
        start = min(ledger.first_since(_midnight(self.first)), size) if self.first else 0
        end = min(ledger.first_since(_midnight(self.last + timedelta(days=1))), size) if self.last else size
        return range(start, end)

    def words(self, until: datetime) -> str:
        """Return the period in words; `until` is the time of the last entry there was."""
        last = self.last or until.date()
        return f"{self.first or 'the first entry'} to {min(last, until.date())}"


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
