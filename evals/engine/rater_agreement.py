"""How far people who graded the same outputs agree, in a process of its own: `python -m evals.engine.rater_agreement`.

Reads one JSON object from standard input, prints one, for callers that must not load numpy.
"""

import json
import sys
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN

import numpy as np
from pydantic import ValidationError

from evals.engine.cases import strict_json
from evals.engine.decimals import text
from evals.engine.fields import Body
from evals.engine.human_grades import AgreementFigure
from evals.engine.statistics.agreement import krippendorff, pairs_agreeing

ALPHA = 0.05
"""The level of each bound."""
TOO_FEW = "no two people graded one output, or all their scores are one and the same"


class Rated(Body):
    """The scores on one criterion: of each output, those of the people who graded it; met from `met_from` up.

    `clusters` names for each output what it depends on: outputs to one case are not independent.
    """

    met_from: int
    scores: list[list[int]]
    clusters: list[str]


class AgreementRequest(Body):
    """What the command reads: scores by criterion."""

    rated: dict[str, Rated]


def figure(rated: Rated) -> AgreementFigure:
    """Return the agreement on one criterion, by Krippendorff's α for ordered scores."""
    rows = [scores for scores in rated.scores if len(scores) > 1]
    clusters = [name for name, scores in zip(rated.clusters, rated.scores, strict=True) if len(scores) > 1]
    if not rows:
        return AgreementFigure(alpha=None, low=None, high=None, same=None, together=None, items=0, method=TOO_FEW)
    table = np.full((len(rows), max(map(len, rows))), np.nan)
    for place, scores in enumerate(rows):
        table[place, : len(scores)] = sorted(scores)
    marks = np.where(np.isnan(table), np.nan, (table >= rated.met_from).astype(np.float64))
    found = krippendorff(table, "ordinal", ALPHA, clusters)
    same, together = pairs_agreeing(table, ALPHA), pairs_agreeing(marks, ALPHA)
    return AgreementFigure(
        alpha=text(found.value, ROUND_HALF_EVEN) if found else None,
        low=text(found.low, ROUND_FLOOR) if found and found.low is not None else None,
        high=text(found.high, ROUND_CEILING) if found and found.high is not None else None,
        same=text(same.value, ROUND_HALF_EVEN) if same else None,
        together=text(together.value, ROUND_HALF_EVEN) if together else None,
        items=len(rows),
        method=f"Krippendorff's α, ordinal; {found.method}" if found else TOO_FEW,
    )


def main() -> int:
    """Answer one request from standard input; exit code 0 with the figures, 2 with the reason on standard error."""
    try:
        request = AgreementRequest.model_validate(strict_json(sys.stdin.read()))
        told = {name: figure(rated).model_dump(mode="json") for name, rated in request.rated.items()}
    except (ValidationError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write(json.dumps(told) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
