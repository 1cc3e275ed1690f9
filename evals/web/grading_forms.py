"""Forms of people's grades: a round of grading, and a judge that is held against one."""

from typing import Any

from django import forms

from governance.web.forms.base import Described, offer


class RoundForm(Described):
    """Whose outputs are graded, how many of them, and by which criteria."""

    title = forms.CharField(label="Title", max_length=300)
    results = forms.MultipleChoiceField(
        label="Evaluation results",
        help_text="Of one plan. Graders are not told which output is from which.",
    )
    cases = forms.IntegerField(
        label="How many cases",
        min_value=1,
        required=False,
        help_text="The server draws them, from every slice. Left empty: every case.",
    )
    criteria = forms.CharField(
        label="Further criteria",
        required=False,
        max_length=2000,
        help_text="Names with commas between, to hold what graded them against people. The rubric’s criteria for "
        "people are graded anyway.",
    )

    def __init__(self, *args: Any, results: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "results", results)


class CalibrationForm(Described):
    """Which judge is held against people's grades."""

    judge = forms.ChoiceField(
        label="Judge",
        help_text="Of the rubric. It is held against what people said of the same answers.",
    )

    def __init__(self, *args: Any, judges: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "judge", judges)
