"""Signers' records and leaving by API."""

from tests.governance.api.conftest import Door
from tests.support.cast import PASSWORD, Cast

PROOF = {"password": PASSWORD}


def test_records_and_leaving(cast: Cast, api: Door) -> None:
    olga, carl, erik = api("olga"), api("carl"), api("erik")
    person = f"people/{cast.carl.ledger_id}"
    assert olga.get(person)["lacking"] == ["identity", "declaration"]
    erik.get(person, expect=403)
    olga.post(f"{person}/identity", {"how": "Passport seen", **PROOF})
    olga.post(f"{person}/competence", {"evidence": "Audits", "attachment": "sha256:" + "b" * 64, **PROOF})
    olga.post(f"{person}/address", {"email": "no address", **PROOF}, expect=400)
    carl.post(f"{person}/address", {"email": "carl@example.test", **PROOF}, expect=403)
    olga.post(f"{person}/address", {"email": "carl@example.test", **PROOF}, expect=204)
    carl.post("me/declaration", {"password": "wrong"}, expect=409)
    carl.post("me/declaration", {"password": PASSWORD})
    found = olga.get(person)
    assert found["lacking"] == []
    assert [record["kind"] for record in found["records"]] == ["identity", "competence", "declaration"]
    assert olga.get(f"{person}/leave")["roles"] == 1
    carl.post(f"people/{cast.erik.ledger_id}/leave", PROOF, expect=403)
    olga.post(f"{person}/leave", {"successor": "nobody-here", **PROOF}, expect=400)
    assert olga.post(f"{person}/leave", PROOF)["signatures_that_stay"] == 1
    assert olga.get(person)["active"] is False
