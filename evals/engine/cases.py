"""A strict reader of JSON Lines: evaluation cases here, dataset rows in `evals.quality.rows`.

What is signed must mean one thing only, so nothing is repaired: a byte order mark, an unknown or repeated key, a blank
line or a repeated id is refused with the file, the line and what to do.
"""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NoReturn, Protocol, TypeVar

from pydantic import BaseModel, ValidationError

from evals.engine.catalogue import CATALOGUE
from evals.engine.evaluation_set import sizes
from evals.engine.spec import Case, EvaluationSetBody, OutputFormat, RubricBody

MAX_LINE_BYTES = 1_048_576


class CasesInvalid(ValueError):
    """A file of cases or rows that cannot be used: `file` by name, `line` counted from 1 (0: the file as a whole)."""

    def __init__(self, file: str, line: int, reason: str) -> None:
        super().__init__(f"{file}:{line}: {reason}" if line else f"{file}: {reason}")
        self.file = file
        self.line = line
        self.reason = reason


class _Identified(Protocol):
    @property
    def id(self) -> str: ...


Item = TypeVar("Item", bound=BaseModel)


def read_cases(files: Iterable[tuple[str, Path]]) -> list[Case]:
    """Return the cases of `files`, pairs of the name to report and the path to read, sorted by id.

    Raises:
        CasesInvalid: a line is not a case, an id occurs twice (in whichever files), or a file has no case.
    """
    cases: list[Case] = []
    seen: dict[str, str] = {}
    for name, path in files:
        found = read_lines(name, path, Case)
        check_ids(name, found, seen)
        cases.extend(found)
    if not cases:
        raise CasesInvalid("evaluation set", 0, "found no file of cases, expected at least one")
    return sorted(cases, key=lambda case: case.id)


def read_lines(name: str, path: Path, model: type[Item]) -> list[Item]:
    """Return one `model` per line of the file at `path`, in order; `name` is what errors call the file.

    Raises:
        CasesInvalid: the file is empty, or a line is over-long, not UTF-8, not strict JSON or not a `model`.
    """
    items: list[Item] = []
    with path.open("rb") as stream:
        number = 0
        while line := stream.readline(MAX_LINE_BYTES + 2):
            number += 1
            content = line.removesuffix(b"\n")
            if len(content) > MAX_LINE_BYTES:
                raise CasesInvalid(
                    name, number, f"the line is over {MAX_LINE_BYTES:,} bytes; split or shorten the text"
                )
            items.append(parse_line(name, number, content, model))
    if not items:
        raise CasesInvalid(name, 0, "the file is empty, expected at least one line")
    return items


def check_ids(name: str, items: Iterable[_Identified], seen: dict[str, str]) -> None:
    """Record every item's id in `seen` (id → where); `items` are the lines of the file `name`, in order.

    Raises:
        CasesInvalid: an id is there already.
    """
    for number, item in enumerate(items, start=1):
        if item.id in seen:
            raise CasesInvalid(name, number, f"the id {item.id!r} is taken by {seen[item.id]}; give each its own")
        seen[item.id] = f"{name}:{number}"


def check_cases(cases: list[Case], evaluation_set: EvaluationSetBody, rubric: RubricBody) -> None:
    """Check the cases against the evaluation set that declares them and the rubric that grades them.

    Raises:
        CasesInvalid: as `check_declared` says, a case lacks what the rubric's graders need of it, or has a label that
            the set does not declare.
    """
    check_declared(cases, evaluation_set)
    for case in cases:
        if (reason := _misfit(case, evaluation_set, rubric)) is not None:
            raise CasesInvalid(evaluation_set.title, 0, f"case {case.id!r} {reason}")


def _misfit(case: Case, evaluation_set: EvaluationSetBody, rubric: RubricBody) -> str | None:
    """Return what keeps a case from being graded by the rubric, None if nothing does."""
    if rubric.output.format == "json":
        for answer in case.answers:
            try:
                strict_json(answer)
            except ValueError as error:
                return f"has a right answer that is not JSON ({error}), but answers are to be JSON"
    for criterion in rubric.criteria:
        if case.expects == "answer" and (lacking := _lacking(case, CATALOGUE[criterion.grader].needs)):
            return f"has no {lacking}, which criterion {criterion.name!r} needs; add it, or what the case expects"
        if criterion.grader == "label" and case.target is not None:
            label = label_of(case.target, rubric.output, criterion.parameters)
            if label is not None and label not in evaluation_set.labels:
                return f"has the label {label!r}, which the set does not declare"
    return None


def _lacking(case: Case, needs: Sequence[str]) -> str:
    """Return what of `needs` the case does not have, "" if nothing."""
    there = {"target": case.target is not None, "choices": bool(case.choices), "passages": bool(case.passages)}
    return next((need for need in needs if not there.get(need, True)), "")


def label_of(text: str, output: OutputFormat, parameters: dict[str, Any]) -> str | None:
    """Return the label in a text of the rubric's output format: a member of its JSON or the trimmed text itself.

    None if the text holds no label. `parameters` are those of the grader "label".

    Raises:
        ValueError: the text should be JSON and is not.
    """
    if output.format != "json":
        return text.strip() or None
    value = strict_json(text)
    label = value.get(parameters.get("field") or output.label_field) if isinstance(value, dict) else None
    return label if isinstance(label, str) else None


def check_declared(cases: list[Case], evaluation_set: EvaluationSetBody) -> None:
    """Check the cases against the evaluation set that declares them.

    Raises:
        CasesInvalid: another number of cases than declared, an undeclared slice, a classification's target that is
            neither JSON nor a label, a declared slice without a case, a retired case that is still there or whose
            replacement is not, another size of a slice than declared.
    """
    title = evaluation_set.title
    if len(cases) != evaluation_set.cases:
        raise CasesInvalid(title, 0, f"found {len(cases)} cases, expected the declared {evaluation_set.cases}")
    _check_retired(cases, evaluation_set)
    for case in cases:
        if undeclared := sorted(set(case.slices) - set(evaluation_set.slices)):
            known = ", ".join(sorted(evaluation_set.slices))
            raise CasesInvalid(title, 0, f"case {case.id!r} is in the slices {undeclared}, expected among: {known}")
        if evaluation_set.task == "classification" and case.target and case.target not in evaluation_set.labels:
            try:
                strict_json(case.target)
            except ValueError as error:
                raise CasesInvalid(
                    title, 0, f"the target of case {case.id!r} is not JSON ({error}) and no label of the set"
                ) from None
    if empty := sorted(set(evaluation_set.slices) - {name for case in cases for name in case.slices}):
        raise CasesInvalid(title, 0, f"no case is in the slices {empty}; add cases or drop the slices")
    _check_sizes(cases, evaluation_set)


def _check_sizes(cases: list[Case], evaluation_set: EvaluationSetBody) -> None:
    if not evaluation_set.sizes:
        return
    for name, held in sizes(cases, evaluation_set.slices).items():
        for (what, declared), (_, found) in zip(evaluation_set.sizes[name], held, strict=True):
            if found != declared:
                reason = f"found {found} as {what} of the slice {name!r}, expected the declared {declared}"
                raise CasesInvalid(evaluation_set.title, 0, f"{reason}; correct it, or leave out all sizes")


def _check_retired(cases: list[Case], evaluation_set: EvaluationSetBody) -> None:
    ids = {case.id for case in cases}
    for retired in evaluation_set.retired:
        if retired.id in ids:
            reason = f"the case {retired.id!r} is retired and still asked; take it out of the files"
            raise CasesInvalid(evaluation_set.title, 0, reason)
        if retired.replaced_by is not None and retired.replaced_by not in ids:
            reason = f"the retired case {retired.id!r} is replaced by {retired.replaced_by!r}, which is not there"
            raise CasesInvalid(evaluation_set.title, 0, reason)


def strict_json(text: str) -> Any:
    """Return the value that `text` is the JSON of, with nothing but white space around it.

    Raises:
        ValueError: not JSON, a key occurs twice in an object, NaN or infinity, half a surrogate pair, or nested too
            deeply.
    """
    try:
        value = json.loads(text, object_pairs_hook=_unique_keys, parse_constant=_no_constant)
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except RecursionError:
        raise ValueError("nested too deeply") from None
    except UnicodeEncodeError:
        raise ValueError("an escape is half of a surrogate pair") from None
    return value


def parse_line(name: str, number: int, content: bytes, model: type[Item]) -> Item:
    """Return the `model` that one line of the file `name` holds. CasesInvalid when it holds none."""
    if not content.strip():
        raise CasesInvalid(name, number, "the line is blank; delete it")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise CasesInvalid(
            name, number, f"not UTF-8 at byte {error.start} of the line; save the file as UTF-8"
        ) from None
    if text.startswith("\ufeff"):
        raise CasesInvalid(name, number, "starts with a byte order mark; save the file as UTF-8 without it")
    try:
        return model.model_validate(strict_json(text))
    except ValidationError as error:
        raise CasesInvalid(name, number, explain(error)) from None
    except ValueError as error:
        raise CasesInvalid(name, number, f"not JSON: {error}") from None


def explain(error: ValidationError) -> str:
    """Return the first problems of a value that is no model, in one line: where, and what is wrong."""
    problems = []
    for problem in error.errors(include_url=False, include_input=False, include_context=False)[:3]:
        where = ".".join(str(part) for part in problem["loc"])
        problems.append(f"{where}: {problem['msg']}" if where else problem["msg"])
    return "; ".join(problems)


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    keys = dict(pairs)
    if len(keys) != len(pairs):
        repeated = next(key for key, _ in pairs if sum(1 for other, _ in pairs if other == key) > 1)
        raise ValueError(f"the key {repeated!r} occurs twice in one object")
    return keys


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
