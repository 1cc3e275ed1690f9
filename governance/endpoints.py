"""The endpoints outside that permitted work may ask, as the operator lists them in COUNTERSIGN_ENDPOINTS.

Each address is listed together with the environment variable its key comes from, if it needs one: a specification that
could pair any variable with any address would send the key, and the cases, wherever its author liked.
"""

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from governance.proof.formats.fields import HTTP_ADDRESS, VARIABLE_NAME


@dataclass(frozen=True)
class Listed:
    """An address (the base of an API) and the name of the variable that holds its key; None without a key."""

    address: str
    variable: str | None


def listed() -> tuple[Listed, ...]:
    """Return the endpoints in COUNTERSIGN_ENDPOINTS.

    Raises:
        ImproperlyConfigured: an entry is no address, or what follows it is no name of a variable.
    """
    return tuple(_listed(entry) for entry in settings.COUNTERSIGN_ENDPOINTS)


def fault(address: str, variable: str | None) -> str:
    """Return why work may not ask that address with a key from that variable, or "" when it may."""
    known = [one for one in listed() if one.address == _plain(address)]
    if not known:
        return f"the operator lists no endpoint {address}"
    if variable not in {one.variable for one in known}:
        return f"the operator does not let {variable or 'no key'} be used at {address}"
    return ""


def values(variables: Iterable[str]) -> Mapping[str, str]:
    """Return the values of those of `variables` that are listed and set in this process's environment."""
    allowed = {one.variable for one in listed()}
    return {name: os.environ[name] for name in variables if name in allowed and os.environ.get(name)}


def _listed(entry: str) -> Listed:
    address, _, variable = entry.strip().partition(" ")
    if not re.fullmatch(HTTP_ADDRESS, address) or (variable and not re.fullmatch(VARIABLE_NAME, variable)):
        raise ImproperlyConfigured(
            f"COUNTERSIGN_ENDPOINTS holds {entry.strip()[:80]!r}; expected an address and, where there is a key, the "
            'name of the variable it is in: "https://api.example/v1 EXAMPLE_KEY"'
        )
    return Listed(_plain(address), variable or None)


def _plain(address: str) -> str:
    return address.rstrip("/")
