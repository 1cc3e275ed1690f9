"""Registering data from the page, and the release gate's page."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from governance.models import Document, LedgerEvent
from governance.services import documents
from tests.governance.web import world as made
from tests.governance.web.world import World

CONTRACT = {
    "title": "Phrases",
    "fields": [{"name": "messages", "type": "list", "description": "the phrase"}],
    "collection": "Written for a test.",
    "labelling": "By rule.",
    "redaction": "None needed.",
    "licence": "CC0-1.0",
    "retention": "One year.",
    "personal_data": "none",
    "synthetic": {"share": "1", "how": "written for a test"},
}


def row(number: int) -> dict[str, object]:
    messages = [{"role": "user", "content": f"phrase {number}"}]
    return {"id": f"r{number}", "messages": messages, "target": "eye"}


@pytest.fixture
def contract(world: World) -> Document:
    return documents.document_submit(
        actor=world.engineer, project=world.project, kind="training.data_contract", body=CONTRACT
    )


def fields(contract: Document, *contents: bytes) -> dict[str, object]:
    files = [SimpleUploadedFile(f"part-{number}.jsonl", content) for number, content in enumerate(contents)]
    return {
        "title": "Triage rows", "description": "d", "source": "s", "contract": contract.digest, "base": "",
        "rows": files,
    }  # fmt: skip


def test_rows_become_a_dataset_and_then_its_next_version(world: World, as_, contract: Document) -> None:
    client, url = as_(world.engineer), reverse("dataset-new", args=[world.project.slug])
    lines = "".join(json.dumps(row(number)) + "\n" for number in range(5)).encode()
    response = client.post(url, fields(contract, lines))
    assert response.status_code == 302, response.content.decode()[-3000:]
    first = Document.objects.get(kind="training.dataset")
    assert client.get(reverse("document", args=[first.digest])).status_code == 200
    more = lines + (json.dumps(row(9)) + "\n").encode()
    assert client.post(url, fields(contract, more) | {"base": first.digest}).status_code == 302
    second = Document.objects.get(kind="training.dataset", number=2)
    assert second.series_id == first.series_id


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"\xff\xfe\n", "UTF-8"), (b'{"id": "a"}\n', "part-0.jsonl:1"), (b"[]\n", "part-0.jsonl:1"), (b"", "")],
)
def test_bad_rows_are_named_and_nothing_is_kept(
    world: World, as_, contract: Document, content: bytes, words: str
) -> None:
    response = as_(world.engineer).post(reverse("dataset-new", args=[world.project.slug]), fields(contract, content))
    page = response.content.decode()
    assert response.status_code == 400
    assert words in page
    assert "Triage rows" in page
    assert not Document.objects.filter(kind="training.dataset").exists()


def test_outsiders_and_auditors_register_nothing(world: World, as_, contract: Document) -> None:
    url = reverse("dataset-new", args=[world.project.slug])
    line = (json.dumps(row(1)) + "\n").encode()
    assert as_(world.outsider).get(url).status_code == 404
    assert as_(world.outsider).post(url, fields(contract, line)).status_code == 404
    assert as_(world.auditor).post(url, fields(contract, line)).status_code == 403


def test_a_failed_result_is_not_released_and_the_page_says_why(world: World, as_) -> None:
    spec = made.evaluation_spec(world)
    result = made.result(world, spec)
    url = reverse("release-propose", args=[result.digest])
    refused = as_(world.engineer).get(url)
    assert refused.status_code == 400  # the subject is a base model: no run's result
    assert "evaluation result of a run" in refused.content.decode()
    assert as_(world.outsider).get(url).status_code == 404
    assert not LedgerEvent.objects.filter(event="signoff:request:opened", project=world.other.pk).exists()
