"""Canonical JSON: one value, one sequence of bytes, one digest.

RFC 8785 (JSON Canonicalization Scheme) narrowed so that no two readers can disagree: no floating-point numbers at all
(decimals travel as strings), integers within ±(2^53−1) (RFC 8785 §3.2.2.3, RFC 7493 §2.2), no lone surrogates
(RFC 7493 §2.1), unique keys (RFC 7493 §2.3) and bounded nesting.
"""

import hashlib
import json
import re
from typing import Annotated, Any, NoReturn

import rfc8785
from pydantic import Field

MAX_INTEGER = 2**53 - 1
MAX_DEPTH = 64
# Python's own encoder, in C, writes what RFC 8785 asks for when keys are ASCII: it sorts them by code point, which for
# ASCII is the order of UTF-16 units (§3.2.3), and escapes what must be escaped and nothing else (§3.2.2.2).
_encoded = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), check_circular=False).encode
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")

Digest = Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]


class NotCanonical(ValueError):
    """The value has no canonical form, or the bytes are not the canonical form of any value."""


def dumps(value: Any) -> bytes:
    """Return the RFC 8785 bytes of `value` (None, bool, int, str, list or tuple, dict with str keys).

    Raises:
        NotCanonical: the value holds a float, an integer beyond ±(2^53−1), a key that is not a string, a lone
            surrogate, another type, or nests deeper than `MAX_DEPTH`.
    """
    if _plain(value, MAX_DEPTH):
        try:
            return _encoded(value).encode()
        except UnicodeEncodeError:
            pass  # a lone surrogate: `_check` says where
    _check(value, MAX_DEPTH)
    return rfc8785.dumps(value)


def loads(data: bytes) -> Any:
    """Return the value whose canonical form is exactly `data`.

    Raises:
        NotCanonical: not UTF-8, not JSON, a repeated key, a number that is not a plain integer, or bytes that differ
            from the canonical form of what they say (spacing, key order, escapes).
    """
    try:
        text = data.decode("utf-8")
        value = _decode(text)
        # Nothing was lost in reading if writing gives the same bytes: no key came twice, for one. Neither a number nor
        # a key needs another look then, nor the depth of what opens so few brackets.
        plain = text.isascii() and text.count("[") + text.count("{") <= MAX_DEPTH
        if (_encoded(value) == text) if plain or _plain(value, MAX_DEPTH) else (dumps(value) == data):
            return value
    except (ValueError, RecursionError):
        pass  # read again, slowly, to say what is wrong
    return _explained(data)


def _explained(data: bytes) -> Any:
    """Return what `loads` does, slowly: it looks at every pair and number, so that it can name what is wrong."""
    try:
        value = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_unique,
            parse_float=_no_fraction,
            parse_constant=_no_fraction,
        )
    except NotCanonical:
        raise
    except (ValueError, RecursionError) as error:
        raise NotCanonical(f"found bytes that are not UTF-8 JSON ({error}), expected canonical JSON") from error
    if dumps(value) != data:
        raise NotCanonical(
            "found JSON that differs from its canonical form (RFC 8785) in spacing, key order, escapes or number "
            "format; use the bytes as they were issued, never a re-formatted copy"
        )
    return value


def sha256(data: bytes) -> str:
    """Return the name of `data`: "sha256:" and 64 lower-case hexadecimal digits."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def is_digest(value: object) -> bool:
    """Return whether `value` is text of the form that `sha256` returns."""
    return isinstance(value, str) and _DIGEST.fullmatch(value) is not None


def _plain(value: Any, depth: int) -> bool:
    """Return whether the value has a canonical form and only ASCII keys; lone surrogates are not looked for."""
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return True
    if kind is int:
        return bool(-MAX_INTEGER <= value <= MAX_INTEGER)
    if depth <= 0:
        return (kind is dict or kind is list) and not value and depth == 0
    if kind is dict:
        for key, item in value.items():
            if type(key) is not str or not key.isascii() or not _plain(item, depth - 1):
                return False
        return True
    if kind is list or kind is tuple:
        for item in value:  # noqa: SIM110  (half the time of all() and a generator)
            if not _plain(item, depth - 1):
                return False
        return True
    return False


def _check(value: Any, depth: int) -> None:
    if depth < 0:
        raise NotCanonical(f"found nesting deeper than {MAX_DEPTH} levels; flatten the value")
    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                raise NotCanonical(f"found the key {key!r}, expected text; JSON keys are strings")
            _check_text(key)
            _check(item, depth - 1)
    elif isinstance(value, list | tuple):
        for item in value:
            _check(item, depth - 1)
    else:
        _check_scalar(value)


def _check_scalar(value: Any) -> None:
    if isinstance(value, str):
        _check_text(value)
    elif isinstance(value, int):
        if abs(value) > MAX_INTEGER:
            raise NotCanonical(f"found the integer {value:#x}, expected at most ±(2^53-1); write it as a string")
    elif isinstance(value, float):
        raise NotCanonical(f"found the floating-point number {value!r}, expected a decimal written as a string")
    elif value is not None:
        raise NotCanonical(f"found a {type(value).__name__}, expected null, true, false, integer, text, list or dict")


def _check_text(text: str) -> None:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise NotCanonical(f"found a lone surrogate in {text!r}, expected Unicode text") from error


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise NotCanonical(f"found the key {key!r} twice in one object, expected once")
        found[key] = value
    return found


def _integer(text: str) -> int:
    value = int(text)
    if abs(value) > MAX_INTEGER:
        raise NotCanonical(f"found the integer {text}, expected at most ±(2^53-1); write it as a string")
    return value


def _no_fraction(text: str) -> NoReturn:
    raise NotCanonical(f"found the number {text}, expected an integer, or a decimal written as a string")


_decode = json.JSONDecoder(parse_float=_no_fraction, parse_int=_integer, parse_constant=_no_fraction).decode
