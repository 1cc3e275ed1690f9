"""Dataset rows as the quality checks and the trainers read them."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

from pydantic import Field, model_validator

from evals.engine.cases import CasesInvalid, check_ids, read_lines
from evals.engine.fields import Body
from evals.engine.spec import Message


class Row(Body):
    """One line of a dataset's JSONL file: what is asked, and the answer to learn."""

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$")]
    messages: Annotated[list[Message], Field(min_length=1)]
    target: Annotated[str, Field(min_length=1, max_length=100_000)]

    @model_validator(mode="after")
    def _ends_with_the_user(self) -> "Row":
        if self.messages[-1].role != "user":
            raise ValueError(f"the last message is from {self.messages[-1].role!r}, expected 'user': that is answered")
        return self


def read_rows(files: Iterable[tuple[str, Path]]) -> list[Row]:
    """Return the rows of `files`, pairs of the name to report and the path to read, in order.

    Raises:
        CasesInvalid: a line is not a row, an id occurs twice, or there is no row.
    """
    rows: list[Row] = []
    seen: dict[str, str] = {}
    for name, path in files:
        found = read_lines(name, path, Row)
        check_ids(name, found, seen)
        rows.extend(found)
    if not rows:
        raise CasesInvalid("dataset", 0, "found no file of rows, expected at least one")
    return rows
