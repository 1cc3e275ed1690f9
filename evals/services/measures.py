"""Measures from outside: brought in a form or as a table, with the files that show them, and frozen."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from evals import documents as kinds
from evals.services.cases import read_rows_of_table
from governance import access, file_types
from governance.errors import Denied, Finding, Invalid
from governance.file_types import NotAllowed
from governance.models import Document, Project, User
from governance.registry import KINDS
from governance.selectors import documents as docs
from governance.services.attachments import examined
from governance.services.documents import document_submit
from governance.services.ledger import refusals_recorded

FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "name": ("name", "measure", "metric"),
    "layer": ("layer",),
    "value": ("value", "figure", "result"),
    "unit": ("unit",),
    "observed": ("observed", "period", "when", "month"),
    "n": ("n", "cases", "count", "number"),
    "source": ("source", "system"),
    "slice": ("slice",),
    "low": ("low", "lower"),
    "high": ("high", "upper"),
    "alpha": ("alpha",),
    "complete": ("complete",),
}
"""What a measure says, and how columns of tables are called that say it."""
YES: Final = ("yes", "true", "1")
Upload = tuple[str, Iterable[bytes]]


def guess(columns: Sequence[str]) -> dict[str, str]:
    """Return which column of a table seems to hold which field; fields without one are left out."""
    plain = {column.strip().lower(): column for column in columns}
    found = {field: next((plain[name] for name in names if name in plain), "") for field, names in FIELDS.items()}
    return {field: column for field, column in found.items() if column}


def read_table(*, actor: User, project: Project, file: Upload) -> dict[str, Any]:
    """Return the `columns` and `rows` of a CSV file or a workbook's first sheet, read in a confined process.

    Raises:
        Denied, NotFound: the person may not bring measures in here; asked before anything is read.
        Invalid: it is no table; the reason says where.
    """
    _require(actor, project)
    return read_rows_of_table(file)


def picked(table: Mapping[str, Any], columns: Mapping[str, str]) -> list[dict[str, str]]:
    """Return the rows of a table by our fields; `columns` says which column holds which.

    Raises:
        Invalid: a field or a column is unknown.
    """
    places = {}
    for field, column in columns.items():
        if field not in FIELDS:
            raise Invalid("columns", f"found {field!r}, expected some of {', '.join(FIELDS)}")
        if column not in table["columns"]:
            raise Invalid("columns", f"found no column {column[:80]!r}, expected one of {', '.join(table['columns'])}")
        places[field] = table["columns"].index(column)
    return [{field: row[place] for field, place in places.items()} for row in table["rows"]]


def bring(
    *,
    actor: User,
    project: Project,
    title: str,
    rows: Sequence[Mapping[str, str]],
    files: Mapping[int, Upload] | None = None,
    base: Document | None = None,
) -> Document:
    """Freeze measures, or with `base` their next version. A row holds texts by `FIELDS`; empty ones are left out.

    `files` are what shows a row's figure, by the row's place. A row without a new file keeps the one that a measure of
    its name and slice has in `base`.

    Raises:
        Denied, NotFound: the person may not bring measures in here; asked before any file is read.
        Invalid: a row is no measure (the reason says which), or a file is of no kind that may be kept.
    """
    _require(actor, project)
    before = _evidence_of(base)
    uploads = files or {}
    measures = []
    for number, row in enumerate(rows):
        measure = _measure(row)
        kept = before.get((measure.get("name"), measure.get("slice", "all")))
        evidence = _kept(number, uploads[number]) if number in uploads else kept
        measures.append(measure | ({"evidence": evidence} if evidence else {}))
    body = {"title": title, "measures": measures}
    return document_submit(actor=actor, project=project, kind=kinds.MEASURES, body=body, base=base)


def _require(actor: User, project: Project) -> None:
    with refusals_recorded(actor=actor, action="document.freeze", project=project):
        access.require(actor, "document.freeze", project)
        authors, held = KINDS[kinds.MEASURES].authors, access.roles_of(actor, project)
        if not authors & held:
            expected = f"one of: {access.words(authors)}, to bring measures in"
            found = f"your roles here: {access.words(held)}"
            who = access.ROLES[access.OWNER]
            raise Denied(Finding("access", found, expected, "Ask somebody who holds the role.", who))


def _measure(row: Mapping[str, str]) -> dict[str, Any]:
    given = {field: row[field].strip() for field in FIELDS if str(row.get(field) or "").strip()}
    measure: dict[str, Any] = {
        field: value for field, value in given.items() if field not in ("n", "complete", "layer")
    }
    if "n" in given:
        measure["n"] = int(given["n"]) if given["n"].isascii() and given["n"].isdigit() else given["n"]
    if "layer" in given:
        measure["layer"] = given["layer"].lower().replace(" ", "_")
    if given.get("complete", "").lower() in YES:
        measure["complete"] = True
    return measure


def _evidence_of(base: Document | None) -> dict[tuple[Any, Any], dict[str, Any]]:
    if base is None or base.kind != kinds.MEASURES:
        return {}
    measures = docs.envelope(base).body["measures"]
    return {(m["name"], m.get("slice", "all")): m["evidence"] for m in measures if m.get("evidence")}


def _kept(number: int, upload: Upload) -> dict[str, Any]:
    """Store a file that shows a figure, if it is of a kind that may be attached to documents."""
    name, chunks = upload
    try:
        clean = file_types.clean_name(name)
        entry, _ = examined(chunks, clean)
    except NotAllowed as problem:
        raise Invalid("evidence", f"row {number + 1}: {problem}") from None
    return entry.model_copy(update={"path": clean}).model_dump(mode="json", exclude_none=True)
