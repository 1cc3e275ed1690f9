"""What another tool has no place for, kept beside what it has: one object under the key "countersign".

So a file that was written here, and perhaps went through that tool, is read again without loss.
"""

from collections.abc import Collection, Mapping
from typing import Any

from evals.engine.spec import Case
from evals.formats.reading import Place, Reading

KEY = "countersign"


def beside(case: Case, kept: Collection[str]) -> dict[str, Any]:
    """Return the members of a case beyond those `kept` elsewhere, without defaults; {} when there are none."""
    return case.model_dump(mode="json", exclude=set(kept), exclude_defaults=True)


def restored(reading: Reading, place: Place, found: object, allowed: Collection[str]) -> dict[str, Any]:
    """Return the members that stand under the key, checked to be among `allowed`; a problem when they are not."""
    if found is None:
        return {}
    if not isinstance(found, Mapping) or (set(found) - set(allowed)):
        what = f"the members {sorted(map(str, found))}" if isinstance(found, Mapping) else type(found).__name__
        reading.problem(place, f"{what} under {KEY!r}", f"an object of some of: {', '.join(sorted(allowed))}")
        return {}
    return dict(found)
