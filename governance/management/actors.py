"""Who acts, for commands that act for a person."""

from governance.errors import NotFound
from governance.models import User


def named(username: str, *, active: bool = True) -> User:
    """Return the person of that name. NotFound when there is none, or none that may still sign in."""
    found = User.objects.filter(username=username).first()
    if found is None or (active and not found.is_active):
        raise NotFound(f"there is no {'active ' if active else ''}person called {username!r}")
    return found
