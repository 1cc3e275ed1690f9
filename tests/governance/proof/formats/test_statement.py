"""Sign-offs are in-toto Statements v1."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from governance.proof.formats import canonical
from governance.proof.formats.canonical import NotCanonical
from governance.proof.formats.statement import SignoffStatement
from tests.governance.proof.world import document, statement

RUBRIC, PLAN = document("evals.rubric"), document("evals.thresholds")
GOOD = statement(RUBRIC, PLAN)


def test_round_trip() -> None:
    assert SignoffStatement.from_bytes(GOOD.to_bytes()) == GOOD
    assert GOOD.digest == canonical.sha256(GOOD.to_bytes())


def test_the_form_is_in_totos() -> None:
    value = json.loads(GOOD.to_bytes())
    assert set(value) == {"_type", "subject", "predicateType", "predicate"}
    assert value["_type"] == "https://in-toto.io/Statement/v1"
    assert value["subject"][0] == {
        "name": "evals.rubric",
        "digest": {"sha256": RUBRIC.digest.removeprefix("sha256:")},
    }


CHANGES: list[Callable[[Any], Any]] = [
    lambda v: v | {"_type": "https://in-toto.io/Statement/v0.1"},
    lambda v: v | {"predicateType": "https://slsa.dev/provenance/v1"},
    lambda v: v | {"extra": 1},
    lambda v: v | {"subject": []},
    lambda v: v | {"subject": v["subject"] * 2},
    lambda v: v | {"subject": [v["subject"][0] | {"uri": "x"}]},
    lambda v: v | {"subject": [{"name": "x", "digest": {"sha512": "a"}}]},
    lambda v: v | {"subject": [{"name": "x", "digest": {"sha256": 1}}]},
    lambda v: v | {"subject": [{"name": "x", "digest": {"sha256": "a" * 64, "md5": "b"}}]},
    lambda v: v | {"subject": None},
    lambda v: {"subject": v["subject"]},
    lambda v: [v],
    lambda v: v | {"predicate": v["predicate"] | {"extra": 1}},
    lambda v: v | {"predicate": v["predicate"] | {"meaning": ""}},
    lambda v: v | {"predicate": v["predicate"] | {"reason": ""}},
    lambda v: v | {"predicate": v["predicate"] | {"printed_name": ""}},
    lambda v: v | {"predicate": v["predicate"] | {"time": "today"}},
    lambda v: v | {"predicate": v["predicate"] | {"nonce": "0"}},
    lambda v: v | {"predicate": v["predicate"] | {"scope": "everywhere"}},
    lambda v: v | {"predicate": v["predicate"] | {"ledger": {"size": 1}}},
    lambda v: v | {"predicate": {k: w for k, w in v["predicate"].items() if k != "policy"}},
]


@pytest.mark.parametrize("change", CHANGES)
def test_what_is_no_statement(change: Callable[[Any], Any]) -> None:
    with pytest.raises(NotCanonical):
        SignoffStatement.from_bytes(canonical.dumps(change(json.loads(GOOD.to_bytes()))))


def test_a_statement_is_about_something_and_about_each_thing_once() -> None:
    for documents in ((), (RUBRIC, RUBRIC)):
        with pytest.raises(ValidationError):
            statement(*documents)
