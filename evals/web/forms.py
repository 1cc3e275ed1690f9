"""The forms of evaluation's pages."""

from typing import Any

from django import forms

from governance.web.forms.base import Described, offer


class QualityForm(Described):
    """Which datasets are checked against which cases."""

    datasets = forms.MultipleChoiceField(
        label="Datasets",
        help_text="The ones that will be trained on together; register data first if the list is empty.",
    )
    evaluation_set = forms.ChoiceField(label="Evaluation set")
    rubric = forms.ChoiceField(label="Rubric", help_text="Its prompt is how cases and rows are compared.")

    def __init__(
        self,
        *args: Any,
        datasets: list[tuple[str, str]],
        sets: list[tuple[str, str]],
        rubrics: list[tuple[str, str]],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "datasets", datasets)
        offer(self, "evaluation_set", sets)
        offer(self, "rubric", rubrics)
