"""Groundedness: which of an answer's claims the case's passages support."""

from evals.engine.catalogue import GroundednessParameters
from evals.engine.graders.base import Context, Grade, Grader, Reading, scored, shown
from evals.engine.graders.texts import sentences, words
from evals.engine.spec import Case

SHORTEST = 3
"""letters of the shortest word that carries a claim, unless it is a number; shorter ones stand in every text"""


def groundedness(context: Context) -> Grader:
    """Return a grader of the share of claims that one passage supports.

    A claim is a sentence. It is supported by a passage that holds at least `overlap_from` of its content words and
    every number in it: a wrong figure among familiar words is the commonest invention. Words are compared as they are
    written, so a paraphrase may count as unsupported and a negation as supported: use a judge where that matters.
    An answer without a claim claims nothing wrong.
    """
    parameters: GroundednessParameters = context.parameters
    enough = float(parameters.overlap_from)

    def grade(case: Case, answer: Reading) -> Grade:
        part = answer.part(parameters.field)
        if part is None:
            return Grade(0.0, False, {"claims": 0, "unsupported": ["no such field"]})
        passages = [frozenset(words(passage.text)) for passage in case.passages]
        claims = sentences(part)
        bad = [claim for claim in claims if not any(_supports(passage, claim, enough) for passage in passages)]
        share = 1 - len(bad) / len(claims) if claims else 1.0
        return scored(share, parameters, claims=len(claims), unsupported=[shown(claim) for claim in bad[:5]])

    return grade


def _supports(passage: frozenset[str], claim: str, enough: float) -> bool:
    content = {word for word in words(claim) if len(word) >= SHORTEST or word.isdigit()}
    numbers = {word for word in content if any(character.isdigit() for character in word)}
    return numbers <= passage and len(content & passage) >= enough * len(content)
