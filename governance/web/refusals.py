"""A refusal shown beside the form that caused it, so that what was typed is not lost."""

from typing import Any

from django.forms import Form

from governance.errors import CountersignError, Invalid, NotFound, Refused
from governance.web.middleware import findings_of


def refused(form: Form, error: CountersignError) -> dict[str, Any]:
    """Put an Invalid's reason on its field; return the context of any other refusal.

    Raises:
        NotFound: as it came; the thing the form is about does not exist for this person.
    """
    if isinstance(error, NotFound):
        raise error
    if isinstance(error, Invalid) and error.field in form.fields:
        form.add_error(error.field, error.reason)
        return {}
    return {"findings": findings_of(error), "recorded": isinstance(error, Refused)}
