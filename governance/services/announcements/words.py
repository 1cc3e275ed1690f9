"""How announcements name requests, places and days."""

from datetime import datetime

from governance.models import (
    Project,
    SignoffRequest,
)


def about(request: SignoffRequest) -> str:
    """Return how notices name a request."""
    return f"request:{request.pk}"


def where(project: Project | None) -> str:
    """Return where something lies, as a text says it."""
    return f"in {project.name}" if project is not None else "on the organisation's shelf"


def day(moment: datetime | None) -> str:
    """Return a day as a text says it, in UTC."""
    if moment is None:
        return "no day"
    return f"{moment.day} {moment:%B %Y}"
