"""Labels: which of the declared ones an answer holds. Confusion matrix and F1 follow from the recorded labels."""

from typing import Final

from evals.engine.cases import label_of
from evals.engine.catalogue import LabelParameters
from evals.engine.graders.base import Context, Grade, Grader, Reading, yes
from evals.engine.graders.matching import same
from evals.engine.spec import Case

UNPARSED: Final = "(unparsed)"
"""The class of an answer that cannot be read or is missing."""
OTHER: Final = "(other)"
"""The class of an answer that can be read but holds none of the declared labels."""


def label(context: Context) -> Grader:
    """Return a grader that compares the answer's label with the target's."""
    parameters: LabelParameters = context.parameters
    settings = context.criterion.parameters

    def plain(text: str | None) -> str | None:
        return text.casefold() if text is not None and parameters.ignore_case else text

    def grade(case: Case, answer: Reading) -> Grade:
        if not answer.parsed:
            return yes(False, label=UNPARSED)
        found = label_of(answer.text, context.rubric.output, settings)
        wanted = label_of(case.target, context.rubric.output, settings) if case.target is not None else None
        if wanted is None:
            # A case without a label has nothing to get wrong but everything, so only the whole answer counts.
            met = any(same(answer.value, context.read(right).value) for right in case.answers) and context.json
            return yes(met, label=found or OTHER)
        met = plain(found) == plain(wanted)
        return yes(met, label=wanted if met else found or OTHER)

    return grade
