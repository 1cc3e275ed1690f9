"""Years later: the server gone, keys and root changed twice, the seal's certificate over; and evidence renewed."""

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
import time_machine
from cryptography import x509

from governance.proof.checks.elsewhere import Elsewhere
from governance.proof.checks.evidence import LeafEntry, TimeStamped
from governance.proof.checks.outcome import Verification
from governance.proof.checks.renewal import Renewal
from governance.proof.checks.witnesses import WitnessPolicy
from governance.proof.files.report_file import verify_report
from governance.proof.formats import canonical, merkle
from governance.proof.formats.checkpoint import Checkpoint, sign_checkpoint
from governance.proof.formats.cosignature import Cosigner, generate_key
from governance.proof.formats.fields import base64_text
from governance.proof.formats.keyring import Keyring
from governance.proof.formats.leaf import KEYRING_PUBLISHED, REPORT_SEALED
from governance.proof.formats.note import Note
from governance.proof.formats.time_stamp import roots_of
from tests.governance.proof.formats.test_time_stamp import stamped
from tests.governance.proof.world import ORIGIN, Key, World, entry, make_key
from tests.support.authority import Authority

ALL = ("log", "attestation", "permit", "seal")


@dataclass
class Later:
    """A report of long ago, by a seal whose certificate has ended, and the ledger that went on under new keys."""

    world: World = field(default_factory=World)
    rings: list[Keyring] = field(default_factory=list)
    envelopes: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        with time_machine.travel("2010-05-01T00:00:00Z"):
            assert self.world.seal_certificate
        self.report = self.world.report()
        self.size = self.world.tree.size
        self.digest = canonical.sha256(self.report)
        self.rings.append(self.world.keyring())
        self.envelopes.append(self.rings[0].sign(self.world.keys["root"].signer))
        data = {"report": "0" * 36, "kind": "dossier", "ledger_size": self.size, "file": self.digest}
        self.recorded = self.world.append(REPORT_SEALED, data=data).seq
        self.now: dict[str, Key] = dict(self.world.keys)
        for _ in range(2):
            self.rotate()
        for _ in range(5):
            self.world.append("test:history:went_on")

    def rotate(self) -> None:
        """Change every key, the root included, as the runbooks do: the old root names the next, which then signs."""
        before, fresh = self.rings[-1], {name: make_key() for name in ("root", "log", "attestation", "permit")}
        fresh["seal"] = World().keys["seal"]
        self.publish(before.model_copy(update={"next_root": self.span(fresh["root"], "root")}), self.now["root"])
        before, ended = self.rings[-1], self.world.tree.size + 1
        kept = [key.model_copy(update={"until": ended}) if key.until is None else key for key in before.keys]
        certificate = replace(World(), keys=fresh).seal_certificate
        new = [self.span(fresh[name], name, **({"certificate": certificate} if name == "seal" else {})) for name in ALL]
        former = [*before.former_roots, before.root.model_copy(update={"until": ended})]
        changes = {"root": before.next_root, "next_root": None, "former_roots": former, "keys": [*kept, *new]}
        self.publish(before.model_copy(update=changes), fresh["root"])
        self.now = fresh

    def span(self, key: Key, purpose: Any, **changes: Any) -> Any:
        return entry(key, purpose, since=self.world.tree.size + 1, **changes)

    def publish(self, ring: Keyring, root: Key) -> None:
        changes = {"number": len(self.rings) + 1, "previous": canonical.sha256(self.envelopes[-1])}
        self.rings.append(Keyring.model_validate(ring.model_copy(update=changes).model_dump()))
        self.envelopes.append(self.rings[-1].sign(root.signer))
        data = {"number": len(self.rings), "keyring": canonical.sha256(self.envelopes[-1])}
        self.world.append(KEYRING_PUBLISHED, data=data)

    def note(self, key: str = "log", world: World | None = None, by: Mapping[str, Key] | None = None) -> str:
        tree = (world or self.world).tree
        return sign_checkpoint(Checkpoint(ORIGIN, tree.size, tree.root()), ORIGIN, (by or self.now)[key].signer)

    @cached_property
    def renewal(self) -> Renewal:
        tree, seq = self.world.tree, self.recorded
        path = [node.hex() for node in merkle.inclusion_proof(seq, tree.size, tree.read)]
        return Renewal(
            file=self.digest,
            leaf=LeafEntry(leaf=base64_text(self.world.leaves[seq]), index=seq, proof=path),
            checkpoint=self.note(),
            consistency=consistency(self.world, self.size),
            keyrings=[envelope.decode() for envelope in self.envelopes],
        )

    def verified(self, *renewals: Renewal, **known: Any) -> Verification:
        return verify_report(self.report, self.world.fingerprint, Elsewhere(renewals=renewals, **known))


def consistency(world: World, old: int) -> Any:
    from tests.governance.proof.checks.test_kept_checkpoints import proof

    return proof(world.tree, old, world.tree.size)


@pytest.fixture(scope="module")
def later() -> Later:
    return Later()


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authority]:
    made = Authority(tmp_path_factory.mktemp("renewal") / "tsa")
    yield made
    made.stop()


def said(found: Verification) -> dict[str, tuple[bool | None, str]]:
    return {line.name: (line.ok, line.detail) for line in found.checks}


def wrong(found: Verification) -> dict[str, str]:
    return {line.name: line.detail for line in found.checks if line.ok is False}


@pytest.mark.parametrize("day", ["2026-11-26", "2029-11-26", "2066-01-01", "1999-01-01"])
def test_the_answer_is_the_same_on_every_day(later: Later, day: str) -> None:
    """Also when the certificate has ended, and with today's keyrings, where every key has been changed twice."""
    certificate = x509.load_pem_x509_certificate(later.world.seal_certificate.encode())
    assert certificate.not_valid_after_utc.year == 2020
    found = later.verified()
    for known in ({}, {"keyrings": later.envelopes}):
        today = later.verified(**known)
        with time_machine.travel(f"{day}T12:00:00Z"):
            found = later.verified(**known)
        assert (found.code, wrong(found)) == (0, {})
        assert found == today
        [seal, *others] = [line.detail for line in found.checks if line.name == "seal"]
        assert f"counts as of ledger size {later.size}" in seal
        assert ["its key ended at ledger size 9" in line for line in others] == ([True] if known else [])
        retired = [line.detail for line in found.checks if line.name == "checkpoint" and line.ok is None]
        assert ["its log key has ended since" in line for line in retired] == ([True] if known else [])
    assert len(later.rings) == 5
    assert said(found)["keyring"][0] is None, "who published the later ones is not in the report"


def test_renewed_evidence_covers_the_file_by_newer_keys(later: Later, authority: Authority, tmp_path: Path) -> None:
    """The report was neither stamped nor cosigned; the renewal is, by people its reader trusts."""
    witness = Cosigner.from_pem("witness.test/late", generate_key())
    policy = {"witnesses": WitnessPolicy.of([witness.key.text()]), "authorities": roots_of(authority.root.read_bytes())}
    bare = later.verified(**policy)
    assert set(wrong(bare)) == {"witnesses", "time stamp"}
    note = later.renewal.checkpoint
    reply, _ = stamped(authority, note.encode())
    stamp = TimeStamped(checkpoint=note, reply=base64.b64encode(reply).decode(), proof=[])
    signed = Note.parse(note)
    cosigned = signed.with_lines([witness.cosign(Checkpoint.from_text(signed.text), 1_900_000_000)]).to_text()
    renewal = later.renewal.model_copy(update={"checkpoint": cosigned, "time_stamps": [stamp]})
    renewal = Renewal.from_bytes(renewal.model_dump_json().encode())
    found = later.verified(renewal, **policy)
    assert (found.code, wrong(found)) == (0, {})
    told = said(found)
    assert told["renewal"][0]
    assert f"entry {later.recorded} recorded this very file" in told["renewal"][1]
    assert "by Test time stamps" in told["renewed time stamp"][1]
    assert "witness.test/late" in told["renewed witnesses"][1]
    assert "the renewal’s stands for it" in told["witnesses"][1]
    # A stamp over another checkpoint of the log, or by nobody, is none of this one.
    for other in (stamp.model_copy(update={"checkpoint": later.note(by=later.world.keys)}), None):
        bad = renewal.model_copy(update={"time_stamps": [other] if other else []})
        assert {"renewed time stamp"} <= set(wrong(later.verified(bad, **policy)))


@pytest.mark.attack(
    name="renew a report that the ledger does not record, or with what belongs to another file, log, key or time",
    caught_by="the entry names the file's digest, leads to the newer checkpoint, and that goes on from the report's",
    unless="SHA-256 was broken before the renewal was made",
)
def test_what_renews_nothing(later: Later) -> None:
    good, world = later.renewal, later.world
    assert later.verified(good).code == 0
    other = canonical.sha256(b"another file")

    def with_leaf(seq: int) -> LeafEntry:
        return world.proved(seq)

    stranger = World()
    for _ in range(world.tree.size):
        stranger.append("test:other:history")
    bad: dict[str, dict[str, Any]] = {
        "another file": {"file": other},
        "another entry": {"leaf": with_leaf(later.recorded + 1)},
        "an altered entry": {"leaf": good.leaf.model_copy(update={"leaf": base64_text(world.leaves[0])})},
        "another path": {"leaf": good.leaf.model_copy(update={"proof": good.leaf.proof[::-1]})},
        "a key that had ended": {"checkpoint": later.note(by=world.keys)},
        "another log": {"checkpoint": stranger.note()},
        "no checkpoint": {"checkpoint": "nonsense"},
        "another way": {"consistency": consistency(world, later.size - 1)},
        "a way to another tree": {"consistency": consistency(stranger, later.size)},
        "keyrings of others": {"keyrings": [stranger.keyring().sign(stranger.keys["root"].signer).decode()]},
        "too few keyrings": {"keyrings": good.keyrings[:1]},
    }
    for what, changes in bad.items():
        found = later.verified(good.model_copy(update=changes))
        assert (found.code, bool(wrong(found))) == (1, True), what
    # The entry of another report, rightly recorded, is no renewal of this one.
    again = World(keys=world.keys)
    again.__dict__["seal_certificate"] = world.seal_certificate
    found = verify_report(again.report(), world.fingerprint, Elsewhere(renewals=[good]))
    assert set(wrong(found)) == {"renewal"}


def test_a_renewal_of_another_history_proves_the_fork(later: Later) -> None:
    """Whoever has the newest log key tells that another ledger led here: the report's own checkpoint contradicts."""
    forged = World(keys=later.world.keys)
    for _ in range(later.recorded):
        forged.append("test:other:history")
    data = {"report": "0" * 36, "kind": "dossier", "ledger_size": later.size, "file": later.digest}
    forged.append(REPORT_SEALED, data=data)
    while forged.tree.size < later.world.tree.size:
        forged.append("test:other:history")
    changes = {
        "leaf": forged.proved(later.recorded),
        "checkpoint": later.note(world=forged),
        "consistency": consistency(forged, later.size),
    }
    assert later.verified(later.renewal.model_copy(update=changes)).code == 3


def test_what_is_no_renewal() -> None:
    for content in (b"", b"{}", b"[]", b"nonsense", b'{"format":"countersign-renewal/2"}'):
        with pytest.raises(ValueError, match="found no renewal of a report"):
            Renewal.from_bytes(content)
