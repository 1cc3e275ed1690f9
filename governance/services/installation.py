"""Setting an installation up: keys, the first two people, and entry 0 of the ledger."""

from dataclasses import dataclass

from governance import events, keyfiles
from governance.access import COMPLIANCE_OFFICER, OWNER
from governance.errors import Conflict, Invalid
from governance.models import KeyringVersion, LedgerEntry, Organisation
from governance.proof.formats.canonical import sha256
from governance.proof.formats.keyring import KeyEntry, Keyring
from governance.seal_certificate import make_seal_certificate
from governance.services.keys import ALGORITHM, fit
from governance.services.ledger import mutation
from governance.services.people import check_person, enrol, grant


@dataclass(frozen=True)
class Person:
    """Somebody to enrol at set-up."""

    username: str
    printed_name: str
    password: str
    email: str = ""


def set_up(*, organisation: str, owner: Person, officer: Person, demo: bool) -> str:
    """Make the keys, found the organisation with its first owner and compliance officer, and return the fingerprint
    of the root key: publish it where the ledger's readers can find it without this server.

    Keys that exist already, as files or behind signer URIs, are used; so a set-up that died half-way can be run again.

    Raises:
        Conflict: the installation is set up already.
        Invalid: a name or password does not do, or both people are one.
        ImproperlyConfigured, KeyMaterialError: a key behind a URI cannot be reached, or nothing says which it is.
    """
    if LedgerEntry.objects.exists():
        raise Conflict(found="a ledger with entries", expected="an empty one", remedy="It is set up; use it.")
    if not organisation.strip():
        raise Invalid("organisation", "found nothing, expected a name")
    if owner.username == officer.username:
        raise Invalid("officer", "found the owner, expected a second person: policy 1 needs two signatures")
    for person in (owner, officer):
        check_person(person.username, person.printed_name, person.password)
    made = {purpose: keyfiles.obtain(purpose, ALGORITHM[purpose], demo=demo) for purpose in ALGORITHM}
    for purpose, public in made.items():
        fit(purpose, public)
    certificate = make_seal_certificate(keyfiles.signer("seal"), organisation, demo=demo)
    with mutation(actor=None, action="organisation.found") as m:
        row = Organisation.objects.create(name=organisation)
        entries = {
            purpose: KeyEntry(
                keyid=public.keyid,
                purpose=purpose,
                algorithm=public.algorithm,
                public=public.spki_pem,
                certificate=certificate if purpose == "seal" else None,
                since=0,
                demo=demo,
            )
            for purpose, public in made.items()
        }
        keyring = Keyring(
            number=1,
            previous=None,
            origin=f"countersign/{row.id}",
            root=entries.pop("root"),
            keys=[entries[purpose] for purpose in sorted(entries)],
        )
        envelope = keyring.sign(keyfiles.signer("root"))
        fingerprint = made["root"].fingerprint
        seq = m.append(
            events.ORGANISATION_FOUNDED,
            data={"organisation": str(row.id), "root_fingerprint": fingerprint, "keyring": sha256(envelope)},
        )
        KeyringVersion(number=1, envelope=envelope, seq=seq).save()
        for person, role in ((owner, OWNER), (officer, COMPLIANCE_OFFICER)):
            user = enrol(
                m,
                username=person.username,
                printed_name=person.printed_name,
                password=person.password,
                email=person.email,
            )
            grant(m, user=user, role=role, project=None)
    return fingerprint
