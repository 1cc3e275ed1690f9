"""Lineage for programs: each format holds to its schema, tells of the documents there are, and of nobody else's.

Schemas: CycloneDX 1.7 as cyclonedx-python-lib carries it, PROV-JSON as prov carries it, OpenLineage 2-0-2 in `schemas/`
(Apache-2.0, from the OpenLineage project). in-toto and SLSA publish none in JSON.
"""

import json
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from jsonschema import Draft202012Validator, ValidationError, validators
from prov.model import ProvDocument
from referencing import Registry, Resource

from governance.errors import Invalid, NotFound
from governance.exports import formats
from governance.models import AccessRecord, Attempt, Document, Signature, User
from governance.proof.files.lineage import attestations
from governance.proof.files.lineage.formats import FORMATS
from governance.proof.formats.canonical import sha256
from governance.proof.formats.dsse import open_envelope
from governance.proof.formats.signed_statement import by_passkey, payload
from governance.proof.formats.statement import PAYLOAD_TYPE, STATEMENT_TYPE
from governance.registry import KINDS
from governance.selectors import documents as docs
from governance.selectors import ledger
from governance.selectors.keys import keyring
from tests.governance.api.conftest import Api
from tests.governance.proof.formats import test_passkey as device
from tests.support.stage import Stages
from tests.support.story import Story, told

SCHEMAS = Path(__file__).parent / "schemas"
MOST_QUERIES = 60


@pytest.fixture
def story(stages: Stages, state: Path) -> Iterator[Story]:
    with stages.entered(told, state) as made:
        yield made


def exported(story: Story, name: str, form: str, size: int | None = None) -> bytes:
    return formats.export(story.people["engineer"], story[name], form, size).data


def lines(data: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in data.splitlines()]


def properties(values: list[dict[str, str]]) -> dict[str, str]:
    return {one["name"].removeprefix("countersign:"): one["value"] for one in values}


def test_the_bill_of_a_release_names_model_base_data_and_files(story: Story) -> None:
    data = exported(story, "release", "cyclonedx")
    bill = json.loads(data)
    validator = JsonStrictValidator(SchemaVersion.V1_7)
    assert validator.validate_str(data.decode()) is None
    assert validator.validate_str(json.dumps(bill | {"specVersion": 1.7})) is not None, "the validator bites"
    model = bill["metadata"]["component"]
    record, spec = story["record"], docs.display_body(story["run_spec"])
    assert (model["type"], model["name"], model["version"]) == ("machine-learning-model", "Chapter coder 1.0", "1")
    about = properties(model["properties"])
    assert (about["document"], about["model-document"]) == (story["release"].digest, record.digest)
    assert "licenses" not in model, "no licence of the tuned model is on record, so none is named"
    [base] = model["pedigree"]["ancestors"]
    assert base["licenses"] == [{"license": {"id": "Apache-2.0"}}]
    card = model["modelCard"]
    said = properties(card["properties"])
    assert said["method"] == "lora"
    assert said["hyperparameter:learning_rate"] == spec["hyperparameters"]["learning_rate"]
    assert said["seed"] == str(spec["seed"])
    measured = {(one["type"], one["slice"]): one for one in card["quantitativeAnalysis"]["performanceMetrics"]}
    figures = docs.display_body(story["result"])["metrics"]
    assert measured["exact_match", "all"]["value"] == figures["all"]["exact_match"]["value"]
    assert measured["exact_match", "all"]["confidenceInterval"]["lowerBound"] == figures["all"]["exact_match"]["low"]
    assert len(measured) == sum(map(len, figures.values())), "of the tuned arm alone, not of the baseline"
    parts = {properties(part["properties"])["document"]: part for part in bill["components"]}
    assert set(parts) == {story[name].digest for name in ("base", "dataset", "set")}
    assert parts[story["dataset"].digest]["licenses"] == [{"license": {"name": "Public domain"}}]
    trained_on = [one["ref"] for one in card["modelParameters"]["datasets"]]
    assert trained_on == [parts[story["dataset"].digest]["bom-ref"]]
    told_of = [(record, model), *((Document.objects.get(pk=digest), part) for digest, part in parts.items())]
    for document, part in told_of:
        files = KINDS[document.kind].files(docs.display_body(document))
        assert [(one["name"], "sha256:" + one["hashes"][0]["content"]) for one in part["components"]] == [
            (one.path, one.sha256) for one in files
        ]
    for name in ("record", "base"):
        assert validator.validate_str(exported(story, name, "cyclonedx").decode()) is None
    with pytest.raises(Invalid, match="expected a model"):
        exported(story, "dataset", "cyclonedx")


def test_provenance_is_prov_and_names_the_same_documents(story: Story) -> None:
    data = exported(story, "release", "prov")
    value = json.loads(data)
    schema = json.loads((resources.files("prov.tests") / "schemas" / "prov-json.schema.json").read_text())
    validator = validators.validator_for(schema)(schema)
    validator.validate(value)
    with pytest.raises(ValidationError):
        validator.validate(value | {"entity": [1]})
    assert ProvDocument.deserialize(content=data.decode(), format="json") == ProvDocument.deserialize(
        content=ProvDocument.deserialize(content=data.decode(), format="json").serialize(), format="json"
    )
    closure = docs.closure([story["release"]])
    assert {"sha256:" + one["cs:sha256"] for one in value["entity"].values()} == set(closure)
    links = value["wasDerivedFrom"].values()
    derived = {(one["prov:generatedEntity"], one["prov:usedEntity"], one["cs:role"]) for one in links}
    assert len(derived) == sum(len(docs.references(document)) for document in closure.values())
    made = {one["prov:entity"] for one in value["wasGeneratedBy"].values()}
    ran = {f"document:{story[name].digest.removeprefix('sha256:')}" for name in ("baseline", "record", "result")}
    assert made == ran
    named = {one["prov:label"] for one in value["agent"].values()}
    assert {"Ben Iversen", "Łukasz Żółtowski", "Countersign"} <= named


def test_run_events_are_openlineage(story: Story) -> None:
    loaded = [json.loads(path.read_text()) for path in sorted(SCHEMAS.glob("*.json"))]
    registry: Any = Registry().with_resources((one["$id"], Resource.from_contents(one)) for one in loaded)
    events = lines(exported(story, "record", "openlineage"))
    checked = 0
    for event in events:
        Draft202012Validator({"$ref": event["schemaURL"]}, registry=registry).validate(event)
        for dataset in [*event["inputs"], *event["outputs"]]:
            facet = dataset["facets"]["version"]
            Draft202012Validator({"$ref": facet["_schemaURL"]}, registry=registry).validate(facet)
            digest = facet["datasetVersion"].removeprefix("urn:countersign:document:")
            assert str(Document.objects.get(pk=digest).series_id) == dataset["name"]
            checked += 1
    assert checked
    with pytest.raises(ValidationError):
        Draft202012Validator({"$ref": event["schemaURL"]}, registry=registry).validate(event | {"eventType": "DONE"})
    ends = {event["run"]["runId"]: event["eventType"] for event in events}
    assert sorted(ends.values()) == ["COMPLETE", "COMPLETE", "FAIL"], "baseline and run, and the attempt that was lost"
    outputs = {one["facets"]["version"]["datasetVersion"] for event in events for one in event["outputs"]}
    assert outputs == {f"urn:countersign:document:{story[name].digest}" for name in ("baseline", "record")}


def test_attestations_are_what_was_signed(story: Story) -> None:
    data, keys = exported(story, "release", "in-toto"), keyring().for_purpose("attestation")
    stored = {bytes(content) for content in Signature.objects.values_list("statement", flat=True)}
    closure, signed = set(docs.closure([story["release"]])), set()
    for line in data.splitlines():
        assert line in stored, "not a byte changed"
        statement = json.loads(open_envelope(line, keys, payload_type=PAYLOAD_TYPE).payload)
        assert statement["_type"] == STATEMENT_TYPE
        subjects = {"sha256:" + one["digest"]["sha256"] for one in statement["subject"]}
        assert subjects & closure
        signed |= subjects
    assert {story[name].digest for name in ("release", "set", "dataset", "base", "use_case")} <= signed


def test_a_sign_off_by_passkey_leaves_as_the_device_signed_it() -> None:
    statement = device.said()
    signed = device.form(statement.to_bytes())
    one = SimpleNamespace(envelope=signed.decode(), statement=statement)
    told: Any = SimpleNamespace(nodes={statement.subjects[0].digest: None}, signoffs=[one])
    [line] = attestations.signoffs(told).splitlines()
    assert by_passkey(line, device.enrolled()) == statement
    elsewhere: Any = SimpleNamespace(nodes={}, signoffs=[one])
    assert attestations.signoffs(elsewhere) == b"", "of documents of the lineage alone"


def test_the_gate_s_yes_is_a_verification_summary_of_each_permit(story: Story) -> None:
    permits = {sha256(bytes(content)) for content in Attempt.objects.values_list("permit", flat=True)}
    signed = [bytes(content) for content in Signature.objects.values_list("statement", flat=True)]
    statements, told_of = {sha256(payload(content)) for content in signed}, set()
    summaries = lines(exported(story, "release", "slsa-vsa"))
    for statement in summaries:
        said = statement["predicate"]
        assert statement["_type"] == STATEMENT_TYPE
        assert statement["predicateType"] == "https://slsa.dev/verification_summary/v1"
        assert {"verifier", "timeVerified", "resourceUri", "policy", "verifiedLevels"} <= set(said)
        assert said["verificationResult"] == "PASSED"
        levels = {level for level in said["verifiedLevels"] if level.startswith("SLSA_")}
        assert levels == {"SLSA_BUILD_LEVEL_UNEVALUATED"}, "no build level was looked at, and none is claimed"
        permit, *relied_on = ["sha256:" + one["digest"]["sha256"] for one in said["inputAttestations"]]
        assert relied_on
        assert set(relied_on) <= statements
        told_of.add(permit)
    assert told_of == permits
    trained = next(one for one in summaries if story["run_spec"].digest in one["predicate"]["resourceUri"])
    rows = docs.display_body(story["dataset"])["files"][0]["sha256"].removeprefix("sha256:")
    assert rows in {one["digest"]["sha256"] for one in trained["subject"]}


def test_the_same_size_gives_the_same_bytes_whatever_happened_since(story: Story) -> None:
    size = ledger.size()
    before = {form: exported(story, "release", form) for form in FORMATS}
    story.found_more()
    assert {form: exported(story, "release", form, size) for form in FORMATS} == before
    now = exported(story, "release", "cyclonedx")
    assert now != before["cyclonedx"], "it tells of another ledger size"
    for wrong in (story["release"].seq, ledger.size() + 1):
        with pytest.raises(Invalid, match="ledger_size"):
            exported(story, "release", "prov", wrong)


def test_by_page_and_api_for_those_alone_who_may_see_the_document(story: Story) -> None:
    engineer, digest = story.people["engineer"], story["release"].digest
    story.found_more()
    engineers, strangers = Api(engineer), Api(User.objects.get(username="later"))
    path = f"documents/{digest}/exports"
    page, client = reverse("document", args=[digest]), Client()
    client.force_login(engineer, backend="django.contrib.auth.backends.ModelBackend")
    doors = {form: Api(engineer) for form in FORMATS}  # each signs in, which is on the ledger
    shown, size = client.get(page).content.decode(), ledger.size()
    listed = {one["name"]: one["filename"] for one in engineers.get(path)}
    assert set(listed) == set(FORMATS)
    strangers.get(path, expect=404)
    for form in FORMATS:
        AccessRecord.objects.all().delete()
        by_api = doors[form].get(f"{path}/{form}", ledger_size=size)
        assert AccessRecord.objects.get(user=engineer).subject == digest
        assert f"{page}exports/{form}/" in shown
        with CaptureQueriesContext(connection) as queries:
            answer = client.get(f"{page}exports/{form}/")
        assert len(queries) <= MOST_QUERIES
        assert answer.content == by_api
        assert answer["Content-Disposition"] == f"attachment; filename*=UTF-8''{listed[form]}"
        strangers.get(f"{path}/{form}", expect=404)
    dataset = client.get(reverse("document", args=[story["dataset"].digest])).content.decode()
    assert ("exports/prov/" in dataset, "exports/cyclonedx/" in dataset) == (True, False)
    engineers.get(f"{path}/spdx", expect=404)
    engineers.get(f"{path}/prov", ledger_size=size + 1, expect=400)
    engineers.get(f"documents/{story['dataset'].digest}/exports/cyclonedx", expect=400)


@pytest.mark.attack(
    name="read of a document that one may not see, in the export of another that rests on it",
    caught_by="every document of the lineage must be visible to whoever asks, or nothing is told",
    unless="somebody who may see all of it hands the file on",
)
def test_a_lineage_that_holds_a_hidden_document_is_not_told_of(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    hidden = docs.visible(story.people["engineer"]).exclude(pk=story["dataset"].digest)
    monkeypatch.setattr(docs, "visible", lambda user: hidden)
    for form in FORMATS:
        with pytest.raises(NotFound):
            exported(story, "release", form)
