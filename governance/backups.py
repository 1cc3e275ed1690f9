"""The backups that permitted work may read, as the operator lists them in COUNTERSIGN_BACKUPS.

A specification names a backup; which folder that is, only the operator says. Work that could be pointed at any folder
would read whatever its author liked.
"""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from governance import store
from governance.proof.formats.fields import BACKUP_NAME
from governance.runner.protocol import backup_variable


def listed() -> Mapping[str, Path]:
    """Return the folder of every backup in COUNTERSIGN_BACKUPS, by its name.

    Raises:
        ImproperlyConfigured: an entry is no name with an absolute folder, or a name is listed twice.
    """
    found: dict[str, Path] = {}
    for entry in settings.COUNTERSIGN_BACKUPS:
        name, _, folder = entry.strip().partition("=")
        if not re.fullmatch(BACKUP_NAME, name) or not Path(folder).is_absolute() or name in found:
            raise ImproperlyConfigured(
                f"COUNTERSIGN_BACKUPS holds {entry.strip()[:80]!r}; expected a name of lower-case letters and digits, "
                'each once, and an absolute folder: "vault=/mnt/vault"'
            )
        found[name] = Path(folder)
    return found


def fault(name: str) -> str:
    """Return why work may not read that backup, or "" when it may.

    The byte store is no backup of itself: what is fetched from it shows nothing of a day on which it is gone.
    """
    folder = listed().get(name)
    if folder is None:
        return f"the operator lists no backup {name!r}"
    lies, own = folder.resolve(), store.root().resolve()
    if lies.is_relative_to(own) or own.is_relative_to(lies):
        return f"the backup {name!r} holds the byte store itself, or lies in it"
    return ""


def values(names: Iterable[str]) -> Mapping[str, str]:
    """Return the folders of those of `names` that are listed, by the variable a runner finds them in."""
    known = listed()
    return {backup_variable(name): str(known[name]) for name in names if name in known}
