"""Who acts, for commands that act for a person."""

import getpass
import os

from governance.errors import NotFound
from governance.models import User
from governance.services.reauthentication import Proof


def named(username: str, *, active: bool = True) -> User:
    """Return the person of that name. NotFound when there is none, or none that may still sign in."""
    found = User.objects.filter(username=username).first()
    if found is None or (active and not found.is_active):
        raise NotFound(f"there is no {'active ' if active else ''}person called {username!r}")
    return found


def proof_of(user: User) -> Proof:
    """Return the password of somebody who acts by a command: from COUNTERSIGN_PASSWORD, or asked for."""
    given = os.environ.get("COUNTERSIGN_PASSWORD")
    return Proof(given if given is not None else getpass.getpass(f"Password for {user.username}: "))
