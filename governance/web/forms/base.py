"""What all forms of pages share: how fields look and point to their help, and when a typed day is over."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django import forms

from governance.proof.formats.fields import moment


class Described(forms.Form):
    """A form whose fields point to their help and errors, look as Bootstrap wants, and share a page with others."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("auto_id", type(self).__name__.lower() + "_%s")
        super().__init__(*args, **kwargs)
        describe(self)


def describe(form: forms.BaseForm) -> None:
    """Give each widget its class; Django itself writes aria-describedby and aria-invalid."""
    for field in form.fields.values():
        widget = field.widget
        if isinstance(widget, forms.CheckboxInput | forms.CheckboxSelectMultiple | forms.RadioSelect):
            widget.attrs.setdefault("class", "form-check-input")
        elif isinstance(widget, forms.Select):
            widget.attrs.setdefault("class", "form-select")
        elif not widget.is_hidden:
            widget.attrs.setdefault("class", "form-control")


TYPED = "%Y-%m-%dT%H:%M:%S"


def typed(time: datetime) -> str:
    """Return the first whole second that is not before a moment, as a form takes it."""
    return f"{(time + timedelta(microseconds=999_999)).replace(microsecond=0):{TYPED}}"


class MomentInput(forms.DateTimeInput):
    """Where a moment is typed. What came as it stands in records, with its zone, is shown as it could be typed."""

    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(attrs={"step": "1"}, format=TYPED)

    def format_value(self, value: Any) -> str | None:
        """Return the value as the browser takes it."""
        try:
            return typed(moment(value) if isinstance(value, str) else value)
        except (ValueError, TypeError):
            return super().format_value(value)


class MomentField(forms.DateTimeField):
    """A moment in UTC, by the second."""

    widget = MomentInput


def day_over(day: date) -> datetime:
    """Return when a day that was typed is over in UTC: at midnight; of the last day there is, its last moment."""
    if day == date.max:
        return datetime.combine(day, time.max, UTC)
    return datetime.combine(day + timedelta(days=1), time(), UTC)


def offer(form: forms.BaseForm, name: str, choices: list[tuple[str, str]]) -> None:
    """Give a field the choices that only this request knows."""
    field = form.fields[name]
    if not isinstance(field, forms.ChoiceField):
        raise TypeError(f"the field {name!r} offers no choices")
    field.choices = choices


def password_field(label: str, *, required: bool = True) -> forms.CharField:
    """A password entered anew, kept exactly as typed."""
    return forms.CharField(
        label=label,
        required=required,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        help_text="Entered anew for this act; it is not stored with it.",
    )
