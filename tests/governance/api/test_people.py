"""People, roles and projects by API."""

from tests.governance.api.conftest import Api, Door
from tests.support.cast import PASSWORD, Cast

PROOF = {"password": PASSWORD}


def test_a_person_is_enrolled_gets_a_role_and_loses_it(cast: Cast, api: Door) -> None:
    olga = api("olga")
    olga.post("people", {"username": "nora", "printed_name": "Nora New", "password": PASSWORD})
    nora = Api(Api(None).post("tokens", {"username": "nora", "password": PASSWORD})["token"])
    assert nora.get("projects")["count"] == 0
    nora.get("projects/triage", expect=404)
    nora.get("ledger", expect=403)
    grant = olga.post("roles", {"username": "nora", "role": "engineer", "project": "triage", **PROOF})
    assert nora.get("projects")["results"][0]["roles"] == ["engineer"]
    people = nora.get("projects/triage")["people"]
    assert ("nora", "engineer", "triage") in [(p["username"], p["role"], p["project"]) for p in people]
    assert ("mallory", "engineer") not in [(p["username"], p["role"]) for p in people]
    olga.post(f"roles/{grant['grant']}/revoke")
    nora.get("projects/triage", expect=404)
    assert olga.post(f"roles/{grant['grant']}/revoke", expect=409)["error"] == "conflict"


def test_nobody_grants_themself_a_role(cast: Cast, api: Door) -> None:
    refused = api("olga").post(
        "roles", {"username": "olga", "role": "engineer", "project": "triage", **PROOF}, expect=409
    )
    assert refused["findings"][0]["check"] == "separation of duties"


def test_who_is_no_owner_neither_enrols_nor_learns_who_is_there(cast: Cast, api: Door) -> None:
    erik = api("erik")
    erik.get("people", expect=403)
    erik.post("people", {"username": "x", "printed_name": "X", "password": PASSWORD}, expect=403)
    for name in ("carl", "nobody-of-that-name"):
        erik.post("roles", {"username": name, "role": "engineer", "project": "triage", **PROOF}, expect=403)
    erik.post("roles", {"username": "carl", "role": "engineer", "project": "other", **PROOF}, expect=404)
    erik.post("projects", {"name": "Mine"}, expect=403)


def test_bad_people_are_named_by_field(cast: Cast, api: Door) -> None:
    olga = api("olga")
    good = {"username": "nora", "printed_name": "Nora New", "password": PASSWORD}
    for field, value in (
        ("username", "erik"),
        ("username", ""),
        ("username", "a b/c"),
        ("username", "x" * 151),
        ("printed_name", "  "),
        ("password", "short"),
        ("password", "password1234"),
        ("email", "no address"),
    ):
        assert olga.post("people", good | {field: value}, expect=400)["field"] == field, value
    assert (
        olga.post("roles", {"username": "nobody", "role": "owner", "project": None, **PROOF}, expect=400)["field"]
        == "username"
    )
    assert (
        olga.post("roles", {"username": "erik", "role": "king", "project": None, **PROOF}, expect=400)["field"]
        == "role"
    )
    assert olga.post("projects", {"name": "Again", "slug": "triage"}, expect=400)["field"] == "slug"
    assert olga.post("projects", {"name": "!!!"}, expect=400)["field"] == "name"


def test_projects_are_created_and_seen_by_their_people_alone(cast: Cast, api: Door) -> None:
    made = api("olga").post("projects", {"name": "A new one"})
    assert made["slug"] == "a-new-one"
    assert [row["slug"] for row in api("erik").get("projects")["results"]] == ["triage"]
    assert api("ada").get("projects")["count"] == 3
    api("mallory").get("projects/triage", expect=404)
