"""Our own cases: JSON Lines, one `Case` a line (docs/evaluation-and-verdicts.md)."""

import io
import json
from collections.abc import Sequence

from evals.engine.cases import MAX_LINE_BYTES, CasesInvalid, parse_line
from evals.engine.spec import Case
from evals.formats.reading import Place, Reading, SourceFile


def read(reading: Reading, files: Sequence[SourceFile]) -> None:
    """Read every line as the engine does, and go on after a bad one."""
    for file in files:
        content = io.BytesIO(file.read())
        number = 0
        while line := content.readline(MAX_LINE_BYTES + 2):
            number += 1
            place = Place(file.name, f"line {number}")
            try:
                reading.add(place, parse_line(file.name, number, line.removesuffix(b"\n"), Case))
            except CasesInvalid as error:
                reading.problem(place, "a line that is no case", error.reason)
        if not number:
            reading.problem(Place(file.name), "an empty file", "at least one case")


def line(case: Case) -> bytes:
    """Return a case as its line: members that hold their default are left out, keys are in the schema's order."""
    kept = case.model_dump(mode="json", exclude_defaults=True)
    return json.dumps(kept, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def write(cases: Sequence[Case]) -> dict[str, bytes]:
    """Return the cases as one file."""
    return {"cases.jsonl": b"".join(map(line, cases))}
