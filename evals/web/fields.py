"""Fields that forms of evaluation share: several files at once, and lines of "name, mark, text"."""

from typing import Any

from django import forms


class FilesInput(forms.ClearableFileInput):
    """A file input that takes several."""

    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several uploaded files, each cleaned as one."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", FilesInput())
        super().__init__(**kwargs)

    def clean(self, data: Any, initial: Any = None) -> Any:
        """Return the files as a list."""
        single = super().clean
        found = data if isinstance(data, list | tuple) else [data]
        return [single(one, initial) for one in found] if found else single(None, initial)


def lines_of(text: str, separator: str) -> dict[str, str]:
    """Return lines of "name<separator>text" as a mapping. ValidationError names the line that is none."""
    found: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        name, mark, rest = (part.strip() for part in line.partition(separator))
        if not mark or not name or not rest or name in found:
            raise forms.ValidationError(
                f"Line {number}: found {line[:80]!r}, expected a new name, {separator} and text."
            )
        found[name] = rest
    return found
