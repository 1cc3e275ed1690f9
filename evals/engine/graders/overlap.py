"""Likeness to a right answer: ROUGE, chrF and BLEU, by the libraries that published figures are made with.

The libraries are loaded by the graders that need them: together they take a hundred megabytes and a second.
"""

from typing import Any

from evals.engine.catalogue import BleuParameters, ChrfParameters, RougeParameters
from evals.engine.graders.base import Context, Grade, Grader, Reading, scored
from evals.engine.graders.texts import words
from evals.engine.spec import Case


def rouge(context: Context) -> Grader:
    """Return a grader of ROUGE against the best-fitting right answer.

    Source: C.-Y. Lin, "ROUGE: a package for automatic evaluation of summaries", ACL workshop 2004; by `rouge-score`,
    with words of every script (its own tokenizer drops all but a-z and 0-9).
    """
    from rouge_score.rouge_scorer import RougeScorer

    parameters: RougeParameters = context.parameters
    scorer = RougeScorer([parameters.variant], tokenizer=_Words(parameters.stem))
    part = {"f1": "fmeasure"}.get(parameters.part, parameters.part)

    def score(answer: str, rights: list[str]) -> float:
        return max(float(getattr(scorer.score(right, answer)[parameters.variant], part)) for right in rights)

    return _graded(context, score)


def chrf(context: Context) -> Grader:
    """Return a grader of chrF or chrF++ against the best-fitting right answer.

    Source: M. Popović, "chrF: character n-gram F-score for automatic MT evaluation", WMT 2015; by `sacrebleu`.
    """
    from sacrebleu.metrics import CHRF

    parameters: ChrfParameters = context.parameters
    metric = CHRF(word_order=parameters.word_order)
    return _graded(context, lambda answer, rights: float(metric.sentence_score(answer, rights).score) / 100)


def bleu(context: Context) -> Grader:
    """Return a grader of sentence BLEU against all right answers.

    Source: K. Papineni et al., "BLEU: a method for automatic evaluation of machine translation", ACL 2002; by
    `sacrebleu` with exponential smoothing and the effective order of short sentences.
    """
    from sacrebleu.metrics import BLEU

    parameters: BleuParameters = context.parameters
    metric = BLEU(tokenize=parameters.tokenize, lowercase=parameters.lowercase, effective_order=True)
    return _graded(context, lambda answer, rights: float(metric.sentence_score(answer, rights).score) / 100)


def _graded(context: Context, score: Any) -> Grader:
    def grade(case: Case, answer: Reading) -> Grade:
        part, rights = answer.part(context.parameters.field), context.rights(case)
        if not part or not rights:
            return Grade(0.0, False, {})
        return scored(score(part, rights), context.parameters)

    return grade


class _Words:
    """Words of any script; stemmed as the original script stems English. A tokenizer of `rouge-score`."""

    def __init__(self, stem: bool) -> None:
        from nltk.stem.porter import PorterStemmer

        self._stem = PorterStemmer().stem if stem else None

    def tokenize(self, text: str) -> list[str]:
        found = words(text)
        if self._stem is None:
            return found
        return [self._stem(word) if len(word) > 3 else word for word in found]
