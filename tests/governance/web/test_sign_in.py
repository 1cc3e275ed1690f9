"""Signing in on the pages: password, second factor, sessions that end, browsers not seen before, who is held back."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.conf import settings as django_settings
from django.test import Client
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from governance.models import ApiToken, Device, LedgerEvent, Notice, SignIn
from governance.selectors import ledger
from governance.services import second_factor, tokens
from governance.web.signed import DEVICE, browser_of
from tests.governance.accounts.authenticator import code, enrol
from tests.governance.web.world import PASSWORD, World

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def sign_in(client: Client, username: str = "olive", password: str = PASSWORD, **more):
    return client.post("/sign-in/", {"username": username, "password": password, **more})


def told(event: str) -> list[dict]:
    seqs = LedgerEvent.objects.filter(event=event).order_by("entry_id").values_list("entry_id", flat=True)
    leaves = ledger.leaves_at(seqs)
    return [leaves[seq].data for seq in seqs]


def test_a_sign_in_is_on_the_ledger_without_a_name_in_it(world: World) -> None:
    client = Client(headers={"User-Agent": FIREFOX})
    assert sign_in(client)["Location"] == "/"
    row = SignIn.objects.get()
    assert (row.user, row.method, row.strong, str(row.device)) == (world.owner, "password", False, "Firefox on Linux")
    said = told("access:session:opened")[-1]
    assert said == {
        "session": str(row.pk),
        "method": "password",
        "device": str(row.device_id),
        "new_device": True,
    }
    assert client.post("/sign-out/").status_code == 302
    assert told("access:session:ended")[-1] == {"session": str(row.pk), "why": "signed out"}


def test_the_second_factor_comes_after_the_password_and_before_anything_else(world: World) -> None:
    secret, _ = enrol(world.owner, PASSWORD)
    client = Client()
    assert sign_in(client, next="/projects/")["Location"] == "/sign-in/code/"
    assert client.get("/")["Location"].startswith("/sign-in/")
    assert not SignIn.objects.exists()
    wrong = client.post("/sign-in/code/", {"code": "000000"})
    assert "not the code of now" in wrong.content.decode()
    assert client.post("/sign-in/code/", {"code": code(secret)})["Location"] == "/projects/"
    row = SignIn.objects.get()
    assert (row.method, row.strong) == ("password + one-time code", True)
    assert client.get("/").status_code == 200


def test_a_recovery_code_opens_once(world: World) -> None:
    _, recovery = enrol(world.owner, PASSWORD)
    for status in (302, 200):
        client = Client()
        sign_in(client)
        assert client.post("/sign-in/code/", {"code": recovery[0]}).status_code == status
    assert SignIn.objects.get().method == "password + recovery code"


@pytest.mark.postgres
@pytest.mark.attack(
    name="Sign in with a one-time code that was used already",
    caught_by="the newest time step used is kept in the database and only moves forward",
    unless="somebody who writes to the database sets it back",
)
def test_a_code_seen_over_the_shoulder_opens_nothing(world: World) -> None:
    secret, _ = enrol(world.owner, PASSWORD)
    same = code(secret)
    first, second = Client(), Client()
    for client, status in ((first, 302), (second, 200)):
        sign_in(client)
        assert client.post("/sign-in/code/", {"code": same}).status_code == status
    assert second.get("/").status_code == 302


def test_too_many_wrong_codes_lock_the_second_step(world: World) -> None:
    secret, _ = enrol(world.owner, PASSWORD)
    client = Client()
    sign_in(client)
    answers = [client.post("/sign-in/code/", {"code": "000000"}) for _ in range(second_factor.WRONG_CODES)]
    assert "Too many wrong codes" in answers[-1].content.decode()
    assert client.post("/sign-in/code/", {"code": code(secret)}).status_code == 200


@pytest.mark.attack(
    name="Have somebody sign in within a session whose cookie the attacker planted",
    caught_by="sign-in gives the session a new random key",
    unless="the attacker reads the new cookie, too",
)
def test_a_planted_session_does_not_become_theirs(world: World) -> None:
    planted = Client()
    planted.get("/sign-in/")
    session = planted.session
    session["planted"] = True
    session.save()
    cookie = session.session_key or ""
    assert cookie
    victim = Client()
    victim.cookies[django_settings.SESSION_COOKIE_NAME] = cookie
    assert sign_in(victim).status_code == 302
    assert victim.cookies[django_settings.SESSION_COOKIE_NAME].value != cookie
    attacker = Client()
    attacker.cookies[django_settings.SESSION_COOKIE_NAME] = cookie
    assert attacker.get("/").status_code == 302


@pytest.mark.postgres
@pytest.mark.attack(
    name="Go on with a session that its owner ended from another browser",
    caught_by="every request of a session asks for its row, and a row that has ended ends the session",
    unless="somebody who writes to the database revives the row",
)
def test_a_session_after_sign_out_everywhere_is_over(world: World) -> None:
    thief, owner = Client(), Client()
    sign_in(thief)
    sign_in(owner)
    assert thief.get("/").status_code == 200
    _, text = tokens.create(actor=world.owner, name="left behind", scopes=["read"])
    assert Client().get("/api/v1/me", HTTP_AUTHORIZATION=f"Bearer {text}").status_code == 200
    assert "ends your 1" in owner.get("/account/").content.decode()
    assert owner.post("/account/sessions/end/").status_code == 302
    assert Client().get("/api/v1/me", HTTP_AUTHORIZATION=f"Bearer {text}").status_code == 401
    assert told("access:token:revoked")
    assert thief.get("/")["Location"].startswith("/sign-in/")
    assert thief.get("/api/v1/me").status_code == 401
    assert "ended from another browser" in thief.get("/sign-in/").content.decode()
    assert owner.get("/").status_code == 200
    assert told("access:session:ended")[-1]["why"] == "signed out everywhere"


def test_one_session_is_ended_from_another_and_nobody_elses(world: World) -> None:
    lost, here, other = Client(), Client(), Client()
    for client, name in ((lost, "olive"), (here, "olive"), (other, "carla")):
        sign_in(client, name)
    first = SignIn.objects.filter(user=world.owner).earliest("opened_at")
    address = reverse("end-session", args=[first.pk])
    assert other.post(address).status_code == 404
    assert lost.get("/").status_code == 200
    assert here.post(address).status_code == 302
    assert lost.get("/").status_code == 302
    assert here.post(address).status_code == 404


def test_a_session_ends_when_nothing_happens_and_when_it_is_old(world: World, settings) -> None:
    settings.COUNTERSIGN_IDLE_MINUTES, settings.COUNTERSIGN_SESSION_HOURS = 10, 1
    client, start = Client(), timezone.now()
    with time_machine.travel(start, tick=False) as clock:
        sign_in(client)
        for _ in range(6):
            clock.shift(timedelta(minutes=9))
            assert client.get("/").status_code == 200
        clock.shift(timedelta(minutes=9))
        assert client.get("/").status_code == 302
        assert SignIn.objects.get().ending == "too old"
        sign_in(client)
        clock.shift(timedelta(minutes=11))
        assert client.get("/").status_code == 302
        assert "nothing happened for a while" in client.get("/sign-in/").content.decode()
    assert [one["why"] for one in told("access:session:ended")] == ["too old", "idle"]


def test_a_page_that_merely_asks_for_news_keeps_nobody_signed_in(world: World, settings) -> None:
    settings.COUNTERSIGN_IDLE_MINUTES = 10
    client, start = Client(), timezone.now()
    with time_machine.travel(start, tick=False) as clock:
        sign_in(client)
        for _ in range(3):
            clock.shift(timedelta(minutes=4))
            client.get("/reports/rows/")
        assert client.get("/reports/rows/").status_code == 302


@pytest.mark.postgres
@pytest.mark.attack(
    name="Keep a session whose row is gone",
    caught_by="a session without its row is over",
    unless="never",
)
def test_a_session_without_its_row_is_over(world: World) -> None:
    client = Client()
    sign_in(client)
    SignIn.objects.all().delete()
    assert client.get("/").status_code == 302


def test_a_browser_not_seen_before_is_told_once(world: World) -> None:
    client = Client(headers={"User-Agent": FIREFOX})
    for count in (1, 1, 2):
        if count == 2:
            client = Client(headers={"User-Agent": FIREFOX})
        sign_in(client)
        client.post("/sign-out/")
        assert Notice.objects.filter(kind="new_device").count() == count
    letter = Notice.objects.filter(kind="new_device").earliest("at")
    assert (letter.to, letter.link) == (world.owner, "/account/")
    assert "Firefox on Linux" in letter.text
    assert [one["new_device"] for one in told("access:session:opened")] == [True, False, True]
    assert Device.objects.count() == 2


def test_the_browsers_cookie_is_ours_or_nobodys(world: World) -> None:
    client = Client()
    sign_in(client)
    cookie = client.cookies[DEVICE]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    key = Device.objects.get().key_sha256
    assert key not in cookie.value
    forged = Client()
    forged.cookies[DEVICE] = "made-up:signature"
    sign_in(forged)
    assert Device.objects.count() == 2


def test_whoever_owes_a_second_factor_reaches_nothing_but_its_enrolment(world: World, settings) -> None:
    settings.COUNTERSIGN_SECOND_FACTOR_ROLES = ["owner"]
    client = Client()
    sign_in(client)
    assert client.get("/")["Location"] == "/account/"
    assert client.get("/", headers={"HX-Request": "true"})["HX-Redirect"] == "/account/"
    assert client.get("/api/v1/me").status_code == 403
    assert "Your role needs a second factor" in client.get("/account/").content.decode()
    page = client.get("/account/codes/").content.decode()
    secret = "".join(re.findall(r"<code>([A-Z2-7 ]+)</code>", page)[0].split())
    enrolled = client.post("/account/codes/", {"code": code(secret), "password": PASSWORD}, follow=True)
    assert "Your recovery codes" in enrolled.content.decode()
    assert "Your recovery codes" not in client.get("/account/").content.decode()
    assert client.get("/").status_code == 200
    assert SignIn.objects.get().method == "password + one-time codes"
    officer = Client()
    sign_in(officer, "carla")
    assert officer.get("/").status_code == 200


def test_a_password_is_changed_and_the_other_sessions_end(world: World) -> None:
    here, other = Client(), Client()
    sign_in(here)
    sign_in(other)
    new = "a much better pass phrase"
    form = {"password": PASSWORD, "new": new, "again": new}
    assert here.post("/account/password/", form | {"password": "wrong"}).status_code == 409
    assert here.post("/account/password/", form | {"new": "short", "again": "short"}).status_code == 400
    assert here.post("/account/password/", form | {"again": "another"}).status_code == 400
    assert here.post("/account/password/", form).status_code == 302
    assert here.get("/").status_code == 200
    assert other.get("/").status_code == 302
    assert told("access:password:changed") == [{}]
    assert Notice.objects.get(kind="credentials").subject == "Password changed"
    assert sign_in(Client()).status_code == 200
    assert sign_in(Client(), password=new).status_code == 302


def test_tokens_are_made_and_ended_on_a_page(world: World) -> None:
    client = Client()
    sign_in(client)
    form = {"name": "Nightly export", "scopes": ["read"], "days": "30", "password": PASSWORD}
    assert client.post("/account/tokens/", form | {"password": "wrong"}).status_code == 409
    assert client.post("/account/tokens/", form | {"scopes": ["sign"]}).status_code == 400
    made = client.post("/account/tokens/", form)
    assert made.status_code == 201
    text = re.findall(r'class="secret">(\w+)<', made.content.decode())[0]
    answer = Client(headers={"Authorization": f"Bearer {text}"}).get("/api/v1/me")
    assert answer.json()["username"] == "olive"
    again = client.get("/account/tokens/").content.decode()
    assert "Nightly export" in again
    assert text not in again
    token = ApiToken.objects.get()
    assert client.post(reverse("end-token", args=[token.id])).status_code == 302
    assert not ApiToken.objects.exists()
    assert client.post(reverse("end-token", args=[token.id])).status_code == 404


def test_a_lockout_is_on_the_ledger_once_and_a_flood_of_them_is_not(world: World, settings) -> None:
    settings.AXES_FAILURE_LIMIT = 3
    for _ in range(6):
        sign_in(Client(), password="wrong")
    assert told("access:session:locked") == [{"failures": 3}]
    size = ledger.size()
    for number in range(40):
        for _ in range(3):
            sign_in(Client(), f"nobody-{number}", "wrong")
    assert ledger.size() - size < 31


@pytest.mark.attack(
    name="Send somebody elsewhere after sign-in by next=",
    caught_by="only addresses of the host that was asked are followed",
    unless="never",
)
@pytest.mark.parametrize(
    "there",
    ["https://elsewhere.example/", "//elsewhere.example/", "/\\elsewhere.example", "javascript:alert(1)",
     "https://testserver@elsewhere.example/", "http://localhost/", "https:///elsewhere.example"],
)  # fmt: skip
def test_nobody_is_sent_elsewhere(world: World, there: str) -> None:
    assert sign_in(Client(), next=there)["Location"] == "/"
    secret, _ = enrol(world.officer, PASSWORD)
    client = Client()
    sign_in(client, "carla", next=there)
    assert client.post("/sign-in/code/", {"code": code(secret)})["Location"] == "/"
    assert client.get(f"/sign-in/?next={there}")["Location"] == "/"


def test_what_allauth_offers_beside_sign_in_does_not_exist(world: World) -> None:
    for name in ("account_signup", "account_email", "account_reset_password", "mfa_index", "socialaccount_connections"):
        with pytest.raises(NoReverseMatch):
            reverse(name)
    for path in ("/signup/", "/accounts/signup/", "/accounts/login/", "/accounts/email/", "/sign-in/signup/"):
        assert Client().get(path).status_code == 404, path


def test_somebody_who_left_does_not_get_in(world: World) -> None:
    client = Client()
    sign_in(client, "ed")
    world.engineer.is_active = False
    world.engineer.save()
    assert client.get("/").status_code == 302
    assert sign_in(Client(), "ed").status_code == 200


def test_the_admin_asks_at_the_same_door(world: World) -> None:
    assert Client().get("/admin/login/")["Location"] == "/sign-in/?next=%2Fadmin%2Flogin%2F"


def test_browsers_have_plain_names() -> None:
    assert browser_of(FIREFOX) == "Firefox on Linux"
    chrome = (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/149.0 Safari/537.36"
    )
    assert browser_of(chrome) == "Chrome on Windows"
    assert browser_of(f"{chrome} Edg/149.0") == "Edge on Windows"
    assert browser_of("curl/8") == "a browser"
