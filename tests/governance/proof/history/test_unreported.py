"""Which documents of a period have no report: by version, or once for a whole series."""

from typing import Any

from governance.proof.formats.leaf import DOCUMENT_FROZEN, REPORT_SEALED, Leaf
from governance.proof.history.unreported import looked_at
from tests.governance.proof.history.test_register import leaf

PLAN, SERVICE = "evals.thresholds", "training.deployment"
WANTED: Any = {PLAN: {"lineage": "version"}, SERVICE: {"lineage": "version", "incident": "series"}}
SERIES = [f"00000000-0000-0000-0000-0000000000{n:02}" for n in range(3)]


def digest(number: int) -> str:
    return f"sha256:{number:064x}"


def frozen(seq: int, kind: str, series: int, number: int = 1) -> Leaf:
    return leaf(seq, DOCUMENT_FROZEN, [digest(seq)], {"kind": kind, "series": SERIES[series], "number": number})


def sealed(seq: int, kind: str, on: int) -> Leaf:
    data = {"report": SERIES[0], "kind": kind, "ledger_size": seq, "file": digest(99)}
    return leaf(seq, REPORT_SEALED, [f"report:{SERIES[0]}", digest(on)], data)


MADE = [
    frozen(1, PLAN, 0), frozen(2, SERVICE, 1), frozen(3, SERVICE, 1, 2), frozen(4, PLAN, 0, 2), frozen(5, "other", 2),
]  # fmt: skip


def told(*reports: Leaf) -> dict[int, bool]:
    return {one.seq: reported for one, reported in looked_at(MADE, reports, WANTED)}


def test_each_version_of_a_plan_and_the_newest_of_a_service_is_to_have_one() -> None:
    assert told() == {1: False, 3: False, 4: False}
    assert told(sealed(6, "lineage", 1)) == {1: True, 3: False, 4: False}
    assert told(sealed(6, "lineage", 3), sealed(7, "lineage", 4)) == {1: False, 3: True, 4: True}


def test_a_report_that_tells_of_the_series_may_be_on_any_version_of_it() -> None:
    assert told(sealed(6, "incident", 2)) == {1: False, 3: True, 4: False}
    assert told(sealed(6, "lineage", 2)) == {1: False, 3: False, 4: False}, "a report on an earlier version is none"


def test_another_kind_of_report_or_document_is_none() -> None:
    assert told(sealed(6, "change", 1), sealed(7, "incident", 4), sealed(8, "lineage", 5)) == told()
    assert looked_at(MADE, [], {}) == []
