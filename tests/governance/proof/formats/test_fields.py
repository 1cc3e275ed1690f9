"""Times and base64 have one spelling."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.proof.formats.fields import base64_bytes, base64_text, moment, rfc3339


@given(st.datetimes(timezones=st.just(UTC)))
def test_times_round_trip(value: datetime) -> None:
    assert moment(rfc3339(value)) == value


def test_times_are_written_in_utc_and_need_a_zone() -> None:
    east = datetime(2026, 1, 2, 5, tzinfo=timezone(timedelta(hours=2)))
    assert rfc3339(east) == "2026-01-02T03:00:00.000000Z"
    with pytest.raises(ValueError, match="without a time zone"):
        rfc3339(datetime(2026, 1, 2))  # noqa: DTZ001


@pytest.mark.parametrize(
    "text",
    ["", "2026-01-02T03:04:05", "2026-02-30T00:00:00Z", "2026-01-02 03:04:05Z", "2026-01-02T03:04:05Z\n",
     "2026-01-02T03:04:05.1234567Z", "2026-01-02T25:00:00Z"],
)  # fmt: skip
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the standard library words the impossible dates
        moment(text)


@given(st.binary(max_size=40))
def test_base64_round_trips(data: bytes) -> None:
    assert base64_bytes(base64_text(data)) == data


@pytest.mark.parametrize("text", ["A", "AA", "AB==", "AA==\n", " AA==", "AA=", "A-__", "é"])
def test_other_spellings_of_base64(text: str) -> None:
    with pytest.raises(ValueError, match=r"found|ASCII"):
        base64_bytes(text)
