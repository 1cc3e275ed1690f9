"""Field types shared by the proof formats, so that each fact has one spelling."""

import base64
import binascii
import re
from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

HTTP_ADDRESS = r"https?://[^\s?#@]{1,300}"
VARIABLE_NAME = r"[A-Z][A-Z0-9_]{0,63}"
BACKUP_NAME = r"[a-z][a-z0-9]{0,39}"
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z")


class Strict(BaseModel):
    """A frozen model that takes no unknown field and converts nothing."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


def told(error: Exception) -> str:
    """Return an error in one line: of a failed validation, the first field that is wrong and how many more are."""
    if not isinstance(error, ValidationError):
        return str(error)
    first, *others = error.errors(include_url=False, include_input=False)
    more = f" (and {len(others)} more)" if others else ""
    return f"{'.'.join(map(str, first['loc'])) or 'the whole'}: {first['msg']}{more}"


def rfc3339(moment: datetime) -> str:
    """Return an aware `moment` as RFC 3339 text in UTC with microseconds, such as 2026-11-22T02:21:39.000000Z.

    Raises:
        ValueError: the moment has no time zone.
    """
    if moment.tzinfo is None:
        raise ValueError(f"found the moment {moment} without a time zone, expected an aware one; attach UTC")
    return moment.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def moment(text: str) -> datetime:
    """Return the aware UTC moment that RFC 3339 `text` ending in Z names (RFC 3339 §5.6).

    Raises:
        ValueError: the text has another form or names no real moment.
    """
    if not _TIME.fullmatch(text):
        raise ValueError(f"found the time {text!r}, expected UTC such as 2026-11-22T02:21:39Z")
    return datetime.fromisoformat(text)


def base64_text(data: bytes) -> str:
    """Return standard base64 with padding (RFC 4648 §4)."""
    return base64.b64encode(data).decode()


def base64_bytes(text: str) -> bytes:
    """Return the bytes that `text` spells in standard base64, in the one spelling `base64_text` gives.

    Raises:
        ValueError: other characters, missing padding, or stray bits after the last byte (RFC 4648 §3.5).
    """
    try:
        data = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError(f"found text that is not base64 ({error}); use it as it was issued") from error
    if base64_text(data) != text:
        raise ValueError("found base64 with stray bits at its end; use it as it was issued")
    return data


def _time(text: str) -> str:
    moment(text)
    return text


Time = Annotated[str, Field(pattern=f"^{_TIME.pattern}$"), AfterValidator(_time)]
Uuid = Annotated[str, Field(pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")]
Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", description="a Merkle tree hash in hexadecimal")]
Count = Annotated[int, Field(ge=0, le=2**53 - 1)]
