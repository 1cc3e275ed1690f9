"""Signing in and out."""

from datetime import UTC, datetime, timedelta

import time_machine
from rest_framework.test import APIClient

from tests.governance.accounts.authenticator import code, enrol
from tests.governance.api.conftest import Api, Door
from tests.support.cast import PASSWORD, Cast


def test_a_token_opens_and_its_deletion_closes(api: Door) -> None:
    erik = api("erik")
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
