"""The feeds that the worker reads by itself, as the operator lists them in COUNTERSIGN_FEEDS.

An entry is a format and where its feed is: an address, a file of the worker's machine (/…), or a file of an installed
package (package:NAME/PATH). An address may be followed by the environment variable its key is in, and every entry by
"as" and what the source is called.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.core.exceptions import ImproperlyConfigured

from governance.proof.formats.fields import VARIABLE_NAME
from training.lifecycle.feeds.registry import FORMATS, Format

PACKAGE = "package:"
_ADDRESS = re.compile(r"https?://[^\s#@]{1,1000}")
_ENTRY = re.compile(rf"(?P<form>\S+) (?P<place>\S+)(?: (?P<variable>{VARIABLE_NAME}))?(?: as (?P<name>\S.{{0,199}}))?")
_IN_PACKAGE = re.compile(r"package:[A-Za-z_][A-Za-z0-9_]*(/[A-Za-z0-9._-]+)+")


@dataclass(frozen=True)
class Listed:
    """A feed of the operator's: how it is read, where it is, and what its source is called."""

    format: Format
    place: str
    variable: str | None
    source: str

    @property
    def fetched(self) -> bool:
        """Whether it is got from elsewhere, so that it is as young as the moment it was fetched."""
        return bool(_ADDRESS.fullmatch(self.place))

    @property
    def url(self) -> str:
        """Its address without what might be a key in it, or "" when it has none."""
        parts = urlsplit(self.place) if self.fetched else None
        return f"{parts.scheme}://{parts.netloc}{parts.path}" if parts else ""

    @property
    def file_name(self) -> str:
        """What the bytes are called that came from there."""
        plain = re.sub(r"[^A-Za-z0-9._-]", "-", PurePosixPath(urlsplit(self.place).path).name)[-100:].lstrip(".")
        return plain or "feed"


def listed() -> tuple[Listed, ...]:
    """Return the feeds in COUNTERSIGN_FEEDS.

    Raises:
        ImproperlyConfigured: an entry is none, or two have one source: each would take away what the other says.
    """
    found = tuple(_listed(entry.strip()) for entry in settings.COUNTERSIGN_FEEDS if entry.strip())
    names = [one.source for one in found]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ImproperlyConfigured(
            f"COUNTERSIGN_FEEDS has two feeds of one source, {twice[0]!r}; name each: FORMAT PLACE as NAME"
        )
    return found


def _listed(entry: str) -> Listed:
    found = _ENTRY.fullmatch(entry)
    known = FORMATS.get(found["form"]) if found else None
    if found is None or known is None or not _is_place(found["place"]):
        raise ImproperlyConfigured(
            f"COUNTERSIGN_FEEDS holds {entry[:80]!r}; expected FORMAT PLACE, such as "
            '"bydtech package:model_retire/models.json" or "openai https://api.openai.com/v1/models OPENAI_API_KEY as '
            f'OpenAI models"; the formats: {", ".join(sorted(FORMATS))}'
        )
    place, variable = found["place"], found["variable"]
    if variable and not _ADDRESS.fullmatch(place):
        raise ImproperlyConfigured(
            f"COUNTERSIGN_FEEDS names a key for {place[:80]!r}, expected one for an address only"
        )
    source = (found["name"] or known.source or PurePosixPath(place).name).strip()
    return Listed(known, place, variable, source)


def _is_place(place: str) -> bool:
    if place.startswith(PACKAGE):
        return bool(_IN_PACKAGE.fullmatch(place)) and ".." not in place.split("/")
    return place.startswith("/") or _is_address(place)


def _is_address(place: str) -> bool:
    try:
        parts = urlsplit(place)
        return bool(_ADDRESS.fullmatch(place) and parts.hostname and (parts.port is None or parts.port))
    except ValueError:  # a port or an address of version 6 that is none
        return False


def fit(app_configs: Sequence[AppConfig] | None = None, **_: Any) -> list[CheckMessage]:  # noqa: ARG001
    """Return what cannot be understood of the operator's list, for `manage.py check` and every command's start."""
    try:
        listed()
    except ImproperlyConfigured as problem:
        hint = "Separate entries by commas, and format, place, variable and name by spaces."
        return [Error(str(problem), hint=hint, id="countersign.E015")]
    return []
