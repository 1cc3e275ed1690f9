"""Fields of a JSON object: right, partly right or wrong, one by one."""

from typing import Any

from evals.engine.catalogue import FieldsParameters
from evals.engine.graders.base import Context, Grade, Grader, Reading, scored
from evals.engine.graders.matching import same
from evals.engine.graders.texts import normalised, shared, words
from evals.engine.spec import Case


def fields(context: Context) -> Grader:
    """Return a grader of declared fields: F1 over the fields that target or answer have.

    `detail["fields"]` holds per field of either how well it matches (six decimals), and whether target and answer have
    it: what the metrics field_f1 and record_exact are counted from.
    """
    parameters: FieldsParameters = context.parameters

    def grade(case: Case, answer: Reading) -> Grade:
        rights = [context.read(right).value for right in case.answers]
        found = [_compare(answer.value, right, parameters) for right in rights if isinstance(right, dict)]
        best = max(found, key=_f1, default={})
        exact = bool(found) and all(match == 1 for match, _, _ in best.values())
        grade = scored(_f1(best), parameters, exact=exact, fields=_recorded(best))
        return grade if found else Grade(0.0, False, grade.detail)

    return grade


def present(target: Any, names: list[str]) -> frozenset[str]:
    """Return which of the fields `names` a right answer has; a null is as good as none."""
    return frozenset(name for name in names if isinstance(target, dict) and target.get(name) is not None)


def _compare(value: Any, target: dict[str, Any], parameters: FieldsParameters) -> dict[str, tuple[float, bool, bool]]:
    has, wanted = present(value, parameters.fields), present(target, parameters.fields)
    return {
        name: (
            _match(value[name], target[name], parameters) if name in has & wanted else 0.0,
            name in wanted,
            name in has,
        )
        for name in parameters.fields
        if name in has | wanted
    }


def _match(found: Any, wanted: Any, parameters: FieldsParameters) -> float:
    if isinstance(found, str) and isinstance(wanted, str):
        if found == wanted or (parameters.normalise and normalised(found) == normalised(wanted)):
            return 1.0
        # Not quite 1 whatever words they share: only equal texts are exact.
        return min(shared(words(found), words(wanted)), 0.999999) if parameters.partial else 0.0
    return float(same(found, wanted))


def _f1(found: dict[str, tuple[float, bool, bool]]) -> float:
    total = sum(wanted + has for _, wanted, has in found.values())
    return 2 * sum(match for match, _, _ in found.values()) / total if total else 1.0


def _recorded(found: dict[str, tuple[float, bool, bool]]) -> dict[str, list[str | bool]]:
    return {name: [f"{match:.6f}", wanted, has] for name, (match, wanted, has) in found.items()}
