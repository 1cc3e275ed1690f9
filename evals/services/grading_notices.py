"""Who is told what of grading rounds. Nothing here tells a grader which model an output is from."""

from django.urls import reverse

from evals.selectors import grading as select
from evals.selectors.grading import Round
from governance import notice_kinds
from governance.models import User
from governance.services import notices
from governance.services.announcements.words import where
from governance.services.ledger import Mutation

DECIDE = "decide"
DONE = "done"


def opened(m: Mutation, grading_round: Round, able: list[User]) -> None:
    """Tell those who may grade (`able`) that outputs wait for them."""
    _tell(
        m,
        grading_round,
        able,
        notice_kinds.GRADING,
        f"Outputs wait for your grade: {grading_round.body.title}",
        f"{grading_round.row.by} opened a round {where(grading_round.row.project)}. Each output is graded by "
        f"{grading_round.body.graders} people, blind to the model and to one another.",
    )


def graded(m: Mutation, grading_round: Round, item: str, grader: User) -> None:
    """After a grade: tell those who can decide where two disagree, once a round; who opened it when all is done."""
    state = grading_round.states[item]
    if state.disputed and not state.done:
        able = [user for user in select.able(grading_round) if state.turn_of(user.actor) == "adjudicate"]
        _tell(
            m,
            grading_round,
            able,
            notice_kinds.GRADING,
            f"People disagree, and you may decide: {grading_round.body.title}",
            f"Two people graded an output differently in a round {where(grading_round.row.project)}. A third decides.",
            DECIDE,
        )
    turns = (state.turn_of(grader.actor) for state in grading_round.states.values())
    if not any(turns):
        notices.settle(_about(grading_round), [notice_kinds.GRADING], at=m.time, to=grader)
    if not grading_round.left:
        _tell(
            m,
            grading_round,
            [grading_round.row.by],
            notice_kinds.GRADED,
            f"Every output is graded: {grading_round.body.title}",
            f"The round {where(grading_round.row.project)} can be closed; then its grades are frozen.",
            DONE,
        )


def over(m: Mutation, grading_round: Round, text: str) -> None:
    """Tell graders and who opened it that a round is over, and ask nobody for grades any more."""
    notices.settle(_about(grading_round), [notice_kinds.GRADING, notice_kinds.GRADED], at=m.time)
    people = {row.by_id: row.by for row in grading_round.rows}
    _tell(
        m,
        grading_round,
        [grading_round.row.by, *people.values()],
        notice_kinds.GRADED,
        f"A grading round is over: {grading_round.body.title}",
        text,
        "over",
    )


def _about(grading_round: Round) -> str:
    return f"round:{grading_round.row.pk}"


def _tell(
    m: Mutation, grading_round: Round, people: list[User], kind: str, subject: str, text: str, occasion: str = ""
) -> None:
    notices.notify(
        m,
        people,
        kind,
        about=_about(grading_round),
        occasion=occasion,
        subject=subject,
        text=text,
        link=reverse("grading-round", args=[grading_round.row.pk]),
    )
