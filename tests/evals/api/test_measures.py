"""Measures from outside as a table by API."""

import io
import json
from typing import Any

import openpyxl
from django.core.files.uploadedfile import SimpleUploadedFile

from governance.models import Document
from tests.governance.api.conftest import Api, Door
from tests.support.cast import Cast

TABLE = b"Measure,Value,Unit,Period,n,Log\noverride rate,0.12,share,May,400,desk\n"


def bring(who: Api, content: bytes = TABLE, expect: int = 201, **changes: Any) -> dict[str, Any]:
    form = {
        "project": "triage", "title": "Desk", "columns": json.dumps({"source": "Log"}),
        "file": SimpleUploadedFile("m.csv", content),
    }  # fmt: skip
    told: dict[str, Any] = who.post("measures", form | changes, expect=expect, format="multipart")
    return told


def test_a_table_becomes_measures_and_then_their_next_version(cast: Cast, api: Door) -> None:
    dora = api("dora")
    first = bring(dora)
    (measure,) = first["envelope"]["body"]["measures"]
    assert (measure["name"], measure["value"], measure["n"], measure["source"]) == (
        "override rate",
        "0.12",
        400,
        "desk",
    )
    assert bring(dora, base=first["digest"])["number"] == 2


HEAD = ["Measure", "Value", "Unit", "Period", "n", "Log"]


def many(count: int) -> bytes:
    return b",".join(name.encode() for name in HEAD) + b"\n" + b"".join(
        b"rate %d,0.1,share,May,40,desk\n" % number for number in range(count)
    )  # fmt: skip


def test_a_table_has_at_most_500_rows_and_loses_none(cast: Cast, api: Door) -> None:
    dora = api("dora")
    assert len(bring(dora, many(500))["envelope"]["body"]["measures"]) == 500
    assert "more than 500 rows" in bring(dora, many(501), expect=400)["detail"]
    for count, told in ((500, 201), (501, 400)):
        book = openpyxl.Workbook()
        sheet = book.active
        assert sheet is not None
        sheet.append(HEAD)
        for number in range(count):
            for column, value in enumerate([f"rate {number}", 0.1, "share", "May", 40, "desk"], start=1):
                sheet.cell(row=2 * number + 4, column=column, value=value)  # rows left empty between them
        target = io.BytesIO()
        book.save(target)
        answer = bring(dora, file=SimpleUploadedFile("m.xlsx", target.getvalue()), expect=told)
        if told == 201:
            assert answer["envelope"]["body"]["measures"][-1]["name"] == "rate 499"


def test_what_cannot_be_brought(cast: Cast, api: Door) -> None:
    dora = api("dora")
    assert bring(dora, columns=json.dumps({"source": "Nowhere"}), expect=400)["field"] == "columns"
    assert bring(dora, columns=json.dumps({"colour": "Log"}), expect=400)["field"] == "columns"
    assert "measures" in bring(dora, TABLE.replace(b"0.12", b"a lot"), expect=400)["field"]
    bring(api("erik"), expect=403)
    bring(api("mallory"), expect=404)
    assert not Document.objects.filter(kind="evals.measures").exists()
