"""JSON Schema, draft 2020-12: the form of structured answers."""

from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError


def compiled(schema: dict[str, Any]) -> Draft202012Validator:
    """Return a validator of `schema`.

    Raises:
        ValueError: it is not a JSON Schema.
    """
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        raise ValueError(f"the schema is not a JSON Schema: {error.message}") from None
    return Draft202012Validator(schema)
