"""Single sign-on against a provider on loopback: who gets in, how they are linked, and everything that is refused."""

import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.socialaccount.models import SocialAccount
from cryptography.hazmat.primitives.asymmetric import rsa
from django.test import Client

from governance.errors import Refused
from governance.models import Identity, LedgerEvent, SignIn, User
from governance.proof.formats import canonical
from governance.selectors.verification import verify
from governance.services import identities
from governance.services.reauthentication import Proof
from tests.governance.accounts.authenticator import code, enrol
from tests.governance.web.test_sign_in import told
from tests.governance.web.world import PASSWORD, World
from tests.support.identity_provider import CLIENT, SECRET, IdentityProvider

MAIL = {"email": "Olive@Example.org", "email_verified": True}


@pytest.fixture
def provider(world: World, settings) -> Iterator[IdentityProvider]:
    User.objects.filter(pk=world.owner.pk).update(email="olive@example.org")
    User.objects.filter(pk=world.officer.pk).update(email="carla@example.org")
    with IdentityProvider() as made:
        settings.COUNTERSIGN_OIDC_ISSUER = made.url
        settings.COUNTERSIGN_OIDC_CLIENT_ID, settings.COUNTERSIGN_OIDC_CLIENT_SECRET = CLIENT, SECRET
        settings.COUNTERSIGN_OIDC_NAME = "Example Clinics"
        made.claims = dict(MAIL)
        yield made


def go(client: Client, provider: IdentityProvider, *, follow: str = "", **changed: str):
    """Go to the provider and come back with a code."""
    away = client.get(f"/sign-in/sso/{follow}")
    there = urlsplit(away["Location"])
    asked = {name: values[0] for name, values in parse_qs(there.query).items()}
    assert (f"{there.scheme}://{there.netloc}", there.path) == (provider.url, "/authorize")
    assert (asked["client_id"], asked["response_type"]) == (CLIENT, "code")
    assert asked["redirect_uri"] == "http://localhost:8000/sign-in/sso/callback/"
    assert (asked["code_challenge_method"], "openid" in asked["scope"]) == ("S256", True)
    provider.challenge, provider.nonce = asked["code_challenge"], asked["nonce"]
    return client.get("/sign-in/sso/callback/", {"code": "c", "state": asked["state"], **changed})


def test_the_first_single_sign_on_links_and_later_ones_need_no_address(world: World, provider) -> None:
    client = Client()
    assert "Sign in with Example Clinics" in client.get("/sign-in/").content.decode()
    assert go(client, provider, follow="?next=/projects/")["Location"] == "/projects/"
    row = SignIn.objects.get()
    assert (row.user, row.method, row.strong) == (world.owner, "single sign-on", False)
    assert provider.exchanged[0]["client_secret"] == SECRET
    provider.claims = {"email": None, "email_verified": None}
    assert go(Client(), provider).status_code == 302
    assert SignIn.objects.count() == 2
    assert len(told("access:identity:linked")) == 1
    leaf = str(told("access:identity:linked"))
    assert "subject-1" not in leaf
    assert "olive" not in leaf
    assert not SocialAccount.objects.exists()
    assert User.objects.count() == 7
    assert [str(p) for check in verify().checks for p in check.problems] == []


def test_an_address_given_to_somebody_else_later_changes_nothing(world: World, provider) -> None:
    go(Client(), provider)
    User.objects.filter(pk=world.owner.pk).update(email="")
    User.objects.filter(pk=world.officer.pk).update(email="olive@example.org")
    go(Client(), provider)
    assert set(SignIn.objects.values_list("user__username", flat=True)) == {"olive"}


def test_the_second_factor_is_asked_for_after_single_sign_on_too(world: World, provider) -> None:
    secret, _ = enrol(world.owner, PASSWORD)
    client = Client()
    assert go(client, provider, follow="?next=/projects/")["Location"] == "/sign-in/code/"
    assert not SignIn.objects.exists()
    assert client.post("/sign-in/code/", {"code": code(secret)})["Location"] == "/projects/"
    assert SignIn.objects.get().method == "single sign-on + one-time code"


@pytest.mark.attack(
    name="Get in by single sign-on with an address that the provider has not verified, or that fits nobody or several",
    caught_by="a verified address of exactly one enrolled person links, and their first subject alone",
    unless="the provider says that it verified an address that is not theirs",
)
@pytest.mark.parametrize(
    "claims",
    [
        {"email_verified": False},
        {"email_verified": None},
        {"email_verified": "true"},
        {"email_verified": 1},
        {"email": ""},
        {"email": None},
        {"email": "nobody@example.org"},
        {"email": "olive@example.org.elsewhere.example"},
    ],
    ids=str,
)
def test_an_address_that_does_not_fit_opens_nothing(world: World, provider, claims: dict[str, Any]) -> None:
    provider.claims |= claims
    people = User.objects.count()
    client = Client()
    refused = go(client, provider)
    assert refused.status_code == 409
    assert "Single sign-on" in refused.content.decode()
    assert client.get("/").status_code == 302
    assert (User.objects.count(), Identity.objects.count(), SignIn.objects.count()) == (people, 0, 0)
    assert LedgerEvent.objects.latest("entry_id").event == "refusal:rule:applied"


def test_a_second_subject_or_two_people_with_one_address_are_refused(world: World, provider) -> None:
    go(Client(), provider)
    provider.claims["sub"] = "subject-2"
    assert go(Client(), provider).status_code == 409
    User.objects.filter(pk=world.second_owner.pk).update(email="carla@example.org")
    provider.claims |= {"sub": "subject-3", "email": "carla@example.org"}
    assert go(Client(), provider).status_code == 409
    assert Identity.objects.count() == 1


def test_somebody_who_left_does_not_get_in(world: World, provider) -> None:
    go(Client(), provider)
    User.objects.filter(pk=world.owner.pk).update(is_active=False)
    assert go(Client(), provider).status_code == 409
    assert SignIn.objects.count() == 1


@pytest.mark.attack(
    name="Get in with an ID token of another issuer, client or sign-in, one that ran out, or one wrongly signed",
    caught_by="issuer, audience, authorised party, times, nonce, algorithm and signature are all checked",
    unless="the provider's signing key is stolen",
)
@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://elsewhere.example"},
        {"aud": "another-client"},
        {"aud": [CLIENT, "another"], "azp": "another"},
        {"nonce": "of-another-sign-in"},
        {"nonce": None},
        {"exp": int(time.time()) - 600},
        {"exp": None},
        {"iat": int(time.time()) + 6000},
        {"sub": None},
    ],
    ids=("issuer", "audience", "authorised party", "nonce", "no nonce", "ran out", "no end", "of tomorrow", "nobody"),
)
def test_a_wrong_token_opens_nothing(world: World, provider, claims: dict[str, Any]) -> None:
    provider.claims |= claims
    _nothing(provider)


def _nothing(provider: IdentityProvider) -> None:
    client = Client()
    answer = go(client, provider)
    assert answer["Location"] == "/sign-in/"
    assert "Single sign-on did not work" in client.get("/sign-in/").content.decode()
    assert not SignIn.objects.exists()
    assert not Identity.objects.exists()


def test_a_wrong_signature_opens_nothing(world: World, provider) -> None:
    provider.key = rsa.generate_private_key(65537, 2048)
    _nothing(provider)


@pytest.mark.parametrize(("algorithm", "key"), [("none", None), ("HS256", "a-client-secret-of-enough-length")])
def test_an_algorithm_without_a_key_of_the_providers_opens_nothing(world: World, provider, algorithm, key) -> None:
    provider.algorithm, provider.key = algorithm, key
    _nothing(provider)


def test_a_provider_that_names_another_issuer_is_not_believed(world: World, provider) -> None:
    provider.issuer = "https://elsewhere.example"
    client = Client(raise_request_exception=False)
    assert client.get("/sign-in/sso/").status_code in (302, 500)
    assert not SignIn.objects.exists()


@pytest.mark.attack(
    name="Have somebody finish a single sign-on that the attacker began, or replay one",
    caught_by="the state belongs to one session and is used once, and so do nonce and PKCE verifier",
    unless="never",
)
def test_a_state_of_another_session_or_used_before_opens_nothing(world: World, provider) -> None:
    mine, theirs = Client(), Client()
    asked = parse_qs(urlsplit(mine.get("/sign-in/sso/")["Location"]).query)
    provider.challenge, provider.nonce = asked["code_challenge"][0], asked["nonce"][0]
    answer = {"code": "c", "state": asked["state"][0]}
    assert theirs.get("/sign-in/sso/callback/", answer)["Location"] == "/sign-in/"
    assert mine.get("/sign-in/sso/callback/", answer)["Location"] == "/"
    mine.post("/sign-out/")
    assert mine.get("/sign-in/sso/callback/", answer)["Location"] == "/sign-in/"
    assert SignIn.objects.count() == 1


@pytest.mark.parametrize("there", ["https://elsewhere.example/", "//elsewhere.example", "javascript:alert(1)"])
def test_nobody_is_sent_elsewhere(world: World, provider, there: str) -> None:
    assert go(Client(), provider, follow=f"?next={there}")["Location"] == "/"


def test_an_address_cannot_add_to_what_is_asked(world: World, provider) -> None:
    away = Client().get(
        "/sign-in/sso/?scope=admin&auth_params=prompt%3Dnone%26redirect_uri%3Dhttps://elsewhere.example"
    )
    asked = parse_qs(urlsplit(away["Location"]).query)
    assert "admin" not in asked["scope"][0]
    assert "prompt" not in asked
    assert asked["redirect_uri"] == ["http://localhost:8000/sign-in/sso/callback/"]


def test_somebody_who_says_no_or_a_provider_that_is_away_is_told(world: World, provider) -> None:
    client = Client()
    state = parse_qs(urlsplit(client.get("/sign-in/sso/")["Location"]).query)["state"][0]
    assert client.get("/sign-in/sso/callback/", {"error": "access_denied", "state": state})["Location"] == "/sign-in/"


def test_off_until_configured(world: World, settings) -> None:
    for path in ("/sign-in/sso/", "/sign-in/sso/callback/"):
        assert Client().get(path).status_code == 404
    assert "sso" not in Client().get("/sign-in/").content.decode()


def test_an_owner_takes_a_link_away_and_the_next_links_anew(world: World, provider, as_) -> None:
    go(Client(), provider)
    as_(world.second_owner).post("/people/unlink/", {"user": "olive", "password": PASSWORD})
    assert told("access:identity:unlinked")
    provider.claims["sub"] = "subject-9"
    assert go(Client(), provider).status_code == 302
    assert Identity.objects.count() == 2
    assert as_(world.engineer).post("/people/unlink/", {"user": "olive", "password": PASSWORD}).status_code == 404
    with pytest.raises(Refused):
        identities.unlink(actor=world.engineer, user=world.owner, proof=Proof(PASSWORD))


@pytest.mark.postgres
@pytest.mark.attack(
    name="Write a link to single sign-on into the database, or move one to somebody else",
    caught_by="a link counts as far as its ledger entry says the same",
    unless="the ledger's entries are forged as well, which its proofs show",
)
def test_a_forged_link_opens_nothing(world: World, provider) -> None:
    provider.claims["sub"] = "subject-of-the-attacker"
    for seq in (5, 10**6):
        lookup = canonical.sha256(canonical.dumps([provider.url, f"subject-{seq}"]))
        Identity(user=world.officer, lookup=lookup, salt=bytes(32), seq=seq).save()
        provider.claims["sub"] = f"subject-{seq}"
        assert go(Client(), provider).status_code == 409
    assert not SignIn.objects.exists()
