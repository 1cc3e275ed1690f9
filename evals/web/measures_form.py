"""The forms of imported measures: a row each with what shows it, and which column of a table holds what."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from django import forms
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict

from evals.formats.reading import MOST_ROWS
from evals.services.measures import FIELDS, guess
from governance.errors import Invalid
from governance.web.forms.base import Described, offer

MOST: Final = 80
"""Measures that one form holds: each sends up to 12 fields, of 1000 in a request (DATA_UPLOAD_MAX_NUMBER_FIELDS)."""
OTHERWISE: Final = f"bring more as a table by API, which takes {MOST_ROWS}"
LAYERS: Final = [("", "not said"), ("workflow", "the work"), ("business_risk", "business and risk"),
                 ("quality", "the model")]  # fmt: skip
HELP: Final[Mapping[str, str]] = {
    "name": "Name", "layer": "Says something about", "value": "Value", "unit": "Unit", "observed": "Period",
    "n": "n, what was counted", "source": "Source", "slice": "Slice", "low": "Lower bound", "high": "Upper bound",
    "alpha": "α of the bounds", "complete": "All there is was counted",
}  # fmt: skip
BOUNDS: Final = ("slice", "low", "high", "alpha", "complete")


class MeasureForm(Described):
    """One measure."""

    name = forms.CharField(label=HELP["name"], max_length=64, help_text="Thresholds call it measure:NAME.")
    layer = forms.ChoiceField(label=HELP["layer"], required=False, choices=LAYERS)
    value = forms.CharField(label=HELP["value"], max_length=40, help_text="Such as 0.12 for 12 in 100.")
    unit = forms.CharField(label=HELP["unit"], max_length=300, help_text="Such as share, minutes, euros a case.")
    observed = forms.CharField(label=HELP["observed"], max_length=300, help_text="Such as May 2026.")
    n = forms.CharField(label=HELP["n"], max_length=12)
    source = forms.CharField(label=HELP["source"], max_length=300, help_text="System and report it was taken from.")
    evidence = forms.FileField(
        label="File that shows it",
        required=False,
        help_text="Kept by digest. A measure of the version before keeps its own.",
    )
    slice = forms.CharField(label=HELP["slice"], required=False, max_length=64, help_text="Empty: all cases.")
    low = forms.CharField(label=HELP["low"], required=False, max_length=40)
    high = forms.CharField(label=HELP["high"], required=False, max_length=40)
    alpha = forms.CharField(label=HELP["alpha"], required=False, max_length=40, help_text="One-sided, such as 0.05.")
    complete = forms.BooleanField(label=HELP["complete"], required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, auto_id=f"{kwargs['prefix']}_%s", **kwargs)

    def asked_fields(self) -> list[forms.BoundField]:
        """What everybody is asked."""
        return [self[name] for name in self.fields if name not in BOUNDS]

    def bound_fields(self) -> list[forms.BoundField]:
        """Bounds and slice."""
        return [self[name] for name in BOUNDS]

    @property
    def bounds_wrong(self) -> bool:
        """Whether something behind the fold needs mending, or is filled."""
        return any(self[name].errors or self[name].value() for name in BOUNDS)

    def row(self) -> dict[str, str]:
        """Return the measure as the service takes it."""
        given = self.cleaned_data
        return {field: "yes" if given[field] is True else str(given[field] or "") for field in FIELDS}


class MeasuresHead(Described):
    """What the measures say once."""

    rows = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=MOST)
    title = forms.CharField(label="Title", max_length=300)
    base = forms.ChoiceField(label="Next version of", required=False)


class MeasuresForm:
    """All measures of a document: a head and a row each; `act` says which button was pressed."""

    def __init__(
        self,
        data: QueryDict | None = None,
        files: "MultiValueDict[str, Any] | None" = None,
        *,
        title: str = "",
        base: str = "",
        rows: Sequence[Mapping[str, Any]] = (),
        bases: list[tuple[str, str]],
    ) -> None:
        self.act = data.get("act", "save") if data is not None else ""
        if data is None:
            _require_room(len(rows))
            shown = [_typed(row) for row in rows] or [{}]
            self.head = self._head({"rows": len(shown), "title": title, "base": base}, bases)
            self.rows = [MeasureForm(prefix=f"m{number}", initial=one) for number, one in enumerate(shown)]
            return
        text = data.get("rows", "")
        count = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 1
        _require_room(count)
        kept = [n for n in range(max(1, count)) if self.act != f"remove-{n}" or count == 1]
        if self.act == "save":
            self.head = self._head(None, bases, data)
            self.rows = [MeasureForm(data, files, prefix=f"m{number}") for number in kept]
            return
        typed = [{name: data.get(f"m{n}-{name}", "") for name in MeasureForm.base_fields} for n in kept]
        typed += [{}] if self.act == "add" and len(typed) < MOST else []
        head = {"rows": len(typed), "title": data.get("title", ""), "base": data.get("base", "")}
        self.head = self._head(head, bases)
        self.rows = [MeasureForm(prefix=f"m{number}", initial=one) for number, one in enumerate(typed)]

    def _head(
        self, initial: Mapping[str, Any] | None, bases: list[tuple[str, str]], data: QueryDict | None = None
    ) -> MeasuresHead:
        head = MeasuresHead(data, initial=dict(initial or {}))
        offer(head, "base", [("", "a new document"), *bases])
        return head

    @property
    def full(self) -> str:
        """What to do when no more measures fit in; "" while some do."""
        return f"A form holds at most {MOST} measures; {OTHERWISE}." if len(self.rows) >= MOST else ""

    def is_valid(self) -> bool:
        """Return whether everything typed has the right shape."""
        return all([self.head.is_valid(), *(row.is_valid() for row in self.rows)])

    def given(self) -> list[dict[str, str]]:
        """Return the measures as the service takes them."""
        return [row.row() for row in self.rows]

    def uploads(self) -> dict[int, tuple[str, Any]]:
        """Return the files that show a figure, by the row's place."""
        found = enumerate(row.cleaned_data.get("evidence") for row in self.rows)
        return {number: (file.name or "file", file.chunks()) for number, file in found if file}


class TableForm(Described):
    """A table of measures."""

    file = forms.FileField(
        label="File",
        help_text="CSV, or the first sheet of an Excel workbook, with a heading. "
        f"At most {MOST} rows go on in the form; {OTHERWISE}.",
    )


class ColumnsForm(Described):
    """Which column of a table holds which field; what its heading seems to say is chosen already."""

    def __init__(self, *args: Any, columns: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, initial=guess(columns), **kwargs)
        for field in FIELDS:
            self.fields[field] = forms.ChoiceField(
                label=HELP[field], required=False, choices=[("", "no column"), *((name, name) for name in columns)]
            )
            self.fields[field].widget.attrs["class"] = "form-select"

    def chosen(self) -> dict[str, str]:
        """Return the chosen column of each field that has one."""
        return {field: column for field, column in self.cleaned_data.items() if column}


def _require_room(count: int, field: str = "rows") -> None:
    """Return if a form holds so many measures: whoever was shown fewer would freeze fewer."""
    if count > MOST:
        raise Invalid(field, f"found {count} measures, a form holds at most {MOST}; {OTHERWISE}")


def require_room(table: Mapping[str, Any]) -> None:
    """Return if the rows of a table fit in a form. Invalid when not."""
    _require_room(len(table["rows"]), "file")


def _typed(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a measure of a body, or a row of a table, as the form shows it."""
    found = {field: row.get(field) for field in FIELDS if row.get(field) not in (None, "")}
    if "complete" in found:
        found["complete"] = str(found["complete"]).lower() in ("true", "yes", "1")
    if found.get("slice") == "all":
        del found["slice"]
    if "layer" in found:
        found["layer"] = str(found["layer"]).lower().replace(" ", "_")
    return found
