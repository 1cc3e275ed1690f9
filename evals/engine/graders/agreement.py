"""Consistency: whether answers to cases of one meaning, and to repeats of one case, say the same."""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping

from evals.engine.catalogue import ConsistencyParameters
from evals.engine.graders.base import Context, Grade, Key, Reading, scored
from evals.engine.graders.matching import same
from evals.engine.graders.texts import normalised, shared, words
from evals.engine.spec import Case

Readings = Mapping[Key, Reading]


def consistency(context: Context, cases: Iterable[Case], readings: Readings, repeats: int) -> dict[Key, Grade]:
    """Return a grade for every answer: the share of the other answers of its group and repeats that say the same.

    An answer that is missing or cannot be read agrees with none, and counts as one that should have. An answer with
    nothing to compare it with has no grade.
    """
    parameters: ConsistencyParameters = context.parameters
    groups: dict[tuple[str, str], list[Key]] = defaultdict(list)
    for case in cases:
        name = ("group", case.group) if case.group is not None else ("case", case.id)
        groups[name].extend((case.id, repeat) for repeat in range(1, repeats + 1))
    found: dict[Key, Grade] = {}
    for keys in groups.values():
        if len(keys) > 1:
            found.update(_grades(keys, readings, parameters))
    return found


def _grades(keys: list[Key], readings: Readings, parameters: ConsistencyParameters) -> dict[Key, Grade]:
    said = {key: _said(readings.get(key), parameters) for key in keys}
    others = len(keys) - 1
    if parameters.compare != "tokens":
        counts = Counter(_hashable(text) for text in said.values() if text is not None)
        agreeing = {key: counts[_hashable(text)] - 1 if text is not None else 0 for key, text in said.items()}
    else:
        agreeing = {
            key: sum(_alike(text, other, parameters) for name, other in said.items() if name != key)
            for key, text in said.items()
        }
    return {
        key: scored(agreeing[key] / others, parameters, compared=others, agree=agreeing[key])
        for key in keys
        if key in readings and said[key] is not None
    }


def _said(answer: Reading | None, parameters: ConsistencyParameters) -> str | None:
    if answer is None or not answer.parsed:
        return None
    part = answer.part(parameters.field)
    return part if part is None or parameters.compare != "normalised" else normalised(part)


def _hashable(text: str | None) -> Hashable:
    return text


def _alike(first: str | None, second: str | None, parameters: ConsistencyParameters) -> bool:
    if first is None or second is None:
        return False
    return same(first, second) or shared(words(first), words(second)) >= float(parameters.alike_from)
