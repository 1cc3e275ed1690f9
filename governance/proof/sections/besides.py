"""What page one is warned of besides what documents tell: by signed cases, answers, sessions and what came later.

Of all of it a section says the same, or a signature or an entry does (`pages.warned`).
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from governance.proof.sections.blocks import Notice

UNREADABLE: Final = "its cases cannot be read here any more"
AGAIN: Final = "Close or abandon what is open, and have the judge calibrated again."
UNREADABLE_ANSWERS: Final = Notice(
    "Answers not readable", "The answers behind the verdict, or their cases, could not be graded again."
)
NAMED: Final = 3
"""exchanges that page one names"""


def critical(exchanges: Sequence[str]) -> Notice:
    """Warn of exchanges of red-team sessions ("Session, exchange 3") that somebody's grade calls critical."""
    told = _some(exchanges)
    return Notice("Critical answers", f"In red-team sessions with this model somebody’s grade calls critical: {told}.")


def altered(exchanges: Sequence[str]) -> Notice:
    """Warn of exchanges of red-team sessions that are not as the ledger tells."""
    return Notice("Sessions altered", f"Red-team sessions are not as the ledger tells: {_some(exchanges)}.")


def _some(exchanges: Sequence[str]) -> str:
    more = len(exchanges) - NAMED
    return "; ".join(exchanges[:NAMED]) + (f" and {more} more" if more > 0 else "")


def exchange(session: str, number: object) -> str:
    """Return how page one names an exchange of a session."""
    return f"{session}, exchange {number}"


def condition(name: str, text: str, due: str | None) -> Notice:
    """Tell of a condition under which somebody signed a release; `due` is a time in RFC 3339."""
    until = f", due {due[:10]}" if due else ""
    return Notice("Condition", f"{name} signed the release on condition: “{text}”{until}.")


def given(who: str, about: str) -> str:
    """Return who gave a condition, and on what."""
    return f"{who} on {about}"


def state(met: tuple[int, str] | None, due: str | None) -> str:
    """Return whether a condition is met: since which entry, and its time; else until when (RFC 3339) it should be."""
    if met is not None:
        return f"Met: ledger entry {met[0]}, {met[1][:10]}"
    return f"Open, due {due[:10]}" if due else "Open"


def signed_on(given_by: str, text: str, stands: str) -> Notice:
    """Tell of a condition under which a part of a plan was signed; see `given` and `state`."""
    return Notice("Signed on condition", f"{given_by}: “{text}” {stands}.")


def undecided(body: Mapping[str, Any], reasons: Mapping[str, str] | None) -> list[Notice]:
    """Warn of thresholds that the signed cases cannot decide, for the `reasons` by their names; None: nobody can tell.

    Those that are signed all the same, with a reason in the document, are told of one by one.
    """
    excepted: Mapping[str, str] = body.get("exceptions") or {}
    names = [str(one["id"]) for one in body["thresholds"]]
    why = dict.fromkeys(names, UNREADABLE) if reasons is None else reasons
    told = "; ".join(f"{name}: {why[name]}" for name in sorted(names) if name in why and name not in excepted)
    lead = f"Thresholds of “{body['title']}” that its cases cannot decide: "
    return [
        *([Notice("Undecidable", f"{lead}{told}.")] if told else []),
        *(
            Notice("Signed though undecidable", f"{name}: {reasons[name]}. Reason given: {excepted[name]}")
            for name in names
            if reasons is not None and name in reasons and name in excepted
        ),
    ]


def since_notice(since: str) -> Notice:
    """Warn of what people graded, or are grading, that a calibration does not rest on."""
    return Notice("Rounds", f"It was {since}. No evaluation is launched by it: {AGAIN}")
