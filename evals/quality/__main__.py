"""`python -m evals.quality`: one JSON request on standard input, the report's body on standard output.

Exit 0 with the body, 2 with the reason on standard error. A process of its own, because it loads numerical libraries.
"""

import json
import sys
from pathlib import Path

from pydantic import ValidationError

from evals.engine.cases import CasesInvalid, read_cases, strict_json
from evals.engine.fields import Body
from evals.engine.spec import EvaluationSetBody, RubricBody
from evals.quality.report import report
from evals.quality.rows import read_rows


class QualityRequest(Body):
    """The bodies, and where the files of rows and cases lie, by the name to report."""

    title: str
    evaluation_set: EvaluationSetBody
    rubric: RubricBody
    cases: dict[str, str]
    rows: dict[str, str]


def main() -> int:
    """Run the checks of one request and return the exit code."""
    try:
        request = QualityRequest.model_validate(strict_json(sys.stdin.read()))
        rows = read_rows((name, Path(path)) for name, path in sorted(request.rows.items()))
        cases = read_cases((name, Path(path)) for name, path in sorted(request.cases.items()))
        found = report(rows, cases, title=request.title, evaluation_set=request.evaluation_set, rubric=request.rubric)
    except (CasesInvalid, ValidationError, ValueError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write(json.dumps(found.model_dump(mode="json"), ensure_ascii=False) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
