"""Sign-offs by passkey in a report's evidence: each line of the offline verifier about them, and what makes it fail."""

from typing import Any

import pytest

from governance.proof.checks.evidence import Evidence, Opening
from governance.proof.checks.signatures import Signoff, check_counters, check_names
from governance.proof.checks.verify import CheckLine, verify_evidence
from governance.proof.formats import canonical, passkey
from governance.proof.formats.fields import base64_text
from governance.proof.formats.leaf import (
    DOCUMENT_FROZEN,
    DOCUMENT_SIGNED,
    PASSKEY_ENROLLED,
    PASSKEY_REVOKED,
    PASSKEY_VOUCHED,
    PERSON_ENROLLED,
    ROLE_GRANTED,
    ROLE_REVOKED,
)
from governance.proof.formats.signed_statement import PASSKEY
from governance.proof.history.passkeys import COMPROMISED_PASSKEY, read
from tests.governance.proof.formats.test_passkey import ID, form
from tests.governance.proof.world import PROJECT, SERIES, SIGNER, World, document, statement
from tests.support.device import ORIGIN, Device

OTHER = "5b6c3c1e-5a0e-4c53-9a51-7f3f5a1f2b3c"
LATER = "2026-01-02T03:04:06Z"


def told(device: Device, **changes: Any) -> dict[str, Any]:
    algorithm, spki = passkey.key_from_cose(device.cose)
    return {
        "passkey": ID, "credential": canonical.sha256(device.credential), "algorithm": algorithm,
        "public_key": base64_text(spki), "aaguid": SERIES, "rp_id": "localhost", "origin": ORIGIN,
        "attestation": "none", "attested": False, "synced": False,
    } | changes  # fmt: skip


def verified(
    *, enrolled: dict[str, Any] | None = None, voucher: str | None = OTHER, revoked: str = "", whole: bool = False,
    role: str = "owner", role_in: str | None = None, role_ends: bool = False,
    holder: str = SIGNER, left_out: tuple[str, ...] = (), signed_by: Device | None = None,
) -> list[CheckLine]:  # fmt: skip
    """Verify evidence with one more sign-off: by a passkey that was enrolled, vouched for and revoked as told."""
    world, device = World(), Device()

    def change(world: World, fields: dict[str, Any]) -> None:
        subject = next(iter(document(kind) for kind in ("evals.rubric",)))
        about = [f"user:{holder}", f"passkey:{ID}"]
        made = [world.append(PASSKEY_ENROLLED, actor=holder, subjects=about, data=enrolled or told(device))]
        given = world.grant(OTHER, role, role_in)
        made.append(given)
        if role_ends:
            made.append(world.append(ROLE_REVOKED, subjects=given.subjects, data=given.data))
        if voucher:
            made.append(world.append(PASSKEY_VOUCHED, actor=voucher, subjects=about, data={"passkey": ID}))
        end = {"passkey": ID, "reason": "lost", "since": "2026-01-02T03:04:05Z"}
        if revoked == "before":
            made.append(world.append(PASSKEY_REVOKED, subjects=about, data=end))
        size, root = world.tree.size, world.tree.root()
        said = statement(subject, size=size, root=root, method=PASSKEY, passkey=ID)
        data = {"statement": said.digest}
        made.append(world.append(DOCUMENT_FROZEN, subjects=[subject.digest]))
        made.append(world.append(DOCUMENT_SIGNED, time=LATER, subjects=[subject.digest], data=data))
        if revoked == "after":
            made.append(world.append(PASSKEY_REVOKED, time=LATER, subjects=about, data=end))
        fields["signatures"].append(form(said.to_bytes(), signed_by or device).decode())
        fields["documents"][subject.digest] = base64_text(subject.to_bytes())
        newest = {"ledger_size": world.tree.size, "created_at": made[-1].time}
        fields["report"] = fields["report"].model_copy(update=newest)
        fields["leaves"] = [world.proved(number) for number in range(6)]
        fields["leaves"] += [world.proved(leaf.seq) for leaf in made if leaf.event not in left_out]
        fields["checkpoint"] = world.note()
        if whole:
            fields["ledger"] = [base64_text(leaf) for leaf in world.leaves]

    return verify_evidence(world.evidence(change), world.fingerprint)


def failing(lines: list[CheckLine]) -> str:
    return " ".join(f"{line.name}: {line.detail}" for line in lines if line.ok is False)


def test_it_holds_says_passkey_and_what_only_the_whole_ledger_shows() -> None:
    lines = verified()
    assert failing(lines) == ""
    assert any("passkey (user verified)" in line.detail for line in lines if line.ok)
    assert any(line.name == "passkeys" and "complete leaf file" in line.detail for line in lines if line.ok is None)
    assert not any(line.name == "passkeys" for line in verified(whole=True))


@pytest.mark.parametrize(
    ("how", "why"),
    [
        ({"voucher": None}, "nobody who may had vouched"),
        ({"voucher": SIGNER}, "nobody who may had vouched"),
        ({"left_out": (PASSKEY_VOUCHED,)}, "nobody who may had vouched"),
        ({"left_out": (ROLE_GRANTED,)}, "nobody who may had vouched"),
        ({"role": "engineer"}, "nobody who may had vouched"),
        ({"role_in": PROJECT}, "nobody who may had vouched"),
        ({"role_ends": True}, "nobody who may had vouched"),
        ({"role_ends": True, "left_out": (ROLE_REVOKED,), "whole": True}, "nobody who may had vouched"),
        ({"left_out": (PASSKEY_ENROLLED,)}, "no ledger entry that is included enrols passkey"),
        ({"revoked": "before"}, "was revoked"),
        ({"revoked": "after"}, COMPROMISED_PASSKEY),
        ({"revoked": "after", "left_out": (PASSKEY_REVOKED,), "whole": True}, COMPROMISED_PASSKEY),
        ({"holder": OTHER, "voucher": SIGNER}, "not the signer's"),
        ({"signed_by": Device()}, "found an assertion of"),
        ({"enrolled": told(Device())}, "found an assertion of"),
    ],
)
def test_whatever_else_the_ledger_tells_of_it_fails(how: dict[str, Any], why: str) -> None:
    assert why in failing(verified(**how))


def test_leaves_that_no_service_writes_tell_nothing() -> None:
    world, about = World(), [f"user:{SIGNER}", f"passkey:{ID}"]
    good = told(Device())
    for data in (good | {"origin": "javascript:1"}, good | {"public_key": "!"}, {"passkey": ID}):
        assert read([world.append(PASSKEY_ENROLLED, subjects=about, data=data)]) == {}
    assert read([world.append(PASSKEY_ENROLLED, subjects=[f"user:{SIGNER}"], data=good)]) == {}
    first = world.append(PASSKEY_ENROLLED, subjects=about, data=good)
    again = world.append(PASSKEY_ENROLLED, subjects=about, data=told(Device()))
    assert read([again, first])[ID].seq == first.seq


def test_a_name_or_a_counter_that_went_another_way_is_told() -> None:
    """Neither is a fault by itself: names change, and not every device counts. But a reader sees it."""
    plan = document("evals.rubric")
    leaf = World().append(PERSON_ENROLLED, subjects=[f"user:{SIGNER}"], commitment=None)
    opened = Opening(salt="0" * 32, private={"printed_name": "Grace Enrolled"})
    evidence = Evidence.from_bytes(World().evidence()).model_copy(update={"openings": {str(leaf.seq): opened}})
    given = Signoff(statement(plan), leaf)
    [line] = check_names(evidence, [given, given], [leaf])
    assert (line.ok, "Ada Reviewer" in line.detail, "Grace Enrolled" in line.detail) == (None, True, True)
    assert check_names(evidence, [Signoff(statement(plan, printed_name="Grace Enrolled"), leaf)], [leaf]) == []

    def signed(*counters: int) -> list[Signoff]:
        said = statement(plan, method=PASSKEY, passkey=ID)
        return [Signoff(said, leaf.model_copy(update={"seq": n}), count) for n, count in enumerate(counters)]

    assert check_counters(signed(0, 0)) == check_counters(signed(1, 2, 7)) == check_counters(signed(0, 5, 6)) == []
    for counters in ((1, 1), (7, 6), (2, 3, 1), (5, 0)):
        [line] = check_counters(signed(*counters))
        assert (line.ok, f"and {counters[-1]} in" in line.detail) == (None, True)
    assert passkey.counted(form(statement(plan).to_bytes(), Device(counter=6))) == 7
