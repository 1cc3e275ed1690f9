"""Red, amber, green or unknown: every rule says the best band that it allows, and the worst of those counts.

    red      requalifying should have begun: T - Q80(R) is past
    amber    it must begin before the next review
    unknown  something that would have to be known for green is not
    green    dated, fresh, and later than the next review; or weights held, verified, licensed and restored in a drill

What is not certain can warn but never reassure: a stale date or a lower bound of R counts towards red and amber, not
towards green. A date that a source takes back leaves unknown what it was.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from training.lifecycle.model import BANDS, Band, Base, Dependant, Inputs, Loss, worst


@dataclass(frozen=True)
class Start:
    """The latest day on which requalifying may begin; where that is not known, `at_most` it is this, and `why`
    not.
    """

    day: dt.date | None
    at_most: dt.date
    why: str = ""


@dataclass(frozen=True)
class Reason:
    """The best band that one rule allows, and why."""

    band: Band
    words: str


def of_base(base: Base, loss: Loss, start: Start | None, inputs: Inputs) -> list[Reason]:
    """Return what is said of a base model whose requalification may begin as late as `start`, None without a loss."""
    return [
        *(_of_date(start, inputs) if start else ()),
        *(_of_sources(base, loss, inputs)),
        *(() if base.hosted else _of_custody(base, inputs)),
        *(() if base.licence_ok else [_of_licence(base)]),
        *(_of_review(inputs)),
    ]


def of_dependant(dependant: Dependant, base: list[Reason] | None) -> list[Reason]:
    """Return what is said of a dependant whose `base` is judged like this with the dependant's own start; None: it
    has none.
    """
    reasons = [Reason("unknown", "No base model is known that it needs.")] if base is None else list(base)
    if not dependant.proven:
        reasons.append(Reason("unknown", "Unproven origin: what it serves cannot be traced."))
    return reasons


def judged(reasons: Iterable[Reason]) -> tuple[Band, tuple[str, ...]]:
    """Return the worst of the bands, and the words of all rules that do not allow green, the worst first (of all rules,
    if it is green): a date that is near does not hide that its source is stale.
    """
    ordered = sorted(reasons, key=lambda reason: -BANDS.index(reason.band))
    band = worst(tuple(reason.band for reason in ordered))
    return band, tuple(reason.words for reason in ordered if reason.band != "green" or band == "green")


def _of_date(start: Start, inputs: Inputs) -> list[Reason]:
    by = start.day or start.at_most
    if by < inputs.today:
        return [Reason("red", f"Requalifying had to begin by {by}, and that is past.")]
    if by < inputs.next_review:
        return [Reason("amber", f"Requalifying must begin by {by}, before the next review on {inputs.next_review}.")]
    if start.day is None:
        return [Reason("unknown", start.why)]
    return [Reason("green", f"Requalifying may begin as late as {by}, after the next review.")]


def _of_sources(base: Base, loss: Loss, inputs: Inputs) -> list[Reason]:
    reasons = []
    if loss.withdrawn:
        names = ", ".join(dict.fromkeys(word.source for word in loss.withdrawn))
        reasons.append(Reason("unknown", f"{names} gave a date and gives none any more."))
    elif loss.date is None and base.hosted:
        reasons.append(Reason("unknown", "No source gives a date on which it ends."))
    if loss.date is not None and not loss.fresh:
        words = f"Not every channel has a date from a source that was read in the last {inputs.stale_days} days."
        reasons.append(Reason("unknown", words))
    return reasons


def _of_licence(base: Base) -> Reason:
    if not base.agreed:
        return Reason("unknown", "No version of its document is in force: what it says of its licence does not count.")
    return Reason("unknown", "Its licence does not permit what is done with it.")


def _of_custody(base: Base, inputs: Inputs) -> list[Reason]:
    drilled = base.drilled_on is not None and base.drilled_on <= inputs.today
    reasons = []
    if base.fault:
        reasons.append(Reason("unknown", f"{base.fault[0].upper()}{base.fault[1:].rstrip('.')}."))
    elif not base.custody_ok:
        reasons.append(Reason("unknown", "The files that are held are not verified against their signed hashes."))
    if not drilled:
        reasons.append(Reason("unknown", "No restore drill has passed."))
    return reasons or [Reason("green", f"Weights are held and verified; restored in a drill on {base.drilled_on}.")]


def _of_review(inputs: Inputs) -> list[Reason]:
    if inputs.next_review >= inputs.today:
        return []
    return [Reason("unknown", f"The review that was due on {inputs.next_review} is overdue.")]
