"""What changed between two bodies."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from governance.web import diff

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def paths(old: Any, new: Any) -> list[tuple[str, str]]:
    return [(change.path, change.verb) for change in diff.changes(old, new)]


def test_a_changed_member_is_named_with_both_values() -> None:
    (change,) = diff.changes({"pass_mark": "1", "title": "t"}, {"pass_mark": "0.8", "title": "t"})
    assert (change.path, change.old, change.new, change.verb) == ("Pass mark", "1", "0.8", "changed")


def test_inserting_an_element_with_an_id_changes_nothing_else() -> None:
    old = {"thresholds": [{"id": "a", "limit": "0.5"}, {"id": "b", "limit": "0.6"}]}
    new = {"thresholds": [{"id": "new", "limit": "0.1"}, {"id": "a", "limit": "0.5"}, {"id": "b", "limit": "0.7"}]}
    assert paths(old, new) == [("Thresholds › new", "added"), ("Thresholds › b › Limit", "changed")]


def test_elements_without_an_identity_are_compared_by_place() -> None:
    assert paths({"rungs": [{"x": 1}, {"x": 2}]}, {"rungs": [{"x": 1}]}) == [("Rungs › 2", "removed")]


def test_twins_of_an_identity_fall_back_to_places() -> None:
    twins = [{"id": "a", "x": 1}, {"id": "a", "x": 2}]
    assert paths(twins, [{"id": "a", "x": 1}, {"id": "a", "x": 3}]) == [("2 › X", "changed")]


def test_true_and_one_are_different() -> None:
    assert paths({"dirty": 1}, {"dirty": True}) == [("Dirty", "changed")]


def test_a_replaced_reference_is_one_change() -> None:
    (change,) = diff.references([("rubric", "sha256:a", "R v1")], [("rubric", "sha256:b", "R v2")])
    assert (change.path, change.old, change.new) == ("Reference: Rubric", "R v1", "R v2")


@given(JSON)
def test_nothing_changed_between_equal_values(value: Any) -> None:
    assert diff.changes(value, value) == []


@given(JSON, JSON)
def test_unequal_values_always_show_a_change(old: Any, new: Any) -> None:
    if json.dumps(old, sort_keys=True) != json.dumps(new, sort_keys=True):
        assert diff.changes({"x": [old]}, {"x": [new]})


def test_another_order_is_a_change() -> None:
    (change,) = diff.changes({"labels": ["eye", "ear"]}, {"labels": ["ear", "eye"]})
    assert (change.path, change.old, change.new) == ("Labels › order", "eye, ear", "ear, eye")


def test_null_and_absent_are_different() -> None:
    assert paths({"note": None}, {}) == [("Note", "removed")]
