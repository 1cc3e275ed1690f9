"""The envelope: a document's name covers everything that makes it this document."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from governance.proof.formats import canonical
from governance.proof.formats.canonical import NotCanonical
from governance.proof.formats.envelope import SHELF, Envelope, Link
from tests.governance.proof.formats.test_canonical import text, values

A, B = "sha256:" + "a" * 64, "sha256:" + "b" * 64
SERIES, PROJECT = "0b6c3c1e-5a0e-4c53-9a51-7f3f5a1f2b3c", "1b6c3c1e-5a0e-4c53-9a51-7f3f5a1f2b3c"
GOOD: dict[str, Any] = {
    "schema": "evals.rubric/1",
    "project": PROJECT,
    "series": SERIES,
    "number": 2,
    "previous": A,
    "contributors": ["p1", "p2"],
    "salt": "0" * 32,
    "references": [{"role": "dataset", "digest": A}, {"role": "dataset", "digest": B}],
    "body": {"title": "x"},
}

envelopes = st.builds(
    lambda project, number, contributors, references, body: Envelope(
        schema_name="evals.rubric/1",
        project=project,
        series=SERIES,
        number=number,
        previous=None if number == 1 else A,
        contributors=contributors,
        salt="0" * 32,
        references=references,
        body=body,
    ),
    st.sampled_from([SHELF, PROJECT]),
    st.integers(1, 5),
    st.lists(text),
    st.lists(st.builds(Link, role=st.sampled_from(["dataset", "rubric"]), digest=st.sampled_from([A, B]))),
    st.dictionaries(text, values, max_size=3),
)


@given(envelopes)
def test_round_trip(envelope: Envelope) -> None:
    again = Envelope.from_bytes(envelope.to_bytes())
    assert again == envelope
    assert again.digest == envelope.digest == canonical.sha256(envelope.to_bytes())


def test_the_json_form_is_flat_and_says_schema() -> None:
    data = canonical.dumps(GOOD)
    envelope = Envelope.from_bytes(data)
    assert json.loads(data) == GOOD
    assert (envelope.schema_name, envelope.kind) == ("evals.rubric/1", "evals.rubric")
    assert [(link.role, link.digest) for link in envelope.references] == [("dataset", A), ("dataset", B)]


def test_order_given_does_not_change_the_name() -> None:
    shuffled = GOOD | {"contributors": ["p2", "p1", "p2"], "references": GOOD["references"][::-1]}
    assert Envelope.model_validate(shuffled).digest == Envelope.model_validate(GOOD).digest


@pytest.mark.parametrize(
    "change",
    [{"schema": "rubric"}, {"schema": "evals.rubric/0"}, {"schema": "evals.rubric/1\n"}, {"project": "Shelf"},
     {"project": PROJECT.upper()}, {"series": "x"}, {"number": 0}, {"number": True}, {"number": "2"},
     {"number": 1}, {"previous": None}, {"previous": "a" * 64}, {"salt": "0" * 31}, {"salt": "G" * 32},
     {"contributors": ["p2", "p1"]}, {"contributors": ["p1", "p1"]}, {"contributors": [1]},
     {"references": GOOD["references"][::-1]}, {"references": GOOD["references"][:1] * 2},
     {"references": [{"role": "dataset"}]}, {"references": [{"role": "Data set", "digest": A}]}, {"body": []},
     {"unknown": 1}, {"schema_name": "evals.rubric/1"}],
)  # fmt: skip
def test_bytes_that_are_no_envelope(change: dict[str, Any]) -> None:
    assert Envelope.from_bytes(canonical.dumps(GOOD))
    with pytest.raises(NotCanonical):
        Envelope.from_bytes(canonical.dumps(GOOD | change))


def test_missing_fields_and_loose_spelling_are_refused() -> None:
    for name in GOOD:
        with pytest.raises(NotCanonical):
            Envelope.from_bytes(canonical.dumps({k: v for k, v in GOOD.items() if k != name}))
    with pytest.raises(NotCanonical):
        Envelope.from_bytes(json.dumps(GOOD).encode())


@pytest.mark.parametrize("field", [name for name in GOOD if name not in ("schema", "previous")])
def test_every_field_is_part_of_the_name(field: str) -> None:
    other = {
        "project": SHELF, "series": PROJECT, "number": 3, "contributors": ["p1"], "salt": "1" * 32,
        "references": [], "body": {"title": "y"},
    }  # fmt: skip
    assert Envelope.model_validate(GOOD | {field: other[field]}).digest != Envelope.model_validate(GOOD).digest


def test_a_frozen_envelope_stays_as_it_is_and_refuses_floats() -> None:
    envelope = Envelope.model_validate(GOOD)
    with pytest.raises(ValidationError):
        envelope.number = 3  # type: ignore[misc]
    with pytest.raises(NotCanonical, match="floating-point"):
        _ = Envelope.model_validate(GOOD | {"body": {"limit": 0.5}}).digest
