"""A person's page, the declaration, and leaving, as owners and officers drive them."""

from django.test import Client

from governance.models import SignerRecord
from tests.governance.web.world import PASSWORD, World


def test_a_signer_comes_on_record(world: World, as_) -> None:
    olive, carla = as_(world.owner), as_(world.officer)
    address = f"/people/{world.officer.ledger_id}/"
    assert f'href="{address}"' in olive.get("/people/").content.decode()
    assert "record incomplete" in olive.get(address).content.decode()
    assert as_(world.engineer).get(address).status_code == 403
    assert olive.post(f"{address}identity/", {"how": "", "password": PASSWORD}).status_code == 400
    assert olive.post(f"{address}identity/", {"how": "Passport seen", "password": PASSWORD}).status_code == 302
    assert (
        olive.post(f"{address}competence/", {"evidence": "Audits", "attachment": "x", "password": PASSWORD}).status_code
        == 400
    )
    assert (
        olive.post(f"{address}competence/", {"evidence": "Ten years of audits", "password": PASSWORD}).status_code
        == 302
    )
    assert carla.post("/account/declaration/", {"password": "wrong"}).status_code == 409
    assert carla.post("/account/declaration/", {"password": PASSWORD})["Location"] == "/account/"
    page = olive.get(address).content.decode()
    assert "on record as signer" in page
    assert "Passport seen" in page
    assert SignerRecord.objects.count() == 3


def test_an_owner_changes_where_mail_goes(world: World, as_) -> None:
    olive, page = as_(world.owner), f"/people/{world.officer.ledger_id}/"
    assert 'action="' + page + 'address/"' in olive.get(page).content.decode()
    assert "address/" not in as_(world.second_officer).get(page).content.decode()
    wrong = olive.post(f"{page}address/", {"email": "nowhere", "password": PASSWORD})
    assert wrong.status_code == 400
    assert "valid email" in wrong.content.decode()
    assert olive.post(f"{page}address/", {"email": "c@example.test", "password": "wrong"}).status_code == 409
    assert olive.post(f"{page}address/", {"email": "c@example.test", "password": PASSWORD})["Location"] == page
    world.officer.refresh_from_db()
    assert world.officer.email == "c@example.test"


def test_leaving_shows_its_consequences_first(world: World, as_) -> None:
    olive = as_(world.owner)
    address = f"/people/{world.officer.ledger_id}/leave/"
    page = olive.get(address).content.decode()
    assert "1 role taken back" in page
    assert "waits for their signature" in page
    assert as_(world.second_officer).get(address).status_code in (403, 404)
    assert olive.post(address, {"successor": "cem", "password": PASSWORD})["Location"] == "/people/"
    world.officer.refresh_from_db()
    assert not world.officer.is_active
    assert Client().post("/sign-in/", {"username": "carla", "password": PASSWORD}).status_code == 200
    assert olive.post(address, {"successor": "", "password": PASSWORD}).status_code == 409
