"""Canonical JSON: one value, one spelling; everything else is refused."""

import json
from contextlib import suppress
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from governance.proof.formats import canonical
from governance.proof.formats.canonical import MAX_DEPTH, MAX_INTEGER, NotCanonical

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
integers = st.integers(-MAX_INTEGER, MAX_INTEGER)
values = st.recursive(
    st.none() | st.booleans() | integers | text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4),
    max_leaves=20,
)


@given(values)
def test_round_trip(value: Any) -> None:
    data = canonical.dumps(value)
    assert canonical.loads(data) == value
    assert json.loads(data) == value
    assert canonical.dumps(canonical.loads(data)) == data


keys = text | st.text(st.characters(max_codepoint=127), max_size=4)
anything = st.recursive(
    st.none() | st.booleans() | integers | st.text(max_size=20) | st.floats() | st.integers(),
    lambda inner: (
        st.lists(inner, max_size=4) | st.tuples(inner) | st.dictionaries(keys | st.integers(), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(anything)
def test_the_fast_way_writes_what_the_reference_writes(value: Any) -> None:
    try:
        canonical._check(value, MAX_DEPTH)
    except NotCanonical:
        with pytest.raises(NotCanonical):
            canonical.dumps(value)
    else:
        assert canonical.dumps(value) == rfc8785.dumps(value)


@pytest.mark.parametrize("last", [0, "a", [], {}, (), [0]])
@pytest.mark.parametrize("depth", range(MAX_DEPTH - 3, MAX_DEPTH + 3))
def test_depth_is_counted_alike_by_the_fast_way(depth: int, last: Any) -> None:
    value = last
    for level in range(depth):
        value = {"a": value} if level % 2 else [value]
    test_the_fast_way_writes_what_the_reference_writes.hypothesis.inner_test(value)  # type: ignore[attr-defined]


@given(values.filter(lambda v: isinstance(v, dict | list) and v))
def test_any_other_spelling_is_refused(value: Any) -> None:
    for other in (json.dumps(value, indent=1), " " + json.dumps(value), json.dumps(value) + "\n"):
        with pytest.raises(NotCanonical):
            canonical.loads(other.encode())


@given(values, st.data())
def test_a_flipped_byte_is_refused_or_says_something_else(value: Any, data: st.DataObject) -> None:
    good = canonical.dumps(value)
    at = data.draw(st.integers(0, len(good) - 1))
    bad = bytearray(good)
    bad[at] ^= data.draw(st.integers(1, 255))
    with suppress(NotCanonical):
        assert canonical.dumps(canonical.loads(bytes(bad))) == bytes(bad) != good


def nested(depth: int) -> Any:
    value: Any = 0
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    "value",
    [0.5, 1.0, float("nan"), float("inf"), MAX_INTEGER + 1, -MAX_INTEGER - 1, [10**5000], {1: 2}, {None: 1}, "\ud800",
     {"\udfff": 1}, b"x", {1, 2}, object(), [[0.1]], {"a": {"b": 1.5}}, nested(MAX_DEPTH + 1)],
)  # fmt: skip
def test_values_without_a_canonical_form(value: Any) -> None:
    with pytest.raises(NotCanonical, match="found"):
        canonical.dumps(value)


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"[1,]", b"1.0", b"1e3", b"-0", b"01", b"NaN", b"Infinity", b'{"a":1,"a":1}', b'{"b":1,"a":2}',
     b'"\\u0061"', b'"\\ud800"', b"\xff", b"\xef\xbb\xbf1", "1".encode("utf-16"), b'"\\/"', b"9007199254740992",
     b"[" * 100_000, b"1" * 10_000, b"null null", b'"\x7f\n"'],
)  # fmt: skip
def test_bytes_that_are_no_canonical_form(data: bytes) -> None:
    with pytest.raises(NotCanonical, match="found"):
        canonical.loads(data)


def test_keys_sort_by_utf16_code_units() -> None:
    # RFC 8785 §3.2.3: the example of the specification.
    keys = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\u0080", "\u00f6"]
    order = ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]
    assert list(canonical.loads(canonical.dumps(dict.fromkeys(keys, 0)))) == order


def test_depth_limit_is_the_same_for_reading_and_writing() -> None:
    assert canonical.loads(canonical.dumps(nested(MAX_DEPTH))) == nested(MAX_DEPTH)


def test_digest_of_the_empty_string() -> None:
    name = canonical.sha256(b"")
    assert name == "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert canonical.is_digest(name)


@pytest.mark.parametrize("value", ["", "sha256:", "a" * 64, "sha256:" + "A" * 64, "sha256:" + "a" * 64 + "\n", None, 1])
def test_what_is_not_a_digest(value: object) -> None:
    assert not canonical.is_digest(value)
