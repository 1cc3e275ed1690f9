"""Inventories on the command line."""

import json
from pathlib import Path

from client.failure import FAILED, NOT_ALLOWED, OK, USAGE
from tests.client.conftest import Command
from tests.support.cast import Cast


def test_a_list_is_brought_and_reconciled(erik: Command, cast: Cast, tmp_path: Path) -> None:
    pods = {"items": [{"metadata": {"uid": "u1", "namespace": "prod", "labels": {"app": "shadow"}}}]}
    file = tmp_path / "pods.json"
    file.write_text(json.dumps(pods))
    said = (
        "--title",
        "Pods",
        "--source",
        "serving",
        "--system",
        "east",
        "--from",
        "2026-11-01",
        "--until",
        "2026-11-30",
    )
    ran = erik("inventory", "bring", str(file), "--project", "triage", "--preset", "kubernetes", *said)
    assert (ran.code, "1 unknown here" in ran.out) == (OK, True), ran.err
    told = erik("inventory", "reconcile", "Pods", "--fail-on-difference", "--json")
    assert (told.code, told.json[0]["there"], told.json[0]["line"]) == (FAILED, "u1", 1)
    assert erik("inventory", "reconcile", "Pods", "--outcome", "matched", "--fail-on-difference").code == OK
    wrong = tmp_path / "pods.csv"
    wrong.write_text("name\nshadow\n")
    ran = erik("inventory", "bring", str(wrong), "--project", "triage", *said)
    assert (ran.code, "line 1" in ran.err) == (USAGE, True), ran.err
    named = erik("inventory", "bring", str(wrong), "--project", "triage", "--columns", '{"service": "name"}', *said)
    assert named.code == OK, named.err
    assert erik("inventory", "bring", str(wrong), *said).code == NOT_ALLOWED  # of the whole organisation
