"""The form of an answer: JSON Schema, patterns, and a policy's required and forbidden content.

Patterns are RE2's: they match in time linear in the text.
"""

from functools import lru_cache
from typing import Any

import re2

from evals.engine.catalogue import PolicyParameters, RegexParameters, SchemaParameters
from evals.engine.graders.base import Context, Grade, Grader, Reading, read, shown, yes
from evals.engine.json_schemas import compiled
from evals.engine.spec import Case


def json_schema(context: Context) -> Grader:
    """Return a grader that asks for JSON of a schema (draft 2020-12)."""
    parameters: SchemaParameters = context.parameters
    schema = compiled(parameters.json_schema or context.rubric.output.json_schema or {})

    def grade(_case: Case, answer: Reading) -> Grade:
        value = answer if context.json else read(answer.text, "json")
        if not value.parsed:
            return yes(False, error="not JSON")
        error = next(schema.iter_errors(value.value), None)
        return yes(True) if error is None else yes(False, error=shown(error.message))

    return grade


def regex(context: Context) -> Grader:
    """Return a grader that asks for a pattern, or for its absence."""
    parameters: RegexParameters = context.parameters
    pattern = compile_pattern(parameters.pattern, parameters.ignore_case)

    def grade(_case: Case, answer: Reading) -> Grade:
        part = answer.part(parameters.field)
        if part is None:
            return yes(False, found="no such field")
        found = pattern.fullmatch(part) if parameters.whole else pattern.search(part)
        return yes((found is None) == parameters.absent, found=shown(found.group(0)) if found else "nothing")

    return grade


def policy(context: Context) -> Grader:
    """Return a grader that asks for all required patterns and none of the forbidden."""
    parameters: PolicyParameters = context.parameters
    forbidden = [(text, compile_pattern(text, parameters.ignore_case)) for text in parameters.forbidden]
    required = [(text, compile_pattern(text, parameters.ignore_case)) for text in parameters.required]

    def grade(_case: Case, answer: Reading) -> Grade:
        part = answer.part(parameters.field)
        if part is None:
            return yes(False, broken=["no such field"])
        broken = [f"found {shown(text, 80)}" for text, pattern in forbidden if pattern.search(part)]
        broken += [f"lacks {shown(text, 80)}" for text, pattern in required if not pattern.search(part)]
        return yes(not broken, broken=broken[:10])

    return grade


@lru_cache(maxsize=1024)
def compile_pattern(pattern: str, ignore_case: bool) -> Any:
    """Return the compiled RE2 pattern."""
    options = re2.Options()
    options.case_sensitive = not ignore_case
    options.log_errors = False
    return re2.compile(pattern, options)
