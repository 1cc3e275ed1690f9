"""Measures from outside as a table by API."""

import json
from typing import Any

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


def test_what_cannot_be_brought(cast: Cast, api: Door) -> None:
    dora = api("dora")
    assert bring(dora, columns=json.dumps({"source": "Nowhere"}), expect=400)["field"] == "columns"
    assert bring(dora, columns=json.dumps({"colour": "Log"}), expect=400)["field"] == "columns"
    assert "measures" in bring(dora, TABLE.replace(b"0.12", b"a lot"), expect=400)["field"]
    bring(api("erik"), expect=403)
    bring(api("mallory"), expect=404)
    assert not Document.objects.filter(kind="evals.measures").exists()
