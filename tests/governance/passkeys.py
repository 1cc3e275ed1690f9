"""Passkeys for the tests: a device in software, enrolled and vouched for through the services."""

import uuid
from typing import Any

from governance import policy
from governance.models import Document, Passkey, Signature, SignoffRequest, User
from governance.selectors import passkeys as select
from governance.services import documents, passkey_signing, passkeys
from governance.services.reauthentication import Proof
from tests.governance.cast import PASSWORD, REASON, World, policy_body
from tests.support.device import Device


def enrol(
    user: User, device: Device | None = None, *, name: str = "Blue key", password: str = PASSWORD, **how: Any
) -> Device:
    """Enrol a passkey of somebody's; nobody has vouched for it yet."""
    device = device or Device()
    options = passkeys.prepare(actor=user)
    passkeys.enrol(
        actor=user,
        enrolment=uuid.UUID(options["enrolment"]),
        credential=device.register(options, **how),
        name=name,
        password=password,
    )
    return device


def usable(user: User, by: User, device: Device | None = None, *, password: str = PASSWORD) -> Device:
    """Enrol a passkey and have somebody vouch for it; both have the password."""
    device = enrol(user, device, password=password)
    passkeys.vouch(actor=by, passkey=newest(user), how="Met in person, staff card seen", proof=Proof(password))
    return device


def newest(user: User) -> Passkey:
    return Passkey.objects.select_related("user").filter(user=user).latest("seq")


def prepare(user: User, request: SignoffRequest, role: str, **more: Any) -> passkey_signing.Prepared:
    return passkey_signing.prepare(actor=user, request=request, role=role, **{**REASON, **more})


def finish(user: User, prepared: passkey_signing.Prepared, credential: dict[str, Any]) -> Signature:
    request = SignoffRequest.objects.select_related("project").get(pk=prepared.statement.predicate.request)
    return passkey_signing.sign(actor=user, request=request, preparation=prepared.id, credential=credential)


def sign(user: User, device: Device, request: SignoffRequest, role: str, **more: Any) -> Signature:
    """Sign by passkey, both steps."""
    prepared = prepare(user, request, role, **more)
    return finish(user, prepared, device.answer(prepared.options))


def history(user: User) -> Any:
    key = str(newest(user).pk)
    return select.histories([key])[key]


def governed_by(world: World, **rule: Any) -> Document:
    """Put a policy in force under which every kind is signed as by default, but for `rule`."""
    body = policy_body("Stricter")
    body["rules"] = {kind: {**given, **rule} for kind, given in body["rules"].items()}
    made = documents.document_submit(
        actor=world.owner_two, project=None, kind=policy.KIND, body=body, base=world.policy
    )
    world.agree(made, by=world.owner_two)
    world.policy = made
    return made
