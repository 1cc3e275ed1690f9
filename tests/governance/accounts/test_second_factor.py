"""Second factors: enrolled with the password, used once, encrypted at rest, removed only where the rules allow it."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet
from django.db import connection, connections
from django.utils import timezone

from governance import encryption
from governance.errors import Conflict, Invalid, NotFound, Refused
from governance.models import ApiToken, LedgerEvent, SignIn
from governance.selectors import accounts, ledger
from governance.services import resetting, second_factor, tokens
from governance.services.reauthentication import Proof
from tests.governance.accounts.authenticator import code, enrol, secret_of
from tests.governance.cast import PASSWORD


def events() -> list[str]:
    return list(LedgerEvent.objects.order_by("entry_id").values_list("event", flat=True))


def test_codes_are_enrolled_with_password_and_first_code(world) -> None:
    secret, recovery = enrol(world.officer, PASSWORD)
    assert len(set(recovery)) == 10
    assert secret_of(world.officer) == secret
    assert events()[-2:] == ["access:factor:enrolled", "access:factor:enrolled"]
    assert accounts.has_second_factor(world.officer)
    with pytest.raises(Conflict):
        enrol(world.officer, PASSWORD)


def test_a_wrong_password_or_code_enrols_nothing(world) -> None:
    secret = second_factor.new_secret()
    with pytest.raises(Refused, match="re-authentication"):
        second_factor.enrol_totp(actor=world.officer, secret=secret, code=code(secret), password="wrong")
    assert events()[-1] == "refusal:identity:unproven"
    with pytest.raises(Invalid, match="another code"):
        second_factor.enrol_totp(actor=world.officer, secret=secret, code="000000", password=PASSWORD)
    assert not Authenticator.objects.exists()


def test_seeds_are_encrypted_at_rest_and_keys_can_be_rotated(world, settings) -> None:
    settings.COUNTERSIGN_SECRETS_KEYS = [Fernet.generate_key().decode()]
    secret, recovery = enrol(world.officer, PASSWORD)
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM mfa_authenticator")
        stored = json.dumps(cursor.fetchall(), default=str)
    assert secret not in stored
    assert not any(one in stored for one in recovery)
    settings.COUNTERSIGN_SECRETS_KEYS = [Fernet.generate_key().decode(), *settings.COUNTERSIGN_SECRETS_KEYS]
    assert second_factor.verify_totp(world.officer, code(secret))
    settings.COUNTERSIGN_SECRETS_KEYS = []
    with pytest.raises(encryption.Unreadable):
        second_factor.verify_totp(world.officer, code(secret, later=1))


def test_without_a_key_of_its_own_secrets_live_under_the_secret_key(settings) -> None:
    token = encryption.encrypt("seed")
    assert encryption.decrypt(token) == "seed"
    old, settings.SECRET_KEY = settings.SECRET_KEY, "another" * 10
    with pytest.raises(encryption.Unreadable):
        encryption.decrypt(token)
    settings.SECRET_KEY_FALLBACKS = [old]
    assert encryption.decrypt(token) == "seed"


def test_a_code_of_a_neighbouring_step_is_accepted_and_an_older_one_is_not(world) -> None:
    secret, _ = enrol(world.officer, PASSWORD)
    now = timezone.now() + timedelta(minutes=5)
    for later, right in ((-2, False), (2, False), (-1, True), (0, True), (1, True)):
        with time_machine.travel(now, tick=False):
            assert second_factor.verify_totp(world.officer, code(secret, later=later)) is right, later


@pytest.mark.postgres
@pytest.mark.attack(
    name="Use a one-time code a second time, at the same or another door",
    caught_by="the newest time step used is kept in the database for all doors and only moves forward",
    unless="somebody who writes to the database sets it back",
)
def test_a_code_is_accepted_once_and_no_older_one_after_it(world) -> None:
    secret, _ = enrol(world.officer, PASSWORD)
    older, now = code(secret), code(secret, later=1)
    assert second_factor.verify_totp(world.officer, now)
    assert not second_factor.verify_totp(world.officer, now)
    assert not second_factor.verify_totp(world.officer, older)
    assert second_factor.prove(world.officer, now) is None


@pytest.mark.postgres
def test_of_many_who_bring_the_same_code_at_once_one_gets_in(committed_world) -> None:
    officer = committed_world.officer
    secret, _ = enrol(officer, PASSWORD)
    same = code(secret)

    def bring(_: int) -> bool:
        try:
            return second_factor.verify_totp(officer, same)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(bring, range(6)))[-2:] == [False, True]


def test_wrong_codes_lock_for_a_while_whatever_is_brought(world) -> None:
    secret, recovery = enrol(world.officer, PASSWORD)
    for _ in range(second_factor.WRONG_CODES):
        assert second_factor.prove(world.officer, "000000") is None
    assert second_factor.locked_out(world.officer)
    assert not second_factor.verify_totp(world.officer, code(secret))
    assert second_factor.prove(world.officer, recovery[0]) is None
    with time_machine.travel(timezone.now() + second_factor.LOCKED_FOR + timedelta(seconds=1)):
        assert second_factor.verify_totp(world.officer, code(secret))


def test_a_recovery_code_works_once_and_is_told(world) -> None:
    _, recovery = enrol(world.officer, PASSWORD)
    used = second_factor.prove(world.officer, recovery[3])
    assert used is not None
    assert used.type == "recovery_codes"
    entry = LedgerEvent.objects.latest("entry_id")
    assert entry.event == "access:recovery_code:used"
    assert ledger.leaves_at([entry.pk])[entry.pk].data == {"left": 9}
    assert second_factor.prove(world.officer, recovery[3]) is None
    again = second_factor.renew_recovery_codes(actor=world.officer, password=PASSWORD)
    assert not set(again) & set(recovery)
    assert second_factor.prove(world.officer, recovery[4]) is None


def test_with_recovery_codes_alone_wrong_ones_are_counted_too(world) -> None:
    enrol(world.officer, PASSWORD)
    Authenticator.objects.filter(type="totp").delete()
    for _ in range(second_factor.WRONG_CODES):
        second_factor.prove(world.officer, "12345678")
    assert second_factor.locked_out(world.officer)


def test_removal_asks_for_the_password_and_leaves_nobody_without_what_their_role_needs(world, settings) -> None:
    enrol(world.officer, PASSWORD)
    mine = Authenticator.objects.get(type="totp").pk
    with pytest.raises(Refused, match="re-authentication"):
        second_factor.remove(actor=world.officer, identifier=mine, password="wrong")
    with pytest.raises(NotFound):
        second_factor.remove(actor=world.owner, identifier=mine, password=PASSWORD)
    settings.COUNTERSIGN_SECOND_FACTOR_ROLES = ["compliance_officer"]
    with pytest.raises(Refused, match="second factor"):
        second_factor.remove(actor=world.officer, identifier=mine, password=PASSWORD)
    settings.COUNTERSIGN_SECOND_FACTOR_ROLES = ["owner"]
    second_factor.remove(actor=world.officer, identifier=mine, password=PASSWORD)
    assert not Authenticator.objects.exists()
    assert events()[-1] == "access:factor:removed"
    with pytest.raises(Conflict):
        second_factor.renew_recovery_codes(actor=world.officer, password=PASSWORD)


def test_an_owner_resets_what_somebody_lost_but_never_their_own(world) -> None:
    enrol(world.officer, PASSWORD)
    enrol(world.owner, PASSWORD)
    now = timezone.now()
    SignIn.objects.create(user=world.officer, method="password", opened_at=now, seen_at=now)
    token, _ = tokens.create(actor=world.officer, name="ci", scopes=["read"])
    with pytest.raises(Refused, match="separation of duties"):
        resetting.reset(actor=world.owner, user=world.owner, proof=Proof(PASSWORD))
    with pytest.raises(Refused, match="access"):
        resetting.reset(actor=world.engineer, user=world.officer, proof=Proof(PASSWORD))
    resetting.reset(actor=world.owner, user=world.officer, proof=Proof(PASSWORD))
    assert not Authenticator.objects.filter(user=world.officer).exists()
    assert not accounts.live_sign_ins(world.officer).exists()
    assert {"access:session:ended", "access:token:revoked"} <= set(events()[-4:])
    assert not ApiToken.objects.filter(pk=token.pk).exists()
    with pytest.raises(Conflict):
        resetting.reset(actor=world.owner, user=world.officer, proof=Proof(PASSWORD))


def test_the_policy_knows_roles_wherever_they_are_held(world, settings) -> None:
    settings.COUNTERSIGN_SECOND_FACTOR_ROLES = ["engineer"]
    assert accounts.must_have_second_factor(world.engineer)
    assert not accounts.must_have_second_factor(world.auditor)
    settings.COUNTERSIGN_SECOND_FACTOR_ROLES = []
    assert not accounts.must_have_second_factor(world.engineer)
