"""Documents by API: submitted, drafted, read, compared, hidden."""

import hashlib
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from evals.engine.spec import RubricBody
from governance import events
from governance.models import LedgerEvent
from governance.selectors import ledger
from tests.governance.api.conftest import Door
from tests.support import cast as people
from tests.support.cast import RUBRIC, Cast, rubric, rubric_body

pytestmark = pytest.mark.postgres


def submission(**changes: Any) -> dict[str, Any]:
    return {"project": "triage", "kind": RUBRIC, "body": rubric_body(), "references": []} | changes


def test_what_is_submitted_is_what_is_read(api: Door) -> None:
    erik = api("erik")
    made = erik.post("documents", submission())
    found = erik.get(f"documents/{made['digest']}")
    assert found == made
    assert found["envelope"]["body"] == RubricBody.model_validate(rubric_body()).model_dump(mode="json")
    assert found["number"] == 1
    assert found["standing"] == "not submitted for signature"
    raw = erik.get(f"documents/{made['digest']}/raw")
    assert "sha256:" + hashlib.sha256(raw).hexdigest() == made["digest"]


def test_the_next_version_follows_its_base_and_the_diff_says_what_changed(api: Door) -> None:
    erik = api("erik")
    first = erik.post("documents", submission())
    second = erik.post("documents", submission(body=rubric_body(system="Reply with JSON only."), base=first["digest"]))
    assert (second["number"], second["series"]) == (2, first["series"])
    assert [v["number"] for v in second["versions"]] == [2, 1]
    diff = erik.get(f"documents/{second['digest']}/diff", base=first["digest"])
    assert diff["changes"] == [
        {"path": "body.prompt.system", "before": "Reply with JSON.", "after": "Reply with JSON only."}
    ]


def test_a_draft_is_edited_by_revision_and_frozen(api: Door) -> None:
    erik, dora = api("erik"), api("dora")
    draft = erik.post("drafts", submission(body={"title": "Half a rubric"}))
    assert draft["revision"] == 1
    edited = dora.put(f"drafts/{draft['id']}", {"revision": 1, "body": rubric_body("Whole"), "references": []})
    assert (edited["revision"], edited["contributors"]) == (2, ["Dora Expert", "Erik Engineer"])
    late = erik.put(f"drafts/{draft['id']}", {"revision": 1, "body": rubric_body()}, expect=409)
    assert late["error"] == "conflict"
    assert late["findings"][0]["found"] == "the draft is at revision 2"
    erik.post(f"drafts/{draft['id']}/freeze", {"revision": 1}, expect=409)
    assert erik.get(f"drafts/{draft['id']}/preview").startswith(b"%PDF-")
    api("mallory").get(f"drafts/{draft['id']}/preview", expect=404)
    [printed] = LedgerEvent.objects.filter(event=events.DRAFT_PRINTED)
    assert ledger.leaves_at({printed.entry_id})[printed.entry_id].data == {"draft": draft["id"], "revision": 2}
    frozen = erik.post(f"drafts/{draft['id']}/freeze", {"revision": 2})
    assert frozen["title"] == "Whole"
    assert len(frozen["envelope"]["contributors"]) == 2
    assert erik.get("drafts", frozen=True)["results"][0]["frozen"] == frozen["digest"]
    assert erik.get("drafts", frozen=False)["count"] == 0
    assert "Ask for a report" in str(erik.get(f"drafts/{draft['id']}/preview", expect=409))


def test_an_incomplete_draft_does_not_freeze_and_the_field_is_named(api: Door) -> None:
    erik = api("erik")
    draft = erik.post("drafts", submission(body={"title": 5}))
    refused = erik.post(f"drafts/{draft['id']}/freeze", {"revision": 1}, expect=400)
    assert refused["field"] == "body.title"


def test_lists_filter_by_every_handle(cast: Cast, api: Door) -> None:
    erik = api("erik")
    first, second = rubric(cast, "Alpha rubric"), rubric(cast, "Beta rubric")
    newer = rubric(cast, "Beta rubric, revised", base=second)

    def titles(**query: Any) -> list[str]:
        return [row["title"] for row in erik.get("documents", **query)["results"]]

    assert titles(project="triage") == ["Beta rubric, revised", "Beta rubric", "Alpha rubric"]
    assert titles(project="triage", newest=True) == ["Beta rubric, revised", "Alpha rubric"]
    assert titles(project="triage", order="title") == ["Alpha rubric", "Beta rubric", "Beta rubric, revised"]
    assert titles(project="shelf") == ["Standard policy"]
    assert titles(kind="governance.policy") == ["Standard policy"]
    assert titles(series=str(newer.series_id)) == ["Beta rubric, revised", "Beta rubric"]
    assert titles(q="alpha") == ["Alpha rubric"]
    assert titles(q=first.digest) == ["Alpha rubric"]
    assert titles(q=first.digest.removeprefix("sha256:")[:12]) == ["Alpha rubric"]
    assert titles(standing="in force") == ["Standard policy"]
    assert titles(standing="not submitted for signature", project="triage", limit=1) == ["Beta rubric, revised"]


def test_the_standing_is_told_as_of_a_ledger_size_and_time(cast: Cast, api: Door) -> None:
    ada = api("ada")
    now = ada.get(f"documents/{cast.policy.digest}/standing")
    assert (now["standing"], now["ok"]) == ("in force", True)
    assert [signed["printed_name"] for signed in now["signatures"]] == ["Carl Officer", "Dora Expert"]
    last = now["signatures"][-1]["seq"]
    before = ada.get(f"documents/{cast.policy.digest}/standing", ledger_size=last)
    assert (before["standing"], before["missing"]) == ("waiting for signatures", [{"role": "owner", "count": 1}])
    later = ada.get(f"documents/{cast.policy.digest}/standing", time="2099-01-01T00:00:00Z")
    assert later["standing"] == "expired"
    assert ada.get(f"documents/{cast.policy.digest}/standing", ledger_size=10**6, expect=400)["field"] == "ledger_size"


def test_another_projects_documents_do_not_exist(cast: Cast, api: Door) -> None:
    mallory, hidden = api("mallory"), rubric(cast)
    for path in ("", "/raw", "/standing", "/gate", f"/diff?base={cast.policy.digest}"):
        mallory.get(f"documents/{hidden.digest}{path}", expect=404)
    mallory.get(f"documents/{cast.policy.digest}/diff", base=hidden.digest, expect=404)
    mallory.post(f"documents/{hidden.digest}/revoke", {"reason": "x", "password": people.PASSWORD}, expect=404)
    mallory.post("documents", submission(), expect=404)
    mallory.post("documents", submission(project="other", base=hidden.digest), expect=404)
    mallory.get("documents", project="triage", expect=404)
    draft = api("erik").post("drafts", submission())
    mallory.get(f"drafts/{draft['id']}", expect=404)
    mallory.put(f"drafts/{draft['id']}", {"revision": 1, "body": {}}, expect=404)
    mallory.post(f"drafts/{draft['id']}/freeze", {"revision": 1}, expect=404)
    assert mallory.get("documents")["count"] == 1
    assert [row["title"] for row in mallory.get("drafts")["results"]] == ["Standard policy"]
    assert mallory.get("documents", q=hidden.digest)["count"] == 0


def test_a_shelf_document_does_not_tell_who_refers_to_it_elsewhere(cast: Cast, api: Door) -> None:
    seen = api("mallory").get(f"documents/{cast.policy.digest}")
    assert seen["referenced_by"] == []


def test_an_auditor_reads_but_does_not_write(api: Door) -> None:
    denied = api("ada").post("documents", submission(), expect=403)
    assert denied["error"] == "denied"
    assert denied["findings"][0]["found"] == "your roles here: auditor"


def test_lists_cost_the_same_however_long_they_are(cast: Cast, api: Door) -> None:
    erik = api("erik")
    signers = [(cast.carl, "compliance_officer"), (cast.dora, "owner")]
    lists = ("documents", "requests", "drafts", "jobs", "reports", "ledger/entries")

    def costs() -> dict[str, int]:
        found = {}
        for path in lists:
            with CaptureQueriesContext(connection) as queries:
                erik.get(path, project="triage")
            found[path] = len(queries)
        return found

    people.agree(rubric(cast), by=cast.erik, signers=signers)
    costs()  # who read what is noted once in a while, by the first of several reads
    before = costs()
    for number in range(5):
        people.agree(rubric(cast, f"Rubric {number}"), by=cast.erik, signers=signers[: 1 + number % 2])
    assert costs() == before
    assert max(before.values()) < 30


def test_altered_bytes_are_never_served(cast: Cast, api: Door) -> None:
    forged = rubric(cast)
    forged.digest, forged.number, forged.seq = "sha256:" + "0" * 64, 2, 10**6
    forged._state.adding = True
    forged.save()
    for path in ("", "/raw"):
        assert api("erik").get(f"documents/{forged.digest}{path}", expect=500)["error"] == "corrupt"
