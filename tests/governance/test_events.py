"""The vocabulary: every event has a name of its form, words for people and a schema, and no leaf says anything else."""

import re
from pathlib import Path

import pytest

import governance
from governance import events
from governance.selectors import ledger
from governance.services.ledger import mutation

SOURCES = [Path(governance.__file__).parents[1] / app for app in ("governance", "evals", "training")]


def test_every_event_is_named_worded_and_has_a_schema() -> None:
    assert set(events.SCHEMAS) == set(events.WORDS) == set(events.ALL)
    for name in events.ALL:
        assert re.fullmatch(r"[a-z_]+:[a-z_]+:[a-z_]+", name)
        assert events.WORDS[name][0].isupper()


def test_no_field_of_any_event_may_hold_free_text() -> None:
    """Names, reasons and findings are private: leaves hold identifiers, digests, numbers and words of ours."""
    for name, schema in events.SCHEMAS.items():
        for field, described in schema.model_json_schema()["properties"].items() if schema.model_fields else ():
            parts = described.get("anyOf", [described])
            parts = [part.get("items", part) for part in parts if part.get("type") != "null"]
            assert all(part.get("type") != "string" or "pattern" in part or part.get("enum") for part in parts), (
                name,
                field,
            )


def test_every_event_is_written_by_somebody() -> None:
    constants = {value: name for name, value in vars(events).items() if name.isupper() and isinstance(value, str)}
    text = "".join(p.read_text() for folder in SOURCES for p in folder.rglob("*.py") if p.name != "events.py")
    unused = [name for event, name in constants.items() if f"events.{name}" not in text]
    assert unused == [], "take events out that nothing writes"


@pytest.mark.parametrize(
    ("event", "data"),
    [
        ("nobody:knows:this", {}),
        (events.PERSON_ENROLLED, {"name": "Ada"}),
        (events.DRAFT_EDITED, {"draft": "x", "revision": 1}),
        (events.DRAFT_EDITED, {"draft": "00000000-0000-4000-8000-000000000000"}),
        (events.DRAFT_EDITED, {"draft": "00000000-0000-4000-8000-000000000000", "revision": "1"}),
    ],
)
def test_a_leaf_outside_the_vocabulary_is_a_programming_error_and_changes_nothing(world, event, data) -> None:
    size = ledger.size()
    with pytest.raises(events.NotInVocabulary), mutation(actor=None, action="test") as m:
        m.append(event, data=data)
    assert ledger.size() == size
