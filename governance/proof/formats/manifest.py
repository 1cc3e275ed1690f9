"""Manifests: how a document's body names big content that lives in the byte store."""

import re
from pathlib import PurePosixPath
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

SHA256_PATTERN = r"^sha256:[0-9a-f]{64}$"
_MAX_PATH = 512
_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f\\:]")


def safe_path(value: str) -> str:
    """Return `value` unchanged if it is a relative path that cannot leave its directory.

    Allowed are forward-slash separated names without empty parts, `.`, `..`, control characters, backslashes or
    colons (the last two are separators elsewhere), at most 512 characters.

    Raises:
        ValueError: the path is absolute, escapes, or is not in its one normal form.
    """
    plain = value and len(value) <= _MAX_PATH and not _FORBIDDEN.search(value) and value.isprintable()
    if not plain or value.startswith("/") or ".." in value.split("/") or str(PurePosixPath(value)) != value:
        raise ValueError(
            f"found the path {value!r}, expected a relative one such as 'cases/holdout.jsonl' "
            "(no leading '/', '.', '..', '//', backslash, colon or control character); rename the file"
        )
    if value == ".":
        raise ValueError("found the path '.', expected the name of a file; name the file itself")
    return value


SafePath = Annotated[str, AfterValidator(safe_path)]


class FileEntry(BaseModel):
    """One file of a manifest: where it goes, how many bytes it has, and which bytes they are.

    `sha256` is what is approved and checked; `md5` is only what DVC users know the same bytes by.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    path: SafePath
    size: int = Field(ge=0, le=2**53 - 1, description="bytes")
    sha256: str = Field(pattern=SHA256_PATTERN)
    md5: str | None = Field(default=None, pattern=r"^[0-9a-f]{32}$")
