"""Tokens: made, used within their scopes, ended; and signing in and out."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from rest_framework.test import APIClient

from evals.api import urls as evals_urls
from governance.access import SCOPES
from governance.api import urls as api_urls
from governance.models import ApiToken, Job, LedgerEvent
from governance.selectors import ledger
from tests.governance.accounts.authenticator import code, enrol
from tests.governance.api.conftest import Api, Door
from tests.support.cast import PASSWORD, Cast, evaluation_spec, rubric
from training.api import urls as training_urls


def test_a_token_opens_and_its_deletion_closes(api: Door) -> None:
    erik = api("erik", ["read"])
    me = erik.get("me")
    assert me["username"] == "erik"
    assert [(role["role"], role["project"]) for role in me["roles"]] == [("engineer", "triage")]
    assert erik.client.delete("/api/v1/tokens").status_code == 204
    assert erik.get("me", expect=401)["error"] == "not signed in"


def test_a_token_expires(cast: Cast) -> None:
    made = Api(None).post("tokens", {"username": "erik", "password": PASSWORD, "days": 2})
    assert datetime.fromisoformat(made["expires_at"]) > datetime.now(UTC) + timedelta(days=1)
    with time_machine.travel(datetime.now(UTC) + timedelta(days=3)):
        Api(made["token"]).get("me", expect=401)


def test_wrong_passwords_are_refused_then_lock_the_address_out(cast: Cast) -> None:
    nobody = Api(None)
    for _ in range(9):
        assert nobody.post("tokens", {"username": "erik", "password": "wrong"}, expect=401)["error"] == "not signed in"
    locked = nobody.post("tokens", {"username": "erik", "password": "wrong"}, expect=429)
    assert "wait" in locked["detail"]
    nobody.post("tokens", {"username": "erik", "password": PASSWORD}, expect=429)
    nobody.post("tokens", {"username": "ada", "password": PASSWORD})


def test_a_token_needs_the_second_factor_that_sign_in_asks_for(cast: Cast, settings) -> None:
    asked = {"username": "carl", "password": PASSWORD}
    settings.COUNTERSIGN_SECOND_FACTOR_ROLES = ["compliance_officer"]
    refused = Api(None).post("tokens", asked, expect=409)
    assert [f["check"] for f in refused["findings"]] == ["second factor"]
    secret, recovery = enrol(cast.carl, PASSWORD)
    for given in ({}, {"code": "000000"}):
        Api(None).post("tokens", asked | given, expect=409)
    now = {"code": code(secret)}
    assert Api(Api(None).post("tokens", asked | now)["token"]).get("me")["username"] == "carl"
    Api(None).post("tokens", asked | now, expect=409)
    Api(None).post("tokens", asked | {"code": recovery[0]})


def test_somebody_who_left_has_no_token(cast: Cast, api: Door) -> None:
    erik = api("erik")
    cast.erik.is_active = False
    cast.erik.save()
    erik.get("me", expect=401)
    Api(None).post("tokens", {"username": "erik", "password": PASSWORD}, expect=401)


def test_malformed_tokens_are_turned_away(cast: Cast) -> None:
    for value in ("", "x", "a b", "\xff\xfe", "é" * 40, "A" * 10_000, "%00"):
        Api(value).get("me", expect=401)


def test_everything_needs_a_token(cast: Cast) -> None:
    for path in ("me", "documents", "ledger", "kinds", "people", "jobs", "reports", "requests", "inbox", "drafts"):
        Api(None).get(path, expect=401)


def test_a_browsers_session_needs_the_csrf_token(cast: Cast) -> None:
    browser = APIClient(enforce_csrf_checks=True)
    browser.force_login(cast.erik, backend="django.contrib.auth.backends.ModelBackend")
    assert browser.get("/api/v1/me").status_code == 200
    forged = browser.post("/api/v1/projects", {"name": "X"}, format="json")
    assert (forged.status_code, "CSRF" in forged.json()["detail"]) == (403, True)


def test_answers_are_kept_by_no_cache(api: Door) -> None:
    assert api("erik").client.get("/api/v1/me")["Cache-Control"] == "no-store"
    assert Api(None).client.post("/api/v1/tokens", {}, format="json")["Cache-Control"] == "no-store"


def test_a_token_has_an_end_of_a_year_at_most(cast: Cast) -> None:
    asked = {"username": "erik", "password": PASSWORD}
    made = Api(None).post("tokens", asked)
    until = datetime.fromisoformat(made["expires_at"]) - datetime.now(UTC)
    assert timedelta(days=89) < until < timedelta(days=91)
    for wrong in ({"days": 366}, {"days": 0}, {"scopes": ["sign"]}, {"name": "  "}):
        Api(None).post("tokens", asked | wrong, expect=400)


def test_tokens_are_on_the_ledger_and_listed_without_their_text(cast: Cast, api: Door) -> None:
    made = Api(None).post("tokens", {"username": "erik", "password": PASSWORD, "name": "CI", "scopes": ["launch"]})
    entry = LedgerEvent.objects.filter(event="access:token:created").latest("entry_id")
    leaf = ledger.leaves_at([entry.pk])[entry.pk]
    assert (leaf.actor, leaf.data["token"], leaf.data["scopes"]) == (cast.erik.actor, made["id"], ["launch", "read"])
    listed = Api(made["token"]).get("tokens")["results"]
    assert [(row["name"], row["scopes"]) for row in listed] == [("CI", ["launch", "read"])]
    assert made["token"] not in str(listed)
    assert Api(made["token"]).get("tokens")["results"][0]["last_used"] is not None
    assert api("ada").get("tokens")["results"] == []
    api("ada").client.delete(f"/api/v1/tokens/{made['id']}")
    assert Api(made["token"]).client.delete(f"/api/v1/tokens/{made['id']}").status_code == 204
    Api(made["token"]).get("me", expect=401)
    assert LedgerEvent.objects.latest("entry_id").event == "access:token:revoked"


@pytest.mark.postgres
@pytest.mark.attack(
    name="Write a token for somebody else into the database, widen one, prolong one, or bring an ended one back",
    caught_by="a token opens what its ledger entry says (key, holder, scopes, end) and nothing once it was ended",
    unless="the ledger's entries are forged as well, which its proofs show",
)
def test_a_token_row_counts_as_far_as_its_leaf(cast: Cast) -> None:
    made = Api(None).post("tokens", {"username": "erik", "password": PASSWORD, "scopes": ["read"]})
    erik, row = Api(made["token"]), ApiToken.objects.filter(id=made["id"])
    erik.get("me")
    for forged in (
        {"user": cast.olga},
        {"scopes": ["launch", "read", "write"]},
        {"expiry": datetime.now(UTC) + timedelta(days=4000)},
        {"seq": 3},
        {"digest": "0" * 128},
    ):
        before = dict(row.values(*forged).get())
        row.update(**forged)
        erik.get("me", expect=401)
        row.update(**before)
        erik.get("me")
    kept = ApiToken.objects.get(id=made["id"])
    erik.client.delete("/api/v1/tokens")
    kept.save(force_insert=True)
    erik.get("me", expect=401)


@pytest.mark.attack(
    name="Launch, write or sign with a token made to read",
    caught_by="the access table asks the token's scope, and no scope lets a token sign",
    unless="never",
)
def test_a_token_to_read_changes_nothing(cast: Cast, api: Door) -> None:
    spec = evaluation_spec(cast)
    reader = api("erik", ["read"])
    assert reader.get("jobs")["results"] == []
    assert reader.get(f"documents/{spec.digest}")["digest"] == spec.digest
    refused = reader.post("jobs", {"spec": spec.digest}, expect=403)
    assert [finding["check"] for finding in refused["findings"]] == ["token scope"]
    body = {"project": "triage", "kind": "evals.rubric", "body": {}}
    reader.post("drafts", body, expect=403)
    writer = api("erik", ["write"])
    assert writer.post("drafts", body)["kind"] == "evals.rubric"
    assert writer.post("jobs", {"spec": spec.digest}, expect=403)["findings"][0]["expected"] == "the scope launch"
    assert api("erik", ["launch"]).post("jobs", {"spec": spec.digest})["state"] == "queued"
    assert not Job.objects.exclude(requested_by=cast.erik).exists()


def test_no_token_signs_grants_or_makes_tokens(cast: Cast, api: Door) -> None:
    document = rubric(cast)
    request = api("erik", ["write"]).post("requests", {"documents": [document.digest]})["id"]
    everything = sorted(SCOPES)
    said = {"role": "compliance_officer", "meaning": "Yes", "reason": "Read", "password": PASSWORD}
    for user, path, given in (
        ("carl", f"requests/{request}/sign", said),
        ("carl", f"requests/{request}/reject", {"reason": "No"}),
        ("olga", "roles", {"username": "ada", "role": "owner", "project": None, "password": PASSWORD}),
        ("olga", "people", {"username": "new", "printed_name": "New", "password": PASSWORD}),
    ):
        refused = api(user, everything).post(path, given, expect=403)
        assert [finding["check"] for finding in refused["findings"]] == ["token scope"], path
    assert LedgerEvent.objects.latest("entry_id").event == "refusal:access:denied"
    assert api("carl").post(f"requests/{request}/sign", said)["role"] == "compliance_officer"


def test_every_route_is_closed_to_changes_by_a_token_to_read(cast: Cast, api: Door) -> None:
    reader = api("erik", ["read"])
    routes = [
        "/api/v1/" + re.sub(r"<\w+:\w+>", "x", str(pattern.pattern))
        for module in (api_urls, evals_urls, training_urls)
        for pattern in module.urlpatterns
    ]
    assert len(routes) > 40
    for route in routes:
        if route.startswith("/api/v1/tokens") or route == "/api/v1/verify":  # which keeps nothing of what it is given
            continue
        for method in ("post", "put", "patch", "delete"):
            answer = getattr(reader.client, method)(route, {}, format="json")
            assert answer.status_code == 403, (method, route)
            assert answer.json()["findings"][0]["check"] == "token scope"


def test_a_persons_token_opens_nothing_of_the_runners(cast: Cast, api: Door) -> None:
    client = api("erik", sorted(SCOPES)).client
    for path in ("heartbeat", "result", "failed"):
        assert client.post(f"/control/v1/{path}", {}, format="json").status_code in (401, 403, 404), path
    assert client.get("/control/v1/inputs/base").status_code in (401, 403, 404)


def test_a_monitors_token_reopens_a_review_and_closes_none(cast: Cast, api: Door) -> None:
    due = (datetime.now(UTC) + timedelta(days=3)).isoformat()
    asked = {"document": cast.policy.digest, "trigger": "drift", "due": due, "reason": "Inputs moved"}
    api("carl", ["read"]).post("reviews", asked, expect=403)
    monitor = api("carl", sorted(SCOPES))
    review = monitor.post("reviews", asked)["id"]
    close = f"reviews/{review}/close"
    refused = monitor.post(close, {"finding": "Fine", "password": PASSWORD}, expect=403)
    assert [finding["check"] for finding in refused["findings"]] == ["token scope"]
    assert monitor.get("reviews", document=cast.policy.digest)["results"][0]["closed_at"] is None
    document = rubric(cast)
    given = {"kind": "question", "text": "Why?"}
    assert monitor.post(f"documents/{document.digest}/comments", given)["open"]
    now = datetime.now(UTC)
    delegated = {
        "to": "olga", "role": "compliance_officer", "project": None, "reason": "Leave", "password": PASSWORD,
        "starts_at": now.isoformat(), "ends_at": (now + timedelta(days=1)).isoformat(),
    }  # fmt: skip
    for path, body in (
        ("delegations", delegated),
        (f"documents/{cast.policy.digest}/revoke", {"reason": "Wrong", "password": PASSWORD}),
    ):
        refused = monitor.post(path, body, expect=403)
        assert [finding["check"] for finding in refused["findings"]] == ["token scope"], path
