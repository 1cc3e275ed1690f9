"""The ledger's leaf, and commitments to what it does not say."""

from typing import Any

import pytest

from governance.proof.formats import canonical
from governance.proof.formats.canonical import NotCanonical
from governance.proof.formats.leaf import SALT_SIZE, Leaf, commit

GOOD: dict[str, Any] = {
    "v": 1, "seq": 7, "time": "2026-01-02T03:04:05.123456Z", "event": "signoff:document:signed", "actor": "worker",
    "project": None, "subjects": ["sha256:" + "a" * 64], "data": {"statement": "x"}, "commitment": None,
}  # fmt: skip


def test_round_trip() -> None:
    leaf = Leaf.model_validate(GOOD)
    assert leaf.to_bytes() == canonical.dumps(GOOD)
    assert Leaf.from_bytes(leaf.to_bytes()) == leaf


@pytest.mark.parametrize(
    "change",
    [{"v": 2}, {"v": True}, {"seq": -1}, {"seq": "7"}, {"time": "2026-01-02"}, {"time": "2026-01-02T03:04:05+00:00"},
     {"time": "2026-13-02T03:04:05Z"}, {"event": "signed"}, {"event": "a:b:C"}, {"event": "a:b:c:d"}, {"actor": ""},
     {"actor": "Ada Reviewer"}, {"project": "x"}, {"subjects": "x"}, {"data": []}, {"commitment": "x"}, {"extra": 1}],
)  # fmt: skip
def test_what_is_no_leaf(change: dict[str, Any]) -> None:
    with pytest.raises(NotCanonical):
        Leaf.from_bytes(canonical.dumps(GOOD | change))


def test_version_two_tells_of_the_clock() -> None:
    behind, ahead = GOOD | {"v": 2, "clock": -3_600_000_000}, GOOD | {"v": 2, "clock": 90_000_000}
    for said in (behind, ahead):
        leaf = Leaf.from_bytes(canonical.dumps(said))
        assert leaf.to_bytes() == canonical.dumps(said)
    assert Leaf.from_bytes(canonical.dumps(behind)).clock_told == "the clock was behind by 1:00:00"
    assert Leaf.from_bytes(canonical.dumps(ahead)).clock_told == "the clock had run ahead by 0:01:30"


@pytest.mark.parametrize(
    "change",
    [{"v": 1, "clock": 5}, {"v": 1, "clock": None}, {"v": 2, "clock": None}, {"v": 2, "clock": 2**53},
     {"v": 2, "clock": True}, {"v": 3, "clock": 5}],
)  # fmt: skip
def test_the_clock_belongs_to_version_two_alone(change: dict[str, Any]) -> None:
    with pytest.raises(NotCanonical):
        Leaf.from_bytes(canonical.dumps(GOOD | change))


@pytest.mark.parametrize("change", [{"v": 1, "clock": 5}, {"v": 2}])
def test_a_leaf_whose_version_does_not_fit_is_not_written(change: dict[str, Any]) -> None:
    with pytest.raises(NotCanonical, match="version"):
        Leaf.model_validate(GOOD | change).to_bytes()


@pytest.mark.parametrize("name", list(GOOD))
def test_every_field_must_be_there(name: str) -> None:
    with pytest.raises(NotCanonical):
        Leaf.from_bytes(canonical.dumps({k: v for k, v in GOOD.items() if k != name}))


def test_a_float_has_no_place_in_a_leaf() -> None:
    with pytest.raises(NotCanonical):
        Leaf.model_validate(GOOD | {"data": {"x": 0.5}}).to_bytes()


def test_a_commitment_depends_on_salt_and_content() -> None:
    one, two = bytes(SALT_SIZE), b"\x01" * SALT_SIZE
    assert commit(one, {"a": 1}) == commit(one, {"a": 1})
    assert len({commit(one, {"a": 1}), commit(two, {"a": 1}), commit(one, {"a": 2}), commit(one, {})}) == 4
    assert commit(one, {}) == canonical.sha256(one + b"{}")


@pytest.mark.parametrize("salt", [b"", bytes(SALT_SIZE - 1), bytes(SALT_SIZE + 1)])
def test_salts_have_one_length(salt: bytes) -> None:
    with pytest.raises(ValueError, match="salt"):
        commit(salt, {})
