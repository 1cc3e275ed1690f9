"""Production samples are read in full before they are frozen, whichever door they come through."""

import json
from typing import Any

import pytest

from evals import documents as evals
from governance import store
from governance.errors import Invalid
from governance.models import Document
from governance.services import documents
from tests.support.governed import Site


def row(name: str, **changes: Any) -> bytes:
    said = {"id": name, "messages": [{"role": "user", "content": f"what is {name}?"}], "slices": [],
            "provenance": "the desk's log"}  # fmt: skip
    return json.dumps(said | changes).encode() + b"\n"


def freeze(site: Site, content: bytes, rows: int = 2) -> Document:
    """Freeze a sample as a document, not through what strips answers off a file that is brought."""
    entry = store.put([content])
    body = {
        "title": "May", "source": "the desk's log", "drawn": "every tenth", "first_day": "2026-05-01",
        "last_day": "2026-05-31", "rows": rows,
        "files": [{"path": "sample.jsonl", "size": entry.size, "sha256": entry.sha256}],
    }  # fmt: skip
    return documents.document_submit(actor=site.engineer, project=site.story.project, kind=evals.SAMPLE, body=body)


def test_prompts_alone_are_a_sample(site: Site) -> None:
    assert freeze(site, row("a") + row("b", slices=["common"])).number == 1


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (row("a") + row("b", target="eye"), "found a right answer in row 'b', expected prompts alone"),
        (row("a") + row("b", target="eye", choices=["eye", "ear"]), "found a right answer in row 'b'"),
        (row("a"), "found 1 rows in the files, expected 2 as the body says"),
        (row("a") + row("b") + row("c"), "found 3 rows in the files, expected 2"),
        (row("a") + row("a"), "taken by"),
        (row("a") + b"{\n", "sample.jsonl"),
        (row("a") + row("b", answer="eye"), "answer"),
    ],
)
def test_what_is_no_sample_is_not_frozen(site: Site, content: bytes, why: str) -> None:
    with pytest.raises(Invalid, match=why):
        freeze(site, content)
    assert not Document.objects.filter(kind=evals.SAMPLE).exists()
