"""What changed between two bodies, and how pages word it."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.proof.formats.envelope import Link
from governance.proof.words.difference_words import told
from governance.proof.words.differences import ABSENT, between, references

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
OLD, NEW, OTHER = (f"sha256:{letter * 64}" for letter in "abc")


def places(old: Any, new: Any) -> list[tuple[str, str]]:
    return [(change.path, change.verb) for change in between(old, new)]


def words(old: Any, new: Any) -> list[tuple[str, str]]:
    return [(change.path, change.verb) for change in told(between(old, new))]


def test_a_changed_member_is_named_with_both_values() -> None:
    (change,) = between({"pass_mark": "1", "title": "t"}, {"pass_mark": "0.8", "title": "t"}, "body")
    assert change.as_dict() == {"path": "body.pass_mark", "before": "1", "after": "0.8"}
    (line,) = told([change])
    assert (line.path, line.old, line.new, line.verb) == ("Body › Pass mark", "1", "0.8", "changed")


def test_inserting_an_element_with_an_id_changes_nothing_else() -> None:
    old = {"thresholds": [{"id": "a", "limit": "0.5"}, {"id": "b", "limit": "0.6"}]}
    new = {"thresholds": [{"id": "new", "limit": "0.1"}, {"id": "a", "limit": "0.5"}, {"id": "b", "limit": "0.7"}]}
    assert places(old, new) == [("thresholds[0]", "added"), ("thresholds[2].limit", "changed")]
    assert words(old, new) == [("Thresholds › new", "added"), ("Thresholds › b › Limit", "changed")]


def test_inserting_an_element_without_an_identity_changes_nothing_else() -> None:
    assert places([{"x": 1}, {"x": 2}], [{"x": 0}, {"x": 1}, {"x": 2}]) == [("[0]", "added")]


def test_a_removed_element_is_found_where_it_was() -> None:
    assert places({"rungs": [{"x": 1}, {"x": 2}]}, {"rungs": [{"x": 1}]}) == [("rungs[1]", "removed")]
    assert words({"rungs": [{"x": 1}, {"x": 2}]}, {"rungs": [{"x": 1}]}) == [("Rungs › 2", "removed")]
    assert places(["ear", "eye"], ["eye"]) == [("[0]", "removed")]


def test_twins_of_an_identity_fall_back_to_alignment() -> None:
    twins = [{"id": "a", "x": 1}, {"id": "a", "x": 2}]
    assert words(twins, [{"id": "a", "x": 1}, {"id": "a", "x": 3}]) == [("2 › X", "changed")]
    assert places(["a", "a"], ["a", "a", "a"]) == [("[2]", "added")]


@pytest.mark.parametrize(("old", "new"), [(1, True), (0, False), ("1", 1), (None, False), ([], {}), ("", None)])
def test_what_is_of_another_type_differs(old: Any, new: Any) -> None:
    """1 and true are equal in Python, not in JSON."""
    assert places({"dirty": old}, {"dirty": new}) == [("dirty", "changed")]
    assert between([[old]], [[new]])
    assert between([{"x": old}], [{"x": new}])


def test_null_and_absent_are_different() -> None:
    (gone,) = between({"note": None}, {})
    assert (gone.before, gone.after, gone.as_dict()) == (None, ABSENT, {"path": "note", "before": None})
    (come,) = between({}, {"note": None})
    assert come.as_dict() == {"path": "note", "after": None}
    assert [(line.old, line.new) for line in told([gone, come])] == [("nothing", None), (None, "nothing")]


def test_another_order_is_one_change() -> None:
    (change,) = between({"labels": ["eye", "ear"]}, {"labels": ["ear", "eye"]})
    assert change.as_dict() == {"path": "labels[order]", "before": ["eye", "ear"], "after": ["ear", "eye"]}
    (line,) = told([change])
    assert (line.path, line.old, line.new) == ("Labels › order", "eye, ear", "ear, eye")


def test_elements_that_moved_and_changed_say_both() -> None:
    old = [{"id": "a", "x": 1}, {"id": "b", "x": 2}]
    assert places(old, [{"id": "b", "x": 3}, {"id": "a", "x": 1}]) == [("[0].x", "changed"), ("[order]", "changed")]


def test_a_member_called_order_is_a_member() -> None:
    assert places({"order": 1}, {"order": 2}) == [("order", "changed")]
    assert words({"order": 1}, {"order": 2}) == [("Order", "changed")]


def test_a_draft_may_hold_what_canonical_json_refuses() -> None:
    assert places({"rungs": [0.5, 1.5]}, {"rungs": [0.5, 2.5]}) == [("rungs[1]", "changed")]


def test_a_replaced_reference_is_one_change() -> None:
    (change,) = references([Link(role="rubric", digest=OLD)], [Link(role="rubric", digest=NEW)])
    assert change.as_dict() == {"path": "references.rubric", "before": OLD, "after": NEW}
    (line,) = told([change], {OLD: "R v1", NEW: "R v2"})
    assert (line.path, line.old, line.new) == ("References › Rubric", "R v1", "R v2")


def test_references_of_one_role_are_a_set() -> None:
    old = [Link(role="dataset", digest=OLD), Link(role="dataset", digest=OTHER)]
    assert references(old, old[::-1]) == []
    (change,) = references(old, old[1:])
    assert (change.verb, change.before) == ("removed", OLD)


@given(JSON)
def test_nothing_changed_between_equal_values(value: Any) -> None:
    assert between(value, value) == []


@given(JSON, JSON)
def test_unequal_values_always_show_a_change(old: Any, new: Any) -> None:
    unequal = json.dumps(old, sort_keys=True) != json.dumps(new, sort_keys=True)
    assert bool(between(old, new)) == unequal
    assert bool(between({"x": [old]}, {"x": [new]})) == unequal
