"""Roles and delegations in a report's evidence: who could sign as what, told by leaves and by nothing else."""

from typing import Any

import pytest

from governance.proof.checks.verify import CheckLine, verify_evidence
from governance.proof.formats.fields import base64_text
from governance.proof.formats.leaf import (
    DELEGATION_ENDED,
    DELEGATION_GIVEN,
    DOCUMENT_FROZEN,
    DOCUMENT_SIGNED,
    ROLE_GRANTED,
    ROLE_REVOKED,
)
from governance.proof.formats.statement import Principal
from governance.proof.history.roles import read
from tests.governance.proof.world import OTHER_PROJECT, PROJECT, SIGNER, World, document, statement

OFFICER = "5b6c3c1e-5a0e-4c53-9a51-7f3f5a1f2b3c"
DELEGATION = "6b6c3c1e-5a0e-4c53-9a51-7f3f5a1f2b3c"
GIVEN = {
    "delegation": DELEGATION, "to": SIGNER, "role": "owner", "project": None,
    "starts": "2026-01-01T00:00:00Z", "ends": "2026-02-01T00:00:00Z",
}  # fmt: skip
FOR_OFFICER = Principal(signer=OFFICER, printed_name="Olga Officer", delegation=DELEGATION)


def verified(
    *,
    role: str | None = "owner",
    holder: str = SIGNER,
    place: str | None = None,
    taken: bool = False,
    by: str = "system",
    late: bool = False,
    given: dict[str, Any] | None = None,
    giver: str = OFFICER,
    ended: bool = False,
    shelf: bool = False,
    left_out: tuple[str, ...] = (),
    whole: bool = False,
) -> list[CheckLine]:
    """Verify evidence with one more sign-off, as owner, under a role and (where `given`) a delegation as told."""
    world = World()

    def change(world: World, fields: dict[str, Any]) -> None:
        subject, made = document("evals.rubric", **({"project": "shelf"} if shelf else {}), salt="1" * 32), []
        if role and not late:
            made.append(world.grant(holder, role, place, actor=by))
        if given is not None:
            told = {"actor": giver, "subjects": [f"delegation:{DELEGATION}", f"user:{SIGNER}"]}
            made.append(world.append(DELEGATION_GIVEN, data=GIVEN | given, **told))
            if ended:
                made.append(world.append(DELEGATION_ENDED, data={"delegation": DELEGATION}, **told))
        if taken:
            made.append(world.append(ROLE_REVOKED, subjects=made[0].subjects, data=made[0].data))
        made.append(world.append(DOCUMENT_FROZEN, subjects=[subject.digest]))
        principal = FOR_OFFICER if given is not None else None
        said = statement(subject, size=world.tree.size, root=world.tree.root(), role="owner", on_behalf_of=principal)
        made.append(world.append(DOCUMENT_SIGNED, subjects=[subject.digest], data={"statement": said.digest}))
        if role and late:
            made.append(world.grant(holder, role, place))
        fields["signatures"].append(world.sign(said))
        fields["documents"][subject.digest] = base64_text(subject.to_bytes())
        fields["report"] = fields["report"].model_copy(update={"ledger_size": world.tree.size})
        fields["leaves"] = [world.proved(number) for number in range(6)]
        fields["leaves"] += [world.proved(leaf.seq) for leaf in made if leaf.event not in left_out]
        fields["checkpoint"] = world.note()
        if whole:
            fields["ledger"] = [base64_text(leaf) for leaf in world.leaves]

    return verify_evidence(world.evidence(change), world.fingerprint)


def failing(lines: list[CheckLine]) -> str:
    return " ".join(f"{line.name}: {line.detail}" for line in lines if line.ok is False)


@pytest.mark.parametrize(
    "how",
    [
        {},
        {"place": PROJECT},
        {"shelf": True},
        {"left_out": (ROLE_GRANTED,), "whole": True},
        {"given": {}, "holder": OFFICER},
        {"given": {"project": PROJECT}, "holder": OFFICER, "place": PROJECT},
    ],
)
def test_a_role_or_a_delegation_lets_somebody_sign(how: dict[str, Any]) -> None:
    assert failing(verified(**how)) == ""


PRINCIPAL = "do not say that the person signed for held the role owner"
UNCOVERED = f"delegation {DELEGATION} does not cover it"


@pytest.mark.attack(
    name="with the attestation key, put somebody's signature in a role that they did not hold into a report",
    caught_by="the reader's verifier: role and delegation must be told by ledger entries before the signature",
    unless="the log key is stolen as well, and nobody kept a checkpoint",
)
@pytest.mark.parametrize(
    ("how", "why"),
    [
        ({"role": None}, "do not say that the signer held the role owner"),
        ({"role": "engineer"}, "do not say that the signer held the role owner"),
        ({"place": OTHER_PROJECT}, "do not say that the signer held the role owner"),
        ({"place": PROJECT, "shelf": True}, "do not say that the signer held the role owner"),
        ({"holder": OFFICER}, "do not say that the signer held the role owner"),
        ({"by": SIGNER}, "do not say that the signer held the role owner"),
        ({"late": True}, "do not say that the signer held the role owner"),
        ({"taken": True}, "do not say that the signer held the role owner"),
        ({"taken": True, "left_out": (ROLE_REVOKED,), "whole": True}, "held the role owner"),
        ({"left_out": (ROLE_GRANTED,)}, "do not say that the signer held the role owner"),
        ({"given": {}}, PRINCIPAL),
        ({"given": {}, "holder": OFFICER, "place": PROJECT, "shelf": True}, PRINCIPAL),
        ({"given": {}, "holder": OFFICER, "taken": True}, PRINCIPAL),
        ({"given": {}, "holder": OFFICER, "left_out": (DELEGATION_GIVEN,)}, "lets them sign for Olga Officer"),
        ({"given": {}, "holder": OFFICER, "ended": True}, "lets them sign for Olga Officer"),
        ({"given": {}, "holder": OFFICER, "giver": SIGNER}, UNCOVERED),
        ({"given": {"to": OFFICER}, "holder": OFFICER}, UNCOVERED),
        ({"given": {"role": "engineer"}, "holder": OFFICER}, UNCOVERED),
        ({"given": {"project": OTHER_PROJECT}, "holder": OFFICER}, UNCOVERED),
        ({"given": {"ends": "2026-01-02T00:00:00Z"}, "holder": OFFICER}, UNCOVERED),
        ({"given": {"starts": "2026-01-03T00:00:00Z"}, "holder": OFFICER}, UNCOVERED),
        ({"given": {"starts": "yesterday"}, "holder": OFFICER}, "lets them sign for Olga Officer"),
    ],
)
def test_nothing_else_does(how: dict[str, Any], why: str) -> None:
    assert why in failing(verified(**how))


def test_leaves_that_no_service_writes_tell_nothing() -> None:
    world = World()
    first = world.grant(SIGNER, "owner")
    again = world.append(ROLE_GRANTED, actor="system", subjects=[f"user:{OFFICER}"], data=first.data)
    strange = [
        world.append(ROLE_GRANTED, actor="system", subjects=subjects, data=data)
        for subjects, data in (([], first.data), ([SIGNER], first.data | {"grant": DELEGATION}), ([SIGNER], {}))
    ]
    ends = [world.append(ROLE_REVOKED, data=first.data), world.append(ROLE_REVOKED, data=first.data)]
    roles = read([*ends, *strange, again, first])
    assert roles.held(SIGNER, {"owner"}, None, 1)
    assert not roles.held(OFFICER, {"owner"}, None, 5)
    assert not roles.held(SIGNER, {"owner"}, None, ends[0].seq + 1)
    assert not roles.held(SIGNER, {"owner"}, None, first.seq)
    assert len(roles.grants) == 1
