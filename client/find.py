"""Finding the document somebody means by a digest, the beginning of one, or a title."""

import re
from typing import Any

from client.api import Api
from client.failure import NOT_ALLOWED, USAGE, Failure

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_PREFIX = re.compile(r"(?:sha256:)?([0-9a-f]{6,64})")
SHOWN = 10


def digest(api: Api, meant: str, *, launchable: bool = False) -> str:
    """Return the digest of the one document meant.

    By title, the newest version of a series counts; an exact title goes before one that only contains the words.

    Raises:
        Failure: there is none, or more than one.
    """
    meant = meant.strip()
    if _DIGEST.fullmatch(meant):
        return meant
    if not meant:
        raise Failure(USAGE, "found nothing, expected a digest, the beginning of one (six digits or more), or a title")
    only = True if launchable else None
    if prefix := _PREFIX.fullmatch(meant.lower()):
        rows = api.get("documents", q=meant.lower(), launchable=only, limit=50)["results"]
        found = [row for row in rows if row["digest"].startswith(f"sha256:{prefix[1]}")]
        if found:
            return _one(found, meant)
    page = api.get("documents", q=meant, newest=True, launchable=only, limit=200)
    exact = [row for row in page["results"] if row["title"].casefold() == meant.casefold()]
    return _one(exact or page["results"], meant)


def _one(rows: list[dict[str, Any]], meant: str) -> str:
    if not rows:
        raise Failure(NOT_ALLOWED, f"there is no document {meant!r} that you may see; countersign documents lists them")
    if len(rows) > 1:
        listed = "\n".join(
            f"  {row['digest']}  {row['title']} v{row['number']} ({row['kind']})" for row in rows[:SHOWN]
        )
        raise Failure(USAGE, f"{meant!r} can mean {len(rows)} documents; say which:\n{listed}")
    return str(rows[0]["digest"])
