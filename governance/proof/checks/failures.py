"""The answers that a report on failures prints in full, and what of them follows from the result that they are of.

They are canonical JSON in the evidence; the pages follow from them wholly. Which answers failed, and how many, is held
to the counts that the result keeps; what was asked and answered in each is the server's word: whoever has the files
that result and evaluation set name by their digests can hold it against these.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Annotated, Any, Final, Literal

from pydantic import Field, ValidationError

from governance.proof.checks.evidence import Evidence
from governance.proof.checks.outcome import CheckLine, lines
from governance.proof.formats import canonical
from governance.proof.formats.canonical import Digest, NotCanonical
from governance.proof.formats.envelope import Envelope
from governance.proof.formats.fields import Count, Strict
from governance.proof.formats.fields import told as said_of
from governance.proof.words.printed import plural

KIND: Final = "failures"
FAILURES: Final = "failures"
ALL: Final = "all"
FAILING: Final = ("failed", "unparsed", "missing")
"""what counts as a failure: a wrong answer, one that cannot be read, and none at all"""


class Missed(Strict):
    """A criterion that an answer missed, and why in words ("" where its grader noted nothing)."""

    criterion: str
    why: str


class Failure(Strict):
    """An answer that failed. `right` are the answers that count as right; `answered` is None where none came.

    `before` tells by role of the results in which the same answer was asked for before whether it was right.
    """

    case: str
    repeat: Count
    outcome: Literal["failed", "unparsed", "missing"]
    slices: tuple[str, ...]
    asked: str
    right: tuple[str, ...]
    answered: str | None
    missed: tuple[Missed, ...]
    before: dict[Literal["baseline", "last_release"], bool]


class Failures(Strict):
    """The failures that are printed of a result, in the order of the evaluation set's cases.

    `outputs` and `cases` are the digests of the files they were read from; `piece` is the slice that was asked for.
    """

    format: Literal["countersign-failures/1"] = "countersign-failures/1"
    result: Digest
    outputs: Digest
    cases: tuple[Digest, ...]
    piece: Annotated[str, Field(min_length=1)]
    failures: tuple[Failure, ...]

    def to_text(self) -> str:
        """Return the canonical JSON."""
        return canonical.dumps(self.model_dump(mode="json")).decode()


@lru_cache(maxsize=1)
def read(text: str) -> Failures:
    """Return the failures of canonical JSON. Raises NotCanonical: it is not canonical, or no failures."""
    canonical.loads(text.encode())
    try:
        return Failures.model_validate_json(text)
    except ValidationError as error:
        raise NotCanonical(f"found canonical JSON that is no list of failures: {said_of(error)}") from error


def failing(body: Mapping[str, Any], piece: str) -> int | None:
    """Return how many answers of a slice failed, by what the result keeps; None where it keeps no counts."""
    kept = (body.get("became") or {}).get(piece)
    return sum(int(kept[outcome]) for outcome in FAILING) if kept is not None else None


def failure_lines(evidence: Evidence, documents: Mapping[str, Envelope]) -> list[CheckLine]:
    """Return whether the failures in the evidence are those of its result; nothing is said of other reports."""
    if evidence.report.kind != KIND:
        return []
    try:
        said = read(evidence.findings or "")
    except (NotCanonical, ValueError) as error:
        return [CheckLine(FAILURES, False, f"the failures that are printed cannot be read: {error}")]
    count = plural(len(said.failures), "failure is one", "failures are some")
    holds = f"{count} of the result’s, as many as its own counts and the question ask for"
    try:
        problems = list(_problems(said, evidence, documents))
    # With the log key a document can be anything.
    except (KeyError, TypeError, ValueError) as error:
        problems = [f"the result is not as its kind has it, so that failures cannot be held to it ({error!r})"]
    return [
        *lines(FAILURES, problems, holds),
        CheckLine(
            FAILURES,
            None,
            "what was asked and answered is the server's word; whoever has the files with the digests "
            f"{', '.join((said.outputs, *said.cases))} can hold it against them",
        ),
    ]


def _problems(said: Failures, evidence: Evidence, documents: Mapping[str, Envelope]) -> Iterator[str]:
    asked, subject = evidence.report.parameters, evidence.report.subject
    result = documents.get(subject)
    if result is None or said.result != subject:
        yield f"found failures of {said.result}, expected those of {subject}, with its bytes"
        return
    body = result.body
    if said.piece != (asked.get("piece") or ALL):
        yield f"found the slice {said.piece!r}, expected {asked.get('piece')!r}, which was asked for"
    if said.outputs != body["outputs"]["sha256"]:
        yield f"found answers from {said.outputs}, expected {body['outputs']['sha256']}, which the result names"
    keys = [(one.case, one.repeat) for one in said.failures]
    if len(set(keys)) < len(keys):
        yield "an answer stands there twice"
    yield from _of_the_plan(said, result, documents)
    there = failing(body, said.piece)
    if there is not None and len(keys) != min(there, int(str(asked.get("most")))):
        yield f"found {len(keys)} failures, expected {asked.get('most')} of the {there} that the result counts, or all"
    for role, kept in (body.get("moved") or {}).items():
        told = [one.before[role] for one in said.failures if role in one.before]
        newly, wrong = sum(told), int(kept.get(said.piece, {}).get("newly_wrong", 0))
        # What was compared was compared whole, unless the answers before could not be read any more.
        if newly > wrong or (told and len(keys) == there and newly != wrong):
            yield f"{newly} of the failures are said to be right before ({role}), the result counts {wrong}"


def _of_the_plan(said: Failures, result: Envelope, documents: Mapping[str, Envelope]) -> Iterator[str]:
    """Yield what is not as the evaluation set says: its files, its slices, and each answer's being in the one asked."""
    thresholds = _linked(result, "thresholds", documents)
    cases = _linked(thresholds, "evaluation_set", documents) if thresholds is not None else None
    if cases is None:
        yield "the evaluation set that the result is on is not in the evidence"
        return
    roles = {link.role for link in result.references}
    files = [entry["sha256"] for entry in cases.body["files"]]
    if list(said.cases) != files:
        yield f"found cases from {', '.join(said.cases)}, expected the evaluation set's files"
    for one in said.failures:
        if strange := set(one.slices) - set(cases.body["slices"]):
            yield f"case {one.case} is said to be in {', '.join(sorted(strange))}, no slice of the evaluation set"
        if unnamed := [role for role in one.before if role not in roles]:
            yield f"case {one.case} is compared with {', '.join(unnamed)}, which the result does not name"
        if said.piece not in (ALL, *one.slices):
            yield f"case {one.case} is not in the slice {said.piece!r}"


def _linked(envelope: Envelope, role: str, documents: Mapping[str, Envelope]) -> Envelope | None:
    found = (documents.get(link.digest) for link in envelope.references if link.role == role)
    return next((one for one in found if one is not None), None)
