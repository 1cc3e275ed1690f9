"""The refusals every door shares; pages, API and commands only translate them."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Finding:
    """Why something was refused: which check, what was found, what was expected, and who can mend it how.

    `outdated` is the digest of the document whose next version would mend it, if that is the remedy.
    """

    check: str
    found: str
    expected: str
    remedy: str
    who: str
    outdated: str = ""

    def as_dict(self) -> dict[str, str]:
        """Return the five parts that every finding has; they name in words whatever else there is."""
        return {name: text for name, text in asdict(self).items() if name != "outdated"}

    def __str__(self) -> str:
        return f"{self.check}: found {self.found}; expected {self.expected}. {self.remedy} ({self.who})"


class CountersignError(Exception):
    """Base of every error that is the caller's to read. `status` is the HTTP status of pages and API."""

    status = 500


class Refused(CountersignError):
    """A rule said no; nothing was changed, and the refusal is on the ledger."""

    status = 409

    def __init__(self, findings: Sequence[Finding] | Finding) -> None:
        self.findings = [findings] if isinstance(findings, Finding) else list(findings)
        super().__init__("; ".join(map(str, self.findings)))


class Denied(Refused):
    """The access table said no."""

    status = 403


class NotFound(CountersignError):
    """There is no such thing, or not for this person: the two look alike on purpose."""

    status = 404


class Invalid(CountersignError):
    """The input is not acceptable: `field` says where, `reason` why and what was expected."""

    status = 400

    def __init__(self, field: str, reason: str) -> None:
        self.field = field
        self.reason = reason
        super().__init__(f"{field}: {reason}")


class Conflict(CountersignError):
    """Somebody was faster: the caller saw an older state than there is now."""

    status = 409

    def __init__(self, *, found: str, expected: str, remedy: str) -> None:
        self.finding = Finding("concurrent change", found, expected, remedy, "you")
        super().__init__(str(self.finding))


class Unavailable(CountersignError):
    """Something that the service needs for this is not there just now; nothing was changed."""

    status = 503
