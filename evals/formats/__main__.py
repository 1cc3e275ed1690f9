"""`python -m evals.formats`: one JSON request on standard input, one JSON answer on standard output.

A process of its own with limits of memory and time, because it reads files that anybody may have made, with libraries
that are not small. Exit 0 with the answer, 2 with the reason on standard error.
"""

import json
import resource
import sys
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, ValidationError

from evals.engine.cases import CasesInvalid, read_cases
from evals.engine.fields import Body
from evals.engine.spec import EvaluationResultBody, EvaluationSetBody, EvaluationSpecBody, RubricBody
from evals.formats import canonical, openai_grader, workbook
from evals.formats.inspect_log import inspect_log
from evals.formats.reading import MOST_ROWS, Note, Options, Reading, SourceFile, Unreadable
from evals.formats.registry import FORMATS, understand
from evals.formats.table import read_table
from evals.formats.writing import NotWritable

MOST_MEMORY = 4 * 1024**3
MOST_SECONDS = 240


class ReadRequest(Body):
    """Files of a format to understand; the cases go to `into`, in our own format."""

    do: Literal["read"]
    format: str
    files: list[tuple[str, str]]
    options: dict[str, Any] = {}
    into: str


class WriteRequest(Body):
    """Files of our own cases to write in a format, into the folder `into`."""

    do: Literal["write"]
    format: str
    files: list[tuple[str, str]]
    slices: dict[str, str]
    roles: dict[str, str]
    labels: list[str]
    into: str


class GradersRequest(Body):
    """Files of graders to read as criteria."""

    do: Literal["graders"]
    files: list[tuple[str, str]]


class TableRequest(Body):
    """A file whose heading and rows are wanted as they stand."""

    do: Literal["table"]
    files: Annotated[list[tuple[str, str]], Field(min_length=1, max_length=1)]
    most: Annotated[int, Field(ge=1, le=10_000)] = MOST_ROWS


class InspectLogRequest(Body):
    """An accepted result to write as a log of Inspect, into the file `into`; `files` hold the cases."""

    do: Literal["inspect_log"]
    spec: EvaluationSpecBody
    evaluation_set: EvaluationSetBody
    rubric: RubricBody
    result: EvaluationResultBody
    files: list[tuple[str, str]]
    outputs: str
    created: str
    into: str


Request = ReadRequest | WriteRequest | GradersRequest | TableRequest | InspectLogRequest
REQUESTS: TypeAdapter[Request] = TypeAdapter(Annotated[Request, Field(discriminator="do")])


def main() -> int:
    """Answer one request and return the exit code."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
    try:
        request = REQUESTS.validate_json(sys.stdin.read())
        if isinstance(request, ReadRequest):
            answer = _read(request)
        elif isinstance(request, WriteRequest):
            answer = _write(request)
        elif isinstance(request, TableRequest):
            answer = read_table(_sources(request.files)[0], request.most)
        elif isinstance(request, InspectLogRequest):
            answer = _log(request)
        else:
            answer = _graders(request)
    except (Unreadable, NotWritable, CasesInvalid, ValidationError, ValueError, OSError, MemoryError) as error:
        sys.stderr.write(f"{str(error) or type(error).__name__}\n")
        return 2
    sys.stdout.write(json.dumps(answer, ensure_ascii=False) + "\n")
    return 0


def _sources(files: list[tuple[str, str]]) -> list[SourceFile]:
    return [SourceFile(name, Path(path)) for name, path in files]


def _read(request: ReadRequest) -> dict[str, Any]:
    options = Options(**{**request.options, "slices": tuple(request.options.get("slices", ()))})
    found = understand(request.format, _sources(request.files), options)
    if found.ok:
        Path(request.into).write_bytes(b"".join(map(canonical.line, found.cases)))
    return told(found)


def _write(request: WriteRequest) -> dict[str, Any]:
    cases = read_cases((name, Path(path)) for name, path in request.files)
    form = FORMATS[request.format]
    if form.name == "xlsx":
        written = workbook.write(cases, slices=request.slices, roles=request.roles, labels=request.labels)
    else:
        written = form.write(cases)
    for name, content in written.items():
        (Path(request.into) / name).write_bytes(content)
    return {"files": list(written), "lost": form.lost(cases), "beside": form.beside}


def _log(request: InspectLogRequest) -> dict[str, Any]:
    content = inspect_log(
        request.spec,
        request.evaluation_set,
        request.rubric,
        request.result,
        read_cases((name, Path(path)) for name, path in request.files),
        Path(request.outputs).read_bytes(),
        created=request.created,
    )
    Path(request.into).write_bytes(content)
    return {"size": len(content)}


def _graders(request: GradersRequest) -> dict[str, Any]:
    found = openai_grader.read(_sources(request.files))
    return {"criteria": found.criteria, "judges": found.judges, "notes": [_note(note) for note in found.notes]}


def told(found: Reading) -> dict[str, Any]:
    """Return what was understood, and what not, as JSON values; `cases` counts them, `places` says where each was."""
    return {
        "format": found.format,
        "ok": found.ok,
        "cases": len(found.cases),
        "places": {case: str(place) for case, place in found.places.items()},
        "problems": [
            {"file": p.place.file, "at": p.place.at, "found": p.found, "expected": p.expected} for p in found.problems
        ],
        "untold": found.untold,
        "notes": [_note(note) for note in found.notes],
        "slices": found.slices,
        "roles": found.roles,
        "labels": found.labels,
        "criteria": found.criteria,
    }


def _note(note: Note) -> dict[str, Any]:
    return {
        "kind": note.kind, "what": note.what, "why": note.why, "file": note.place.file, "at": note.place.at,
        "count": note.count,
    }  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
