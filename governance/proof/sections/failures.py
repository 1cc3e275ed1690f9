"""What a report on failures says: how many answers failed and where, then single ones in full, from its evidence."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from governance.proof.charts.counts import BEFORE
from governance.proof.checks.failures import ALL, Failure, Failures, failing
from governance.proof.sections import counts
from governance.proof.sections.blocks import Block, Heading, Paragraph, facts
from governance.proof.words.printed import count

COUNTED: Final = "Where answers failed"
EXAMPLES: Final = "Failures, one by one"
TITLES: Final = (COUNTED, EXAMPLES)
NONE: Final = "No answer failed."
ORDER: Final = "In the order of the evaluation set. What was asked last and answered is cut after {longest} characters."
BECAME: Final = {
    "failed": "a wrong answer",
    "unparsed": "an answer that cannot be read as the rubric asks",
    "missing": "no answer came",
}
LONGEST: Final = 2000
"""characters of what was asked or answered that are printed"""


def sections(said: Failures, body: Mapping[str, Any]) -> dict[str, list[Block]]:
    """Return what the sections say, by their titles in order; `body` is the result's."""
    return {COUNTED: counts.became(body), EXAMPLES: list(_examples(said, int(body.get("repeats") or 1)))}


def lead(said: Failures, body: Mapping[str, Any], title: str) -> dict[str, str]:
    """Return what page one says first, by its labels; `title` is the result's, with its version."""
    there = failing(body, said.piece)
    return {
        "Result": title,
        "Of": "all cases" if said.piece == ALL else f"the slice {said.piece}",
        "Answers that failed": "not counted by the result" if there is None else count(there),
        "Printed in full": count(len(said.failures)),
        "Kept from": "those who train, as the cases are: hand it to nobody with the role engineer",
    }


def _examples(said: Failures, repeats: int) -> Iterator[Block]:
    if not said.failures:
        yield Paragraph(NONE)
        return
    yield Paragraph(ORDER.format(longest=count(LONGEST)))
    for one in said.failures:
        yield Heading(f"Case {one.case}" + (f", answer {one.repeat}" if repeats > 1 else ""))
        yield facts(*_facts(one))


def _said(answered: str | None) -> str:
    if answered is None:
        return "nothing"
    return answered if answered.strip() else "an empty text, or white space alone"


def _facts(one: Failure) -> Iterator[tuple[str, str]]:
    yield "Slices", ", ".join(one.slices) or "none"
    yield "Asked", one.asked
    yield "Right", " or ".join(one.right) or "nothing word by word"
    yield "Answered", _said(one.answered)
    yield "What became of it", BECAME[one.outcome]
    for missed in one.missed:
        yield "Missed", f"{missed.criterion}: {missed.why}" if missed.why else missed.criterion
    if one.before:
        told = (
            f"{'right' if one.before[role] else 'not right'} in {BEFORE[role]}" for role in BEFORE if role in one.before
        )
        yield "Before", ", ".join(told)
