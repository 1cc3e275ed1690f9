"""The body of add-checkpoint (C2SP tlog-witness)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.proof.formats.add_checkpoint import AddCheckpoint

HASH = st.binary(min_size=32, max_size=32)


@given(st.integers(0, 10**15), st.lists(HASH, max_size=63), st.text())
def test_round_trip(old: int, proof: list[bytes], note: str) -> None:
    request = AddCheckpoint(old, tuple(proof), note)
    assert AddCheckpoint.from_text(request.to_text()) == request


@pytest.mark.parametrize(
    "text",
    [
        "",
        "old 1",
        "old 1\n",
        "old 01\n\nnote",
        "old -1\n\nnote",
        "old  1\n\nnote",
        "new 1\n\nnote",
        "old 1\nAAAA\n\nnote",
        "old 1\n?\n\nnote",
        "old 99999999999999999\n\nnote",
        "old 1\n" + "A" * 43 + "=\n" * 64 + "\nnote",
        "old 1\n" + ("A" * 43 + "=\n") * 64 + "\nnote",
    ],
)
def test_what_is_no_request(text: str) -> None:
    with pytest.raises(ValueError, match="found"):
        AddCheckpoint.from_text(text)
