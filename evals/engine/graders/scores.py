"""Scores that others give: a judge, which is a model, and people. What they said is recorded; here it is only read."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from evals.engine.cases import strict_json
from evals.engine.catalogue import GroundednessParameters, HumanParameters, JudgeParameters, Scale
from evals.engine.graders.base import Context, Grade, Reading, scored, shown
from evals.engine.graders.texts import sentences
from evals.engine.spec import Case

_SLOTS: Final = re.compile(r"\{(answer|question|target|passages|criterion)\}")
_SUPPORTED: Final = Scale(low=0, high=1, met_from=1)


def prompts(context: Context, case: Case, answer: Reading) -> list[str]:
    """Return what a judge is asked about one answer: one prompt, or one a claim for groundedness."""
    parts = [answer.text]
    if isinstance(context.parameters, GroundednessParameters):
        parts = sentences(answer.part(context.parameters.field) or "")
    judge = context.rubric.judges[str(context.criterion.parameters["judge"])]
    return [_filled(judge.prompt, context, case, part) for part in parts]


def scale_of(context: Context) -> Scale:
    """Return the scale that a judge of the criterion answers on: 0 or 1 where it is asked claim by claim."""
    parameters: JudgeParameters | GroundednessParameters = context.parameters
    return _SUPPORTED if isinstance(parameters, GroundednessParameters) else parameters.scale


def judged(context: Context, answer: Reading, replies: Sequence[str | None]) -> Grade:
    """Return the grade that a judge's `replies` come to; one that is missing or holds no score is a failure.

    A score is a whole number of the scale, alone or as the member "score" of a JSON object.
    """
    parameters: JudgeParameters | GroundednessParameters = context.parameters
    if isinstance(parameters, GroundednessParameters):
        claims = len(sentences(answer.part(parameters.field) or ""))
        found = [score_in(reply, scale_of(context)) for reply in replies]
        supported = sum(score == 1 for score in found)
        share = (supported / claims if claims else 1.0) if len(replies) == claims else 0.0
        return scored(share, parameters, claims=claims, supported=supported, unread=found.count(None))
    score = score_in(replies[0], parameters.scale) if len(replies) == 1 else None
    if score is None:
        return Grade(0.0, False, {"unread": shown(" ".join(reply or "" for reply in replies))})
    return _on_scale(score, parameters.scale, given=[score])


def unscored(grade: Grade) -> bool:
    """Return whether a judge was to give this grade and did not: it was not asked, or a reply holds no score."""
    return grade.detail.get("unread", 0) not in (0, None)


def human(context: Context, given: Sequence[int]) -> Grade | None:
    """Return the grade that people's scores come to: met by their mean; None until enough of them have graded.

    Raises:
        ValueError: a score is off the scale.
    """
    parameters: HumanParameters = context.parameters
    scale = parameters.scale
    if strange := [score for score in given if not scale.low <= score <= scale.high]:
        raise ValueError(f"found the scores {strange} of people, expected {scale.low} to {scale.high}")
    if len(given) < parameters.graders:
        return None
    return _on_scale(sum(given) / len(given), scale, given=list(given))


def score_in(reply: str | None, scale: Scale) -> int | None:
    """Return the score in a judge's reply; None if there is none or it is off the scale."""
    text = (reply or "").strip()
    try:
        value = strict_json(text)
    except ValueError:
        return None
    found = value.get("score") if isinstance(value, dict) else value
    if not isinstance(found, int) or isinstance(found, bool):
        return None
    return found if scale.low <= found <= scale.high else None


def _on_scale(score: float, scale: Scale, **detail: Any) -> Grade:
    return Grade(round((score - scale.low) / (scale.high - scale.low), 6), score >= scale.met_from, detail)


def _filled(template: str, context: Context, case: Case, answer: str) -> str:
    slots: Mapping[str, str] = {
        "answer": answer,
        "question": "\n".join(f"{message.role}: {message.content}" for message in case.messages),
        "target": "\n".join(case.answers),
        "passages": "\n\n".join(f"[{passage.id}] {passage.text}" for passage in case.passages),
        "criterion": context.criterion.description,
    }
    # One pass: what an answer says must not be filled in again.
    return _SLOTS.sub(lambda slot: slots[slot.group(1)], template)
