"""The OpenAPI schema is complete, says the truth about errors, and inputs made from it never break the server."""

from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from hypothesis import HealthCheck, Phase, given, settings

from tests.governance.api.conftest import Api
from tests.support.cast import PASSWORD, Cast, assemble, evaluation_spec, rubric

if TYPE_CHECKING:
    from schemathesis import GenerationMode

# Per operation and way of making input: two, or with `--hypothesis-profile=thorough` twenty.
EXAMPLES = settings().max_examples // 50
SIGNS_OUT = "token_delete"


@pytest.fixture
def cast(db: None, state: Path) -> Cast:
    """The people in the test database itself: the server closes its connection, which that one survives."""
    return assemble()


def test_it_generates_without_a_warning() -> None:
    out = StringIO()
    call_command("spectacular", validate=True, fail_on_warn=True, stdout=out)
    assert "/api/v1/documents/{digest}/gate" in out.getvalue()


def test_it_is_served_and_names_the_token_and_the_shape_of_refusals(cast: Cast) -> None:
    schema = Api(None).client.get("/api/schema/", HTTP_ACCEPT="application/vnd.oai.openapi+json").json()
    assert schema["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            assert "default" in operation["responses"], (path, method)
            assert operation["description"], (path, method)
            assert operation["operationId"], (path, method)
    assert schema["paths"]["/api/v1/tokens"]["post"].get("security") in ([{}], [], None)


def test_no_input_made_from_it_breaks_the_server(cast: Cast) -> None:
    import schemathesis
    from schemathesis import GenerationMode

    erik = Api(None).post("tokens", {"username": "erik", "password": PASSWORD})
    headers = {"Authorization": f"Bearer {erik['token']}"}
    there = real_things(cast, Api(erik["token"]))
    schema = schemathesis.openapi.from_wsgi("/api/schema/?format=json", get_wsgi_application())
    broken: list[str] = []
    statuses: dict[str, set[int]] = {}

    def attack(operation: Any, mode: "GenerationMode", path_parameters: dict[str, str] | None) -> None:
        @settings(
            max_examples=EXAMPLES,
            derandomize=True,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode, path_parameters=path_parameters))
        def send(case: Any) -> None:
            answer = case.call(headers=headers)
            statuses.setdefault(operation.label, set()).add(answer.status_code)
            if answer.status_code >= 500:
                broken.append(f"{answer.status_code} {case.as_curl_command()}")

        send()

    found: Any = schema.get_all_operations()
    for result in found:
        operation = result.ok()
        if operation.definition.raw["operationId"] == SIGNS_OUT:
            continue
        attack(operation, GenerationMode.POSITIVE, there.get(operation.path.split("/")[3]))
        attack(operation, GenerationMode.NEGATIVE, None)
    assert not broken, "\n".join(broken)
    assert len(statuses) > 40
    assert sum(200 in seen or 201 in seen for seen in statuses.values()) > 20


def real_things(cast: Cast, erik: Api) -> dict[str, dict[str, str]]:
    """Return path parameters that lead somewhere, by the first part of the address."""
    spec, graded = evaluation_spec(cast), rubric(cast, "Another rubric")
    draft = erik.post("drafts", {"project": "triage", "kind": graded.kind, "body": {}})
    return {
        "documents": {"digest": spec.digest},
        "drafts": {"id": draft["id"]},
        "requests": {"id": erik.post("requests", {"documents": [graded.digest]})["id"]},
        "jobs": {"id": erik.post("jobs", {"spec": spec.digest})["id"]},
        "reports": {"id": erik.post("reports", {"subject": graded.digest})["id"]},
        "projects": {"slug": "triage"},
        "kinds": {"name": graded.kind},
        "ledger": {"seq": "3"},
    }
