"""How commands end: one exit code for each kind of ending, the same in every command."""

from collections.abc import Iterable, Mapping
from typing import Any

OK = 0
FAILED = 1  # a job or report failed; for `verify`: the report does not hold
USAGE = 2  # the command or its input is wrong; for `verify`: it could not be checked
CLOSED = 3  # a rule said no: the gate is closed, or the act was refused; for `verify`: the log signed two histories
NOT_ALLOWED = 4  # not signed in, not allowed, or there is no such thing
UNREACHABLE = 5  # the server cannot be reached, or could not answer
LOST = 6  # the job's last attempt was lost
CANCELLED = 7  # the job was cancelled

BY_STATUS = {
    400: USAGE,
    401: NOT_ALLOWED,
    403: NOT_ALLOWED,
    404: NOT_ALLOWED,
    409: CLOSED,
    413: USAGE,
    429: NOT_ALLOWED,
}


class Failure(Exception):
    """A command cannot go on: what to print, the exit code, and findings if the server gave any."""

    def __init__(self, code: int, message: str, findings: Iterable[Mapping[str, Any]] = ()) -> None:
        self.code = code
        self.message = message
        self.findings = [dict(finding) for finding in findings]
        super().__init__(message)

    def as_dict(self) -> dict[str, Any]:
        """Return the failure for `--json`."""
        return {"error": self.message, "code": self.code, "findings": self.findings}
