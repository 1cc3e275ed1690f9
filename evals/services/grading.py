"""Opening a round of grading by people, grading, and closing it into a document."""

import secrets
from collections.abc import Mapping, Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN

from evals import documents as kinds
from evals.engine import human_grades as rounds
from evals.engine.bounds import wilson_high, wilson_low
from evals.engine.decimals import text
from evals.engine.results import EvaluationResultBody
from evals.engine.spec import EvaluationSetBody, RubricBody
from evals.selectors import grading as select
from evals.selectors.grading import CHECK, Round
from evals.services import grading_notices as announced
from governance import events, store
from governance.access import COMPLIANCE_OFFICER, ROLES
from governance.errors import Conflict, Finding, Invalid, NotFound, Refused
from governance.models import Document, GradingClosed, GradingRound, HumanGrade, Project, User
from governance.proof.formats.manifest import FileEntry
from governance.registry import KINDS
from governance.selectors import documents as docs
from governance.selectors import gradings, told
from governance.services.documents import check_body, freeze
from governance.services.ledger import Mutation, admit, mutation, refusals_recorded

LONGEST = 2000
LEVEL = 0.05
MOST_ITEMS = 20_000


def round_open(
    *,
    actor: User,
    project: Project,
    title: str,
    results: Sequence[Document],
    cases: int | None = None,
    criteria: Sequence[str] = (),
) -> GradingRound:
    """Open a round over the recorded outputs of results of one plan: those to `cases` cases (None: to all).

    The server draws the cases, from every slice, by a seed of its own; `criteria` names criteria that people grade
    besides those that the rubric gives to people.

    Raises:
        Invalid: no accepted results of one plan, a number of cases that there are not, or nothing to grade.
    """
    admit(actor=actor, action="grading.open", project=project)  # before anything is read
    rubric, evaluation_set = _plan(project, results)
    size = docs.model_body(evaluation_set, EvaluationSetBody).cases
    if cases is not None and not 0 < cases <= size:
        raise Invalid("cases", f"found {cases}, expected 1 to {size}, as many as the set has")
    try:
        asked, graders = rounds.asked(docs.model_body(rubric, RubricBody), criteria)
    except ValueError as problem:
        raise Invalid("criteria", str(problem)) from None
    if not 0 < len(title.strip()) <= 300:
        raise Invalid("title", f"found {len(title.strip())} characters, expected 1 to 300")
    body = rounds.RoundBody(
        title=title.strip(),
        results=[result.digest for result in results],
        rubric=rubric.digest,
        evaluation_set=evaluation_set.digest,
        cases=cases or size,
        graders=graders,
        criteria=asked,
    )
    seed = secrets.token_hex(32)
    try:
        items = len(select.drawn(seed, evaluation_set, results, body.cases))
    except ValueError as problem:
        raise Invalid("results", f"their recorded outputs cannot be read: {problem}") from None
    if not 0 < items <= MOST_ITEMS:
        raise Invalid("cases", f"found {items} outputs to grade, expected 1 to {MOST_ITEMS}")
    row = GradingRound(project=project, seed=seed, body=body.model_dump(mode="json"), by=actor)
    able = select.able(Round(row, body, None))
    with mutation(actor=actor, action="grading.open", project=project, subjects=list(body.results)) as m:
        row.at, row.seq = m.time, m.size
        m.append(
            events.GRADING_OPENED,
            subjects=[f"round:{row.pk}", *body.results],
            data=gradings.opening(row) | {"items": items},
        )
        row.save()
        announced.opened(m, Round(row, body, None), able)
    return row


def _plan(project: Project, results: Sequence[Document]) -> tuple[Document, Document]:
    """Return the rubric and the evaluation set that the results share."""
    if not results or len({result.digest for result in results}) != len(results):
        raise Invalid("results", "found none, or one of them twice; expected results, each once")
    plans: set[tuple[Document | None, Document | None]] = set()
    for result in results:
        if result.kind != kinds.RESULT or result.project_id != project.pk:
            raise Invalid("results", f"{result} is no evaluation result of this project")
        if not told.output_of(result):
            raise Invalid("results", f"{result}: no consumed permit stands behind it, so nothing it says counts")
        thresholds = docs.linked_one(result, "thresholds")
        if thresholds is not None:
            plans |= {(docs.linked_one(thresholds, "rubric"), docs.linked_one(thresholds, "evaluation_set"))}
    if len(plans) != 1:
        raise Invalid("results", f"found results of {len(plans)} plans, expected those of one rubric and one set")
    [(rubric, evaluation_set)] = plans
    if rubric is None or evaluation_set is None:
        raise Invalid("results", "their plan names no rubric or no evaluation set")
    return rubric, evaluation_set


def grade_give(
    *, actor: User, grading_round: Round, item: str, scores: Mapping[str, int], number: int, comment: str = ""
) -> HumanGrade:
    """Grade an output, grade it anew, or decide where two disagree.

    `number` is how many grades of this output the grader had given when they looked: 0 the first time. A later grade
    replaces the one before, which stays on record.

    Raises:
        Invalid: a criterion without a score, or a score off its scale.
        Conflict: others graded it meanwhile, or the grader did in another window.
        Refused: the round is over, or the output was decided by a third person already.
        Denied, NotFound: they may not grade here, or there is no such output.
    """
    given = _scores(grading_round.body, scores)
    if len(comment.strip()) > LONGEST:
        raise Invalid("comment", f"found {len(comment.strip())} characters, expected at most {LONGEST}")
    project, subjects = grading_round.row.project, [f"round:{grading_round.row.pk}"]
    with refusals_recorded(actor=actor, action="grading.grade", project=project, subjects=subjects):
        select.require_grader(actor, grading_round)
    items, files = grading_round.items, grading_round.documents  # read before the ledger is locked
    with mutation(actor=actor, action="grading.grade", project=project, subjects=subjects) as m:
        now = select.again(grading_round)
        now.__dict__.update(items=items, documents=files)
        select.require_grader(actor, now)
        adjudicates = _turn(actor, now, item, number)
        row = HumanGrade(
            round=grading_round.row,
            item=item,
            adjudicates=adjudicates,
            number=number + 1,
            scores=given,
            by=actor,
            at=m.time,
        )
        row.seq = m.append(
            events.GRADE_GIVEN,
            subjects=subjects,
            data=gradings.grade(row),
            private={"comment": comment.strip()} if comment.strip() else None,
        )
        row.save()
        announced.graded(m, select.with_grade(now, row), item, actor)
    return row


def _scores(body: rounds.RoundBody, scores: Mapping[str, int]) -> list[int]:
    known = {criterion.name for criterion in body.criteria}
    if strange := sorted(set(scores) - known):
        raise Invalid("scores", f"found {', '.join(strange)}, expected {', '.join(sorted(known))}")
    given = []
    for criterion in body.criteria:
        score = scores.get(criterion.name)
        if score is None or isinstance(score, bool) or not criterion.low <= score <= criterion.high:
            found = "no score" if score is None else str(score)
            raise Invalid(
                "scores", f"{criterion.name}: found {found}, expected a whole number from {criterion.low} "
                f"to {criterion.high}"
            )  # fmt: skip
        given.append(int(score))
    return given


def _turn(actor: User, now: Round, item: str, number: int) -> bool:
    """Return whether the actor's grade of an item, now, adjudicates; refuse it if it is not their turn."""
    _refuse_closed(now)
    state = now.states.get(item)
    if state is None:
        raise NotFound("there is no such output in this round")
    own = [one for one in now.given if one.item == item and one.by == actor.actor]
    if len(own) != number:
        raise Conflict(
            found=f"you graded this output {len(own)} times",
            expected=f"{number} times, as you saw it",
            remedy="Look at it again.",
        )
    if own:
        if state.adjudication is not None and state.adjudication.by != actor.actor:
            raise Refused(
                Finding(CHECK, "a third person decided about this output", "an output nobody decided about",
                        "Leave your grade as it is; theirs counts.", "you")
            )  # fmt: skip
        return own[-1].adjudicates
    turn = state.turn_of(actor.actor)
    if not turn:
        raise Conflict(
            found="enough people have graded this output",
            expected="one that still waits",
            remedy="Go on with the next one.",
        )
    return turn == "adjudicate"


def _refuse_closed(now: Round) -> None:
    if now.over:
        found = "the round is closed" if now.closed is not None else "the round was abandoned"
        raise Refused(
            Finding(CHECK, found, "an open round", "Ask for a new round to be opened.",
                    ROLES[COMPLIANCE_OFFICER])
        )  # fmt: skip


def round_close(*, actor: User, grading_round: Round) -> Document:
    """Close a round: freeze its grades, who agreed with whom, and the seed that names the outputs.

    Raises:
        Refused: an output waits for a grade or for a third person, or the round is closed already.
        Conflict: somebody graded while this was being reckoned.
    """
    admit(actor=actor, action="grading.open", project=grading_round.row.project)
    _refuse_closed(grading_round)
    _refuse_unfinished(grading_round)
    content = rounds.lines(grading_round.states, grading_round.given)
    entry = store.put([content]).model_copy(update={"path": "grades.jsonl"})
    kind = KINDS[kinds.HUMAN_GRADES]
    body = check_body(kind, _body(grading_round, entry).model_dump(mode="json"))
    seen, subjects = [one.seq for one in grading_round.given], [f"round:{grading_round.row.pk}"]
    with mutation(actor=actor, action="grading.open", project=grading_round.row.project, subjects=subjects) as m:
        now = select.again(grading_round)
        _refuse_closed(now)
        if [one.seq for one in now.given] != seen:
            raise Conflict(
                found="grades that came meanwhile",
                expected="those you saw",
                remedy="Look at the round and close it again.",
            )
        return _frozen(m, actor, now, body)


def _frozen(m: Mutation, actor: User, now: Round, body: dict[str, object]) -> Document:
    links = [("rubric", now.body.rubric), ("evaluation_set", now.body.evaluation_set)]
    links += [("result", digest) for digest in now.body.results]
    document = freeze(
        m,
        kind=KINDS[kinds.HUMAN_GRADES],
        body=body,
        references=[{"role": role, "digest": digest} for role, digest in links],
        contributors=sorted(select.graders(now) | {actor.actor}),
        by=actor,
    )
    row = GradingClosed(round=now.row, document=document, by=actor, at=m.time, seq=m.size)
    m.append(events.GRADING_CLOSED, subjects=[f"round:{now.row.pk}"], data=gradings.closing(row))
    row.save()
    announced.over(m, now, f"{actor} closed it: its grades are frozen.")
    return document


def round_abandon(*, actor: User, grading_round: Round, reason: str) -> None:
    """End a round without grades: what was given stays on record and counts for nothing.

    Raises:
        Invalid: no reason, or one that is too long.
        Refused: the round is over already.
    """
    project, subjects = grading_round.row.project, [f"round:{grading_round.row.pk}"]
    admit(actor=actor, action="grading.open", project=project, subjects=subjects)
    said = reason.strip()
    if not 0 < len(said) <= LONGEST:
        raise Invalid("reason", f"found {len(said)} characters, expected 1 to {LONGEST}")
    with mutation(actor=actor, action="grading.open", project=project, subjects=subjects) as m:
        now = select.again(grading_round)
        _refuse_closed(now)
        m.append(
            events.GRADING_ABANDONED,
            subjects=subjects,
            data={"round": str(now.row.pk), "given": len(now.given)},
            private={"reason": said},
        )
        announced.over(m, now, f"{actor} abandoned it; no grade in it counts.\n\nThe reason: {said}")


def _refuse_unfinished(grading_round: Round) -> None:
    waiting = sum(not state.graded for state in grading_round.states.values())
    disputed = sum(state.graded and not state.done for state in grading_round.states.values())
    if waiting or disputed:
        raise Refused(
            Finding(
                CHECK,
                f"{waiting} outputs still to be graded, {disputed} that people disagree on",
                "every output graded, every disagreement decided by a third person",
                "Let the graders finish; whoever has not graded an output can decide about it.",
                ROLES[COMPLIANCE_OFFICER],
            )
        )


def _body(grading_round: Round, entry: FileEntry) -> rounds.HumanGradesBody:
    counting = sum(len(state.grades) + (state.adjudication is not None) for state in grading_round.states.values())
    return rounds.HumanGradesBody(
        title=grading_round.body.title,
        round=str(grading_round.row.pk),
        seed=grading_round.row.seed,
        asked=grading_round.body,
        arms=[_arm(grading_round, result) for result in grading_round.results],
        items=len(grading_round.states),
        people=len(select.graders(grading_round)),
        adjudicated=sum(state.adjudication is not None for state in grading_round.states.values()),
        replaced=len(grading_round.given) - counting,
        agreement=select.agreements(grading_round),
        grades=entry,
    )


def _arm(grading_round: Round, result: Document) -> rounds.GradedArm:
    arm = docs.model_body(result, EvaluationResultBody).arm
    mine = rounds.by_case(state for state in grading_round.states.values() if state.item.result == result.digest)
    found = {}
    for place, criterion in enumerate(grading_round.body.criteria):
        means = [[_mean(state.final()[place]) for state in of_case] for of_case in mine.values()]
        outputs = [mean for of_case in means for mean in of_case]
        met = sum(mean >= criterion.met_from for mean in outputs)
        share = met / len(outputs)
        found[criterion.name] = rounds.GradedFigure(
            n=len(outputs),
            met=met,
            low=text(wilson_low(share, len(means), LEVEL), ROUND_FLOOR),
            high=text(wilson_high(share, len(means), LEVEL), ROUND_CEILING),
            mean=text(criterion.share(_mean(outputs)), ROUND_HALF_EVEN),
        )
    return rounds.GradedArm(result=result.digest, arm=arm, criteria=found)


def _mean(scores: Sequence[float]) -> float:
    return sum(scores) / len(scores)
