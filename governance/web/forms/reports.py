"""What a report is asked: one field for each that the report's own model asks for."""

import types
import typing
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Literal

from django import forms
from pydantic.fields import FieldInfo

from governance.proof.formats.fields import rfc3339
from governance.registry import MOMENT, ReportKind
from governance.web.forms.base import MomentField, describe

_DATE = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


Choices = list[tuple[str, str]]
OWN = ("document", "ledger_size")
"""what the form asks besides what the report's model does"""


class ReportForm(forms.Form):
    """What is asked of one kind of report; `parameters` is it as JSON, empty fields left out.

    `documents` are those that it can be about, where it is about one, and `named` those that a field of its model can
    name, by the field.
    """

    def __init__(
        self,
        kind: ReportKind,
        *args: Any,
        documents: Choices | None = None,
        named: Mapping[str, Choices] | None = None,
        **kwargs: Any,
    ) -> None:
        kwargs.setdefault("auto_id", f"report-{kind.name}_%s")
        kwargs.setdefault("prefix", "p")
        super().__init__(*args, **kwargs)
        if documents is not None:
            self.fields["document"] = forms.ChoiceField(label="Document", choices=documents)
        for name, info in kind.asks.model_fields.items():
            self.fields[name] = _field(info, (named or {}).get(name))
        if kind.past:
            self.fields["ledger_size"] = forms.IntegerField(
                label="As of ledger size",
                required=False,
                min_value=1,
                help_text="It tells what the ledger held at that size. Empty: what it holds once you have asked.",
            )
        describe(self)

    @property
    def parameters(self) -> dict[str, Any]:
        """What was filled in, as the report's model reads it."""
        given = {name: value for name, value in self.cleaned_data.items() if name not in OWN}
        return {name: _written(value) for name, value in given.items() if value not in ("", None, False)}


def documents_named(kind: ReportKind) -> dict[str, list[str]]:
    """Return which fields of a report's model name a document, each with the kinds that it may be of."""
    told = {name: info.json_schema_extra for name, info in kind.asks.model_fields.items()}
    found = {name: extra.get("document") for name, extra in told.items() if isinstance(extra, dict)}
    return {name: [str(one) for one in kinds] for name, kinds in found.items() if isinstance(kinds, list)}


def _written(value: Any) -> Any:
    """Return a value as JSON has it."""
    if isinstance(value, datetime):
        return rfc3339(value)
    return value.isoformat() if isinstance(value, date) else value


def _field(info: FieldInfo, choices: Choices | None) -> forms.Field:
    """Return the form's field for one of the model's: documents, moments, dates, choices, numbers, yes or no, text."""
    kind, optional = _plain(info.annotation)
    told: dict[str, Any] = {
        "label": info.title or "",
        "help_text": info.description or "",
        "required": info.is_required() and not optional,
    }
    if not info.is_required() and info.default is not None:
        told["initial"] = info.default
    if choices is not None:
        return forms.ChoiceField(**told, choices=[("", "choose one"), *choices])
    if info.json_schema_extra == MOMENT:
        return MomentField(**told)
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
