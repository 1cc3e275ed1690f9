"""The forms that adopt the library."""

from typing import Any

from django import forms

from evals.engine.library import STARTERS, failure_modes
from governance.web.forms.base import Described, offer


class AdoptForm(Described):
    """Failure modes to be drafted into a plan."""

    modes = forms.MultipleChoiceField(label="Failure modes", widget=forms.CheckboxSelectMultiple)
    evaluation_set = forms.ChoiceField(label="Evaluation set", required=False, help_text="Its next version is drafted.")
    rubric = forms.ChoiceField(label="Rubric", required=False, help_text="Its next version is drafted.")

    def __init__(self, *args: Any, sets: list[tuple[str, str]], rubrics: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "modes", [(mode.name, mode.title) for mode in failure_modes().values()])
        offer(self, "evaluation_set", [("", "a new one"), *sets])
        offer(self, "rubric", [("", "a new one"), *rubrics])


class StarterForm(Described):
    """A starter set to be drafted."""

    starter = forms.ChoiceField(
        label="Starter set", choices=[(name, f"{name}: {about}") for name, about in STARTERS.items()]
    )
    purpose = forms.ChoiceField(
        label="For",
        choices=[("development", "development: everybody may see it"), ("holdout", "a holdout")],
        help_text="The examples are published: replace them before a holdout is signed.",
    )
