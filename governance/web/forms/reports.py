"""What a report is asked: one field for each that the report's own model asks for."""

import types
import typing
from datetime import date
from typing import Any, Literal

from django import forms
from pydantic.fields import FieldInfo

from governance.registry import ReportKind
from governance.web.forms.base import describe

_DATE = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class ReportForm(forms.Form):
    """What is asked of one kind of report; `parameters` is it as JSON, empty fields left out."""

    def __init__(
        self, kind: ReportKind, *args: Any, documents: list[tuple[str, str]] | None = None, **kwargs: Any
    ) -> None:
        kwargs.setdefault("auto_id", f"report-{kind.name}_%s")
        kwargs.setdefault("prefix", "p")
        super().__init__(*args, **kwargs)
        if documents is not None:
            self.fields["document"] = forms.ChoiceField(label="Document", choices=documents)
        for name, info in kind.asks.model_fields.items():
            self.fields[name] = _field(info)
        describe(self)

    @property
    def parameters(self) -> dict[str, Any]:
        """What was filled in, as the report's model reads it."""
        given = {name: value for name, value in self.cleaned_data.items() if name != "document"}
        return {
            name: value.isoformat() if isinstance(value, date) else value
            for name, value in given.items()
            if value not in ("", None, False)
        }


def _field(info: FieldInfo) -> forms.Field:
    """Return the form's field for one of the model's: dates, choices, whole numbers, yes or no, and text."""
    kind, optional = _plain(info.annotation)
    told: dict[str, Any] = {
        "label": info.title or "",
        "help_text": info.description or "",
        "required": info.is_required() and not optional,
    }
    if not info.is_required() and info.default is not None:
        told["initial"] = info.default
    if typing.get_origin(kind) is Literal:
        return forms.ChoiceField(**told, choices=[(one, str(one).replace("_", " ")) for one in typing.get_args(kind)])
    if kind is date:
        return forms.DateField(**told, widget=_DATE)
    if kind is bool:
        return forms.BooleanField(**{**told, "required": False})
    if kind is int:
        return forms.IntegerField(**told)
    return forms.CharField(**told, max_length=2000)


def _plain(annotation: Any) -> tuple[Any, bool]:
    """Return a type without Annotated and without "or nothing", and whether it may be nothing."""
    if typing.get_origin(annotation) is typing.Annotated:
        return _plain(typing.get_args(annotation)[0])
    if isinstance(annotation, types.UnionType) or typing.get_origin(annotation) is typing.Union:
        others = [one for one in typing.get_args(annotation) if one is not type(None)]
        if len(others) == 1:
            return _plain(others[0])[0], True
    return annotation, False
