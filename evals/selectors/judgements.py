"""What a result is worth once people have graded: judgements with their grades, and what still waits for them.

A result whose thresholds rest on people's grades cannot be judged when it arrives. Once rounds over its outputs are
closed it is judged anew, by the same thresholds on the same outputs, and the judgement is a document of its own. The
ledger tells which judgement is a result's newest; a document alone is none.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from evals.engine.results import EvaluationResultBody, JudgementBody, VerdictLine
from evals.selectors import grading
from governance import events
from governance.access import COMPLIANCE_OFFICER, ROLES
from governance.gates import Answer
from governance.models import Document, GradingClosed, LedgerSubject, Reference
from governance.selectors import documents as docs
from governance.selectors import ledger

KIND = "evals.judgement"
COMPARED = ("baseline", "last_release")
"""How a result and its specification refer to the results that its figures are compared with."""
END = "Close the round, or abandon it and say why; its grades would count."


@dataclass(frozen=True)
class Standing:
    """The verdict that counts for a result: its own, or that of its newest `judgement` by people.

    `waits` names the thresholds that wait for people, `newer` the grades that no judgement has seen yet, `open` the
    rounds that nobody has ended: their grades would count, so that nothing is decided meanwhile.
    """

    verdict: str
    verdicts: Sequence[VerdictLine]
    judgement: Document | None
    waits: tuple[str, ...]
    newer: tuple[Document, ...]
    open: tuple[grading.Round, ...] = ()

    @property
    def words(self) -> str:
        """The verdict in words."""
        if self.waits:
            return f"waiting for people: {', '.join(self.waits)}"
        return self.verdict or "measured, not judged"


def standing(result: Document, ledger_size: int | None = None) -> Standing:
    """Return the verdict that counts for a result at a ledger size (default: now)."""
    body: EvaluationResultBody = docs.model_body(result, EvaluationResultBody)
    waits = _waiting(body.verdicts)
    if not waits:
        return Standing(body.verdict or "", body.verdicts, None, (), ())
    given = grades(result, ledger_size)
    unended = tuple(one for one in rounds(result) if one.open_at(ledger_size))
    found = newest(result, ledger_size)
    if found is None:
        return Standing(body.verdict or "", body.verdicts, None, waits, tuple(given), unended)
    judged: JudgementBody = docs.model_body(found, JudgementBody)
    seen = {link.digest for link in docs.references(found) if link.role == "human_grades"}
    newer = tuple(one for one in given if one.digest not in seen)
    return Standing(judged.verdict, judged.verdicts, found, _waiting(judged.verdicts), newer, unended)


def _waiting(lines: Iterable[VerdictLine]) -> tuple[str, ...]:
    return tuple(line.threshold for line in lines if line.waits_for == "people")


def answer(found: Standing) -> Answer:
    """Return whether people have graded what a verdict waits for, and the verdict knows all they said."""
    expected = "every answer graded that a threshold waits for, and judged with all grades there are"
    who = ROLES[COMPLIANCE_OFFICER]
    if found.open:
        return Answer(False, unended(found.open), "every round about it closed or abandoned", END, who)
    if found.newer:
        told = f"not judged with {', '.join(map(str, found.newer))}"
        return Answer(False, told, expected, "Have the result judged with people's grades, on its page.", who)
    blocking = [line for line in found.verdicts if line.waits_for == "people" and line.stage == "release"]
    if blocking:
        remedy = "Open a grading round over all cases; once it is closed, have the result judged again."
        return Answer(False, found.words, expected, remedy, who)
    return Answer(True, str(found.judgement) if found.judgement else "nothing waits for people", expected)


def unended(open_ones: Sequence[grading.Round]) -> str:
    """Say which rounds are open. By their numbers: a title may name people, and this ends up on the ledger."""
    return f"open grading rounds: {', '.join(str(one.row.pk) for one in open_ones)}"


def newest(result: Document, ledger_size: int | None = None) -> Document | None:
    """Return the newest judgement of a result that the ledger tells of, None before the first."""
    made = all_of(result, ledger_size)
    return made[-1] if made else None


def newest_of(results: Collection[str], ledger_size: int | None = None) -> dict[str, Document]:
    """Return `newest` of several results, by digest; those without one are left out. Two queries and the documents'."""
    return {result: made[-1] for result, made in _made(results, ledger_size).items() if made}


def all_of(result: Document, ledger_size: int | None = None) -> list[Document]:
    """Return every judgement of a result that the ledger tells of, the first first."""
    return _made([result.digest], ledger_size)[result.digest]


def verdicts(results: Iterable[Document], ledger_size: int | None = None) -> dict[str, str]:
    """Return the verdict of `standing` for each result, by digest, in a constant number of queries."""
    bodies: dict[str, EvaluationResultBody] = {
        result.digest: docs.model_body(result, EvaluationResultBody) for result in results
    }
    found: dict[str, str] = {digest: body.verdict or "" for digest, body in bodies.items()}
    for digest, made in _made([d for d, body in bodies.items() if _waiting(body.verdicts)], ledger_size).items():
        if made:
            judged: JudgementBody = docs.model_body(made[-1], JudgementBody)
            found[digest] = judged.verdict
    return found


def _made(results: Collection[str], ledger_size: int | None) -> dict[str, list[Document]]:
    """Return every judgement that the ledger tells of for each result, by digest, the first first."""
    rows = LedgerSubject.objects.filter(subject__in=results, entry__index__event=events.JUDGED)
    if ledger_size is not None:
        rows = rows.filter(entry_id__lt=ledger_size)
    leaves = ledger.leaves_at(set(rows.values_list("entry_id", flat=True)))
    told = [leaves[seq].data for seq in sorted(leaves) if leaves[seq].event == events.JUDGED]
    known = Document.objects.select_related("project", "series").in_bulk({str(data["judgement"]) for data in told})
    found: dict[str, list[Document]] = {result: [] for result in results}
    for data in told:
        made = known.get(str(data["judgement"]))
        if made is not None and made.kind == KIND and data.get("result") in found:
            found[str(data["result"])].append(made)
    return found


def grades(result: Document, ledger_size: int | None = None) -> list[Document]:
    """Return the grades of every closed round about a result, or about what it is compared with, the first first.

    All of them, whoever would like fewer: nobody chooses which grades a verdict rests on.
    """
    about = {one.digest for one in graded_for(result)}
    named = Reference.objects.filter(target__in=about, role="result").values("source")
    ends = GradingClosed.objects.filter(document__in=named).order_by("seq")
    if ledger_size is not None:
        ends = ends.filter(seq__lt=ledger_size)
    confirmed = grading.ended(ends)
    return [one for one in confirmed if {d.digest for d in docs.linked(one, "result")} & about]


def rounds(result: Document) -> list[grading.Round]:
    """Return the rounds about a result, or about what it is compared with, the newest first, however they ended."""
    return grading.about(graded_for(result))


def graded_for(result: Document) -> list[Document]:
    """Return the results whose grades a verdict on a result rests on: its own and those it is compared with."""
    return [result, *(d for role in COMPARED for d in docs.linked(result, role))]
