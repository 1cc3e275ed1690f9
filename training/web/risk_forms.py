"""The form of retirement risk: as of which day."""

from datetime import date

from django import forms

from governance.web.forms.base import Described


class OnForm(Described):
    """A day in UTC; the assessment that was the newest at its end is shown."""

    on = forms.DateField(
        label="As it was known on (UTC)",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
    )

    @property
    def day(self) -> date | None:
        """The day that was asked for; None where none was, or it is none."""
        return self.cleaned_data["on"] if self.is_bound and self.is_valid() else None
