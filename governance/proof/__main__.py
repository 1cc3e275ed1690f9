"""`python -m governance.proof`: one JSON question on standard input, the outcome as JSON on standard output.

A process of its own with limits of memory and time, that can write no file: it reads what anybody may have made. Exit 0
with the outcome, whatever it is; 2 with the reason on standard error.
"""

import json
import resource
import sys
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from governance.proof.formats.fields import Strict, told
from governance.proof.given import Given, as_dict, verified

MOST_MEMORY = 1024**3
MOST_SECONDS = 60
MOST_LINES, LONGEST = 2000, 2000  # what a page can show: lines, and characters of one


class Question(Strict):
    """A file to verify, and what its reader got elsewhere; files are paths."""

    file: str
    root: str | None = None
    log_key: str | None = None
    second_key: str | None = None
    witnesses: list[str] = []
    quorum: int | None = None
    keyrings: str | None = None
    authorities: list[str] = []
    checkpoints: list[str] = []
    consistency: list[str] = []
    renewals: list[str] = []
    least: int | None = None

    def given(self) -> Given:
        """Return what the reader gave besides the file."""
        return Given(
            root=self.root,
            log_key=self.log_key,
            second_key=self.second_key,
            witnesses=self.witnesses,
            quorum=self.quorum,
            keyrings=Path(self.keyrings) if self.keyrings else None,
            authorities=[Path(name) for name in self.authorities],
            checkpoints=[Path(name) for name in self.checkpoints],
            consistency=[Path(name) for name in self.consistency],
            renewals=[Path(name) for name in self.renewals],
            least=self.least,
        )


def main() -> int:
    """Answer one question and return the exit code."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        question = Question.model_validate_json(sys.stdin.read())
        outcome = _bounded(as_dict(verified(Path(question.file), question.given())))
    except ValidationError as error:
        sys.stderr.write(f"{told(error)}\n")
        return 2
    except (MemoryError, RecursionError) as error:
        sys.stderr.write(f"it takes more than a report needs ({type(error).__name__})\n")
        return 2
    sys.stdout.write(json.dumps(outcome, ensure_ascii=True) + "\n")
    return 0


def _bounded(outcome: dict[str, Any]) -> dict[str, Any]:
    """Return the outcome with no more than a page can show, what does not hold first; `left_out` counts the rest."""
    lines = sorted(outcome["checks"], key=lambda line: line["ok"] is not False)
    shown = [{**line, "detail": line["detail"][:LONGEST]} for line in lines[:MOST_LINES]]
    return outcome | {"checks": shown, "left_out": len(lines) - len(shown)}


if __name__ == "__main__":
    sys.exit(main())
