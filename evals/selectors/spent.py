"""What verdicts disclosed so far have spent of a holdout: counted from documents and ledger, kept nowhere.

A verdict counts from the moment its result is accepted, against every plan whose cases ask the same questions, in
whatever set, version or project. An evaluation on its way counts as if it had been disclosed already. The figures of
recorded answers, endpoints and other models count like verdicts: whoever chooses the answers could otherwise ask for
the right ones, figure by figure.
"""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from evals import samples
from evals.engine.cases import CasesInvalid
from evals.engine.planning.spending import Account, Disclosure, account, plan_alpha
from evals.engine.spec import ThresholdsBody
from evals.engine.stages import STAGES
from evals.selectors import judgements
from governance import store
from governance.access import COMPLIANCE_OFFICER, ROLES
from governance.gates import Answer
from governance.job_states import JobState
from governance.models import Document, Job
from governance.selectors import documents as docs
from governance.selectors import told

RESULT: Final = "evals.evaluation_result"
BUDGETS: Final = {"standard": Decimal("0.25"), "own": Decimal("0.25"), "strict": Decimal("0.10")}
"""How likely at most any of the verdicts disclosed on the same cases may be a wrong PASS, by the plan's preset."""
EXPECTED: Final = "a verdict that the holdout can still bear"
FREE: Final = ("base", "best_prompt")
"""The arms of the signed base model: what they come to is no news that anybody could train towards."""


@dataclass(frozen=True)
class Spent:
    """The account of a plan's holdout: `disclosed` looks at some of its cases, and `waiting` ones on their way."""

    account: Account
    disclosed: int
    waiting: int

    @property
    def words(self) -> str:
        """What is spent and left, in a sentence."""
        told = f"{self.disclosed} look{'' if self.disclosed == 1 else 's'} at some of these cases so far"
        if self.waiting:
            told += f" and {self.waiting} on the way"
        found = self.account
        return (
            f"{told}, which spend {_shown(found.spent)} of {_shown(found.budget)}; "
            f"one more spends {_shown(found.next)}, and {found.further} more fit in"
        )


def spent(
    thresholds: Document,
    ledger_size: int | None = None,
    besides: Collection[str] = (),
    *,
    on_the_way: bool = True,
) -> Spent | None:
    """Return the account of a plan's holdout; None where cases are kept from nobody: verdicts spend nothing of those.

    A development set that names a file of a holdout is kept from whoever that holdout is, and spends as it does.

    In a constant number of queries. Evaluations on their way by the specifications in `besides` are left out; without
    `on_the_way` all are, since what is on its way is known of now alone.

    Raises:
        BytesMissing, BytesCorrupt, CasesInvalid: the plan's own cases cannot be read.
    """
    cases = docs.linked_one(thresholds, "evaluation_set")
    if cases is None or not samples.SAMPLING.hidden_from(cases):
        return None
    mine = samples.asked(cases)
    disclosed = _disclosed(ledger_size)
    waiting = _waiting(besides) if on_the_way else []
    counted = [_touching(_disclosures(found, mine), mine) for found in (disclosed, waiting)]
    body: ThresholdsBody = docs.model_body(thresholds, ThresholdsBody)
    found = account([*counted[0], *counted[1]], mine, _alpha(body), BUDGETS[body.preset])
    return Spent(found, len(counted[0]), len(counted[1]))


def answer(spec: Document, arm: str, ledger_size: int) -> Answer:
    """Return whether the holdout that an evaluation would disclose a verdict on is not used up."""
    thresholds = docs.linked_one(spec, "thresholds")
    if arm in FREE or thresholds is None:
        return Answer(True, f"the {arm} arm is measured, not judged", EXPECTED)
    return _bears(spent(thresholds, ledger_size, {spec.digest}))


def again(result: Document, ledger_size: int | None = None) -> Answer:
    """Return whether the holdout can bear that a result is judged once more with people's grades.

    The first such judgement completes the verdict that the result spent when it was accepted. Each further one is one
    more verdict: whoever could judge for nothing would judge until it pleases.
    """
    thresholds = docs.linked_one(result, "thresholds")
    if thresholds is None or not judgements.all_of(result, ledger_size):
        return Answer(True, "the first judgement with people’s grades completes the verdict", EXPECTED)
    try:
        return _bears(spent(thresholds, ledger_size))
    except (store.BytesMissing, store.BytesCorrupt, CasesInvalid) as problem:
        told = f"what earlier verdicts spent cannot be told: {problem}"
        return Answer(False, told, EXPECTED, "Have the operator restore the files of the evaluation set.", "operator")


def _bears(found: Spent | None) -> Answer:
    if found is None:
        return Answer(True, "a development set", EXPECTED)
    return Answer(
        found.account.affordable,
        found.words,
        EXPECTED,
        "Collect cases nobody has seen a verdict on, and have the new holdout signed.",
        ROLES[COMPLIANCE_OFFICER],
    )


def _disclosed(ledger_size: int | None) -> list[Document]:
    """Return the thresholds behind everything accepted that tells of the holdout, as often as there was one.

    The first judgement with people's grades completes the verdict of its result; each further one is one more.
    """
    rows = Document.objects.filter(kind=RESULT)
    if ledger_size is not None:
        rows = rows.filter(seq__lt=ledger_size)
    telling = [row for row in rows if docs.envelope(row).body["arm"] not in FREE]
    accepted = told.outputs(telling)
    again = _judged_again(ledger_size)
    return _thresholds(row for row in telling if row.digest in accepted for _ in range(max(1, again[row.digest])))


def _judged_again(ledger_size: int | None) -> Counter[str]:
    """Return how often each result, by digest, was judged with people's grades."""
    rows = Document.objects.filter(kind=judgements.KIND)
    if ledger_size is not None:
        rows = rows.filter(seq__lt=ledger_size)
    return Counter(link.digest for row in rows for link in docs.references(row) if link.role == "result")


def _waiting(besides: Collection[str]) -> list[Document]:
    """Return the thresholds behind every evaluation that was admitted and will disclose a verdict."""
    live = [state.value for state in JobState if state.live and state is not JobState.ARMED]
    jobs = Job.objects.filter(purpose="evaluate", state__in=live).exclude(spec__in=besides).select_related("spec")
    return _thresholds(job.spec for job in jobs if docs.envelope(job.spec).body["arm"] not in FREE)


def _thresholds(documents: Iterable[Document]) -> list[Document]:
    named = [x.digest for d in documents for x in docs.references(d) if x.role == "thresholds"]
    known = Document.objects.in_bulk(named)
    return [known[digest] for digest in named]


def _disclosures(thresholds: list[Document], mine: frozenset[str]) -> list[Disclosure]:
    sets = {d.digest: _set_of(d) for d in thresholds}
    known = Document.objects.in_bulk(set(sets.values()))
    found = []
    for document in thresholds:
        body: ThresholdsBody = docs.model_body(document, ThresholdsBody)
        try:
            cases = samples.asked(known[sets[document.digest]])
        except (store.BytesMissing, store.BytesCorrupt, CasesInvalid):
            cases = mine  # what cannot be told apart any more counts in full
        found.append(Disclosure(cases, _alpha(body)))
    return found


def _touching(disclosures: Iterable[Disclosure], mine: frozenset[str]) -> list[Disclosure]:
    return [one for one in disclosures if one.cases & mine]


def _set_of(thresholds: Document) -> str:
    return next(x.digest for x in docs.references(thresholds) if x.role == "evaluation_set")


def _alpha(body: ThresholdsBody) -> Decimal:
    hard = [one for one in body.thresholds if one.importance == "hard"]
    return plan_alpha([Decimal(one.alpha) for one in hard if one.stage == stage] for stage in STAGES)


def _shown(value: Decimal) -> str:
    return f"{value.normalize():f}"
