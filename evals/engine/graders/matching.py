"""Right or wrong by comparison with the right answers: exact, normalised, choice, containment."""

import re
from typing import Any

from evals.engine.catalogue import ChoiceParameters, ContainmentParameters, NormalisedParameters
from evals.engine.graders.base import Context, Grade, Grader, Reading, shown, yes
from evals.engine.graders.texts import normalised
from evals.engine.spec import Case

_LETTER = re.compile(r"\(?([A-Za-z])(?:[).:]|\s|$)")


def exact(context: Context) -> Grader:
    """Return a grader that asks for equality: of JSON values where answers are JSON, else of every character."""

    def grade(case: Case, answer: Reading) -> Grade:
        rights = [context.read(right) for right in case.answers]
        if context.json:
            return yes(any(same(answer.value, right.value) for right in rights))
        return yes(any(answer.text == right.text for right in rights))

    return grade


def normal(context: Context) -> Grader:
    """Return a grader that compares texts once what the parameters name is set aside."""
    parameters: NormalisedParameters = context.parameters

    def plain(text: str) -> str:
        return normalised(
            text,
            case=parameters.ignore_case,
            punctuation=parameters.ignore_punctuation,
            articles=parameters.ignore_articles,
        )

    def grade(case: Case, answer: Reading) -> Grade:
        part = answer.part(parameters.field)
        return yes(part is not None and plain(part) in {plain(right) for right in context.rights(case)})

    return grade


def choice(context: Context) -> Grader:
    """Return a grader that finds which choice an answer names: by its letter at the start, or by its text."""
    parameters: ChoiceParameters = context.parameters

    def grade(case: Case, answer: Reading) -> Grade:
        named = _named(answer.text, case.choices, parameters.accept)
        right = case.choices.index(str(case.target))
        return yes(named == right, chosen="none" if named is None else chr(ord("A") + named))

    return grade


def containment(context: Context) -> Grader:
    """Return a grader that looks for the right answers' texts inside the answer."""
    parameters: ContainmentParameters = context.parameters

    def grade(case: Case, answer: Reading) -> Grade:
        part = answer.part(parameters.field)
        absent = [right for right in context.rights(case) if part is None or not _holds(part, right, parameters)]
        rights = len(context.rights(case))
        met = rights > 0 and (not absent if parameters.require == "all" else len(absent) < rights)
        return yes(met, absent=[shown(text) for text in absent[:5]])

    return grade


def same(first: Any, second: Any) -> bool:
    """Return whether two JSON values are equal; unlike Python's `==`, true is not 1 and 1 is not 1.0."""
    if type(first) is not type(second):
        return False
    if isinstance(first, dict):
        return first.keys() == second.keys() and all(same(value, second[key]) for key, value in first.items())
    if isinstance(first, list):
        return len(first) == len(second) and all(map(same, first, second))
    return bool(first == second)


def _named(text: str, choices: list[str], accept: str) -> int | None:
    """Return the number of the choice that `text` names; None if it names none."""
    wanted = normalised(text)
    if accept != "letter":
        for number, offered in enumerate(choices):
            if wanted == normalised(offered):
                return number
    if accept != "text" and (found := _LETTER.match(text.strip())):
        letter, rest = found.group(1).upper(), text.strip()[found.end() :].strip()
        number = ord(letter) - ord("A")
        # "A" or "(A) the choice's own words"; a sentence that happens to begin with the article "A" names nothing.
        if number < len(choices) and (not rest or normalised(rest) == normalised(choices[number])):
            return number
    return None


def _holds(text: str, wanted: str, parameters: ContainmentParameters) -> bool:
    where, what = (normalised(part, case=parameters.ignore_case, punctuation=False) for part in (text, wanted))
    if not parameters.whole_words:
        return what in where
    return re.search(rf"(?<!\w){re.escape(what)}(?!\w)", where) is not None
