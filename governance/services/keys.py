"""Keys: another takes the place of one, and one is declared stolen. Either publishes the next keyring.

Nothing here is reachable from the web: it needs the root key, which is brought for the act and taken away again.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import ImproperlyConfigured

from governance import events, keyfiles
from governance.errors import Conflict, Invalid
from governance.models import KeyringVersion, Organisation
from governance.proof.formats import keys
from governance.proof.formats.canonical import sha256
from governance.proof.formats.keyring import KeyEntry, Keyring
from governance.proof.formats.keys import PublicKey, Purpose, Signer
from governance.seal_certificate import make_seal_certificate
from governance.selectors import keys as select
from governance.selectors import ledger
from governance.services.checkpoints import checkpoint_make
from governance.services.ledger import Mutation, mutation

ALGORITHM: dict[Purpose, keys.Algorithm] = {
    "root": "ed25519",
    "log": "ed25519",
    "attestation": "ed25519",
    "permit": "ed25519",
    "seal": "ecdsa-p256",
}
"""How keys that are made here sign. A key behind a signer URI may be of either kind, where its purpose allows."""


@dataclass(frozen=True)
class Rotation:
    """What a rotation did: the keyring now in force, the key now in use, and what is left for a person to do."""

    number: int
    key: PublicKey
    left: Sequence[str]


def rotate(*, purpose: Purpose) -> Rotation:
    """Put a new key in the place of the one in use for a purpose, and publish the keyring that says so.

    It takes effect with the ledger's entry, for every process at once. If it is interrupted, running it again finishes
    what was begun. For the root, the old key names the new one, which then signs a
    keyring of its own: whoever holds the old fingerprint can follow.

    Raises:
        Invalid: no such purpose, or the key to come was used before.
        NoKey: the root key is not here, or the key to come cannot be reached.
        KeyMaterialError: the key to come is of a kind that does not serve this purpose.
    """
    if purpose not in ALGORITHM:
        raise Invalid("purpose", f"found {purpose!r}, expected one of {', '.join(ALGORITHM)}")
    before = _in_force()
    now = before.in_use(purpose)
    if now is not None and _waiting(purpose) == now.keyid:
        return Rotation(before.number, now.key, keyfiles.settle(purpose, now.key))
    root = _root(before)
    new = keyfiles.obtain(purpose, ALGORITHM[purpose], demo=before.root.demo, coming=True)
    fit(purpose, new)
    if before.entry(new.keyid) is not None:
        raise Invalid("key", f"found key {new.keyid}, which the keyring knows already; expected one never used")
    certificate = _certificate(before) if purpose == "seal" else None
    left = [*_last_word()] if purpose == "log" and now is not None else []
    with mutation(actor=None, action="keys.rotate") as m:
        ring = _in_force()
        if ring != before:
            raise Conflict(found="another keyring", expected="the one it began with", remedy="Run it again.")
        if purpose == "root":
            ring = _rotate_root(m, ring, root, new)
        else:
            added = _entry(purpose, new, m.size + 1, demo=ring.root.demo, certificate=certificate)
            changed = [_ended(entry, purpose, m.size + 1) for entry in ring.keys]
            ring = _publish(m, ring, root, keys=sorted([*changed, added], key=lambda e: (e.purpose, e.since)))
    return Rotation(ring.number, new, [*left, *keyfiles.settle(purpose, new)])


def declare_compromise(*, purpose: Purpose, keyid: str, since: datetime, reason: str) -> Keyring:
    """Declare that somebody else may have had a key since a moment: what it signed from then on proves nothing.

    The key ends with this declaration; `rotate` brings another. Everything that rests on its later signatures falls,
    and says so wherever it is shown. A second declaration may name an earlier moment, never a later one.

    Raises:
        Invalid: no such key, a moment to come, no reason; or the root key in use, which must be rotated first.
        Conflict: it was declared compromised since then, or earlier, already.
        NoKey: the root key is not here.
    """
    if not reason.strip():
        raise Invalid("reason", "found nothing, expected what happened")
    root = _root(_in_force())
    with mutation(actor=None, action="keys.declare_compromise") as m:
        ring = _in_force()
        entry = next((e for e in ring.entries if e.purpose == purpose and e.keyid == keyid), None)
        if entry is None:
            raise Invalid("key", f"found {keyid!r}, expected the id of a {purpose} key of the keyring")
        if entry in (ring.root, ring.next_root):
            raise Invalid(
                "key",
                "found the root key in use; run manage.py rotate_key root first, publish the new fingerprint, then "
                "declare the old root compromised",
            )
        if since > m.time:
            raise Invalid("since", f"found {since.isoformat()}, expected a moment that has passed")
        size = ledger.first_since(since)
        if entry.compromised_since is not None and entry.compromised_since <= size:
            raise Conflict(
                found=f"a key declared compromised since ledger size {entry.compromised_since}",
                expected="an earlier moment",
                remedy="Nothing needs doing.",
            )
        until = m.size + 1 if entry.until is None else entry.until
        fallen = entry.model_copy(update={"compromised_since": size, "until": until})
        published = _publish(
            m,
            ring,
            root,
            keys=[fallen if e == entry else e for e in ring.keys],
            former_roots=[fallen if e == entry else e for e in ring.former_roots],
        )
        m.append(
            events.KEY_COMPROMISED,
            subjects=[f"key:{keyid}"],
            data={"key": f"sha256:{keyid}", "since": size, "number": published.number},
            private={"reason": reason.strip()},
        )
    return published


def _in_force() -> Keyring:
    try:
        return select.keyring()
    except select.NoKeyring as problem:
        raise Conflict(found="no keyring", expected="an installation", remedy="Run manage.py set_up.") from problem


def _waiting(purpose: Purpose) -> str | None:
    """Return the id of the key that lies ready to come; None when there is none."""
    found = keyfiles.source(purpose, coming=True)
    known = keyfiles.public_of(found) if found is not None and (found.path is None or found.path.is_file()) else None
    return known.keyid if known else None


def _root(ring: Keyring) -> Signer:
    try:
        return keyfiles.signer("root")
    except ImproperlyConfigured as problem:
        raise keyfiles.NoKey(
            f"this needs the root key {ring.root.keyid}: bring it to {keyfiles.path_of('root')}, or name it in "
            f"COUNTERSIGN_KEY_ROOT, and take it away again afterwards ({problem})"
        ) from problem


def _last_word() -> Iterator[str]:
    """Have the old log key sign the ledger's head before it ends; yield what to know when it cannot."""
    try:
        checkpoint_make()
    except keyfiles.NoKey as problem:
        yield f"the old log key signed no last checkpoint ({problem}); the new one will"


def fit(purpose: Purpose, new: PublicKey) -> None:
    """Return if a key is of a kind that can serve a purpose; raise Invalid if not."""
    if purpose == "log" and new.algorithm != "ed25519":
        raise Invalid(
            "key", f"found an {new.algorithm} key, expected ed25519: checkpoints are signed with nothing else"
        )
    if purpose == "seal" and new.algorithm != "ecdsa-p256":
        raise Invalid("key", f"found an {new.algorithm} key, expected ecdsa-p256: readers of PDF know it")


def _certificate(ring: Keyring) -> str:
    coming = keyfiles.source("seal", coming=True)
    if coming is None:
        raise keyfiles.NoKey("the seal key to come is not there any more; run it again")
    organisation = Organisation.objects.get().name
    return make_seal_certificate(coming.signer(coming.public), organisation, demo=ring.root.demo)


def _entry(purpose: Purpose, key: PublicKey, since: int, *, demo: bool, certificate: str | None = None) -> KeyEntry:
    return KeyEntry(
        keyid=key.keyid,
        purpose=purpose,
        algorithm=key.algorithm,
        public=key.spki_pem,
        certificate=certificate,
        since=since,
        demo=demo,
    )


def _ended(entry: KeyEntry, purpose: Purpose, until: int) -> KeyEntry:
    return entry.model_copy(update={"until": until}) if entry.purpose == purpose and entry.until is None else entry


def _rotate_root(m: Mutation, ring: Keyring, old: Signer, new: PublicKey) -> Keyring:
    """Publish two keyrings: by the old root, naming the new one; and by the new root, which shows that it is there."""
    coming = keyfiles.source("root", coming=True)
    if coming is None:
        raise keyfiles.NoKey("the root key to come is not there any more; run it again")
    named = _entry("root", new, m.size + 1, demo=ring.root.demo)
    ring = _publish(m, ring, old, next_root=named)
    former = _ended(ring.root, "root", m.size + 1)
    return _publish(m, ring, coming.signer(new), root=named, next_root=None, former_roots=[*ring.former_roots, former])


def _publish(m: Mutation, before: Keyring, by: Signer, **changes: object) -> Keyring:
    """Append the next keyring, signed by the root, and return it."""
    fields = {name: getattr(before, name) for name in Keyring.model_fields}
    numbered = {"number": before.number + 1, "previous": sha256(select.envelopes()[-1])}
    ring = Keyring.model_validate({**fields, **numbered, **changes})
    envelope = ring.sign(by)
    seq = m.append(events.KEYRING_PUBLISHED, data={"number": ring.number, "keyring": sha256(envelope)})
    KeyringVersion(number=ring.number, envelope=envelope, seq=seq).save()
    return ring
