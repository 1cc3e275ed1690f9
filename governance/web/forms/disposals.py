"""What is drafted of disposals on pages."""

from collections.abc import Sequence
from typing import Any

from django import forms

from governance.selectors.retention import Past
from governance.web.forms.base import Described, offer


class PastRetentionForm(Described):
    """Which documents past their retention are disposed of, and why what is kept with them may go."""

    documents = forms.MultipleChoiceField(
        label="What is kept with these documents",
        widget=forms.CheckboxSelectMultiple,
        help_text="The documents themselves, their signatures and their entries stay.",
    )
    legal_basis = forms.CharField(
        label="Legal basis",
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Why it may, or must, go. The disposal itself stays, so name nobody.",
    )

    def __init__(self, *args: Any, past: Sequence[Past], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "documents", [(one.document.digest, _words(one)) for one in past])


def _words(one: Past) -> str:
    parts = [
        f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"
        for count, what in ((len(one.files), "file"), (len(one.openings), "private part"))
        if count
    ]
    place = one.document.project.name if one.document.project else "Shelf"
    return f"{one.document}, {place}: {' and '.join(parts)}, kept long enough since {one.since:%Y-%m-%d}"
