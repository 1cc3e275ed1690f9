"""An undecidable plan is refused where the policy weighs that hard, and told of everywhere else, by one definition."""

import json

import pytest
from django.urls import reverse

from evals.selectors import deciding
from governance import registry, store
from governance.errors import Refused
from governance.models import Document, LedgerEvent, Signature
from governance.selectors import signoff as select
from governance.services import documents, signoff
from tests.evals.engine.builders import threshold_dict
from tests.evals.web.conftest import as_, world
from tests.governance.web import world as made
from tests.governance.web.world import World

__all__ = ["as_", "world"]

# 150 of the 300 cases are vague: enough in the set, too few in the slice.
FEW = threshold_dict(id="few", slice="vague", n_min=151)
HARD = {"checks": {"plan_decidable": "hard"}}


def plan(world: World, *more: dict, **changes) -> Document:
    return documents.document_submit(
        actor=world.engineer,
        project=world.project,
        kind="evals.thresholds",
        base=world.thresholds,
        body=made.thresholds_body(thresholds=[threshold_dict(n_min=20), *more], **changes),
        references=[
            {"role": "evaluation_set", "digest": world.evaluation_set.digest},
            {"role": "rubric", "digest": world.rubric.digest},
        ],
    )


def govern(world: World, **changes) -> None:
    stricter = documents.document_submit(
        actor=world.owner, project=None, kind="governance.policy", base=world.policy, body=made.policy_body(**changes)
    )
    made.agree([stricter], world.owner, world.second_owner, world.officer)


def ask(world: World, document: Document):
    return signoff.request_open(actor=world.engineer, documents=[document])


@pytest.mark.attack(
    name="sign a plan that cannot decide",
    caught_by="what each threshold can show is reckoned from the signed cases, slice by slice, before a signature",
    unless="the policy weighs `plan_decidable` as advisory; then page and signature carry the warning",
)
def test_an_undecidable_plan_is_not_signed(world: World) -> None:
    govern(world, **HARD)
    request = ask(world, plan(world, FEW))
    before = Signature.objects.count()
    with pytest.raises(Refused, match="150 cases, fewer than the 151"):
        made.sign(request, world.officer, "compliance_officer")
    assert Signature.objects.count() == before
    assert LedgerEvent.objects.filter(event__startswith="refusal:", actor=world.officer.actor).exists()


def test_the_high_tier_refuses_whatever_its_policy_leaves_out(world: World, monkeypatch) -> None:
    high = documents.document_submit(
        actor=world.owner, project=None, kind="governance.policy", body=made.policy_body(tier="high")
    )
    made.agree([high], world.owner, world.second_owner, world.officer)
    monkeypatch.setattr(registry, "TIERS_OF", [lambda projects, size: {p.pk: "high" for p in projects}])
    request = ask(world, plan(world, FEW))
    with pytest.raises(Refused, match="fewer than the 151"):
        made.sign(request, world.officer, "compliance_officer")


def test_a_signed_reason_lets_it_be(world: World) -> None:
    govern(world, **HARD)
    made.sign(world.request, world.second_owner, "owner")
    made.sign(world.request, world.officer, "compliance_officer")
    document = plan(world, FEW, exceptions={"few": "Vague phrases are rare; a person reads them all until spring."})
    request = ask(world, document)
    made.sign(request, world.second_owner, "owner")
    made.sign(request, world.officer, "compliance_officer")
    assert select.in_force(document).ok
    assert deciding.undecidable(document) == {}


def test_elsewhere_it_is_a_warning_that_is_signed(world: World, as_) -> None:
    request = ask(world, plan(world, FEW))
    page = as_(world.officer).get(reverse("request", args=[request.pk])).content.decode()
    assert "that its cases cannot decide: few: 150 cases, fewer than the 151" in page
    made.sign(request, world.officer, "compliance_officer")
    (signature,) = Signature.objects.filter(request=request)
    presented = json.loads(store.read(select_presented(signature)))
    (told,) = presented["documents"]
    assert told["warnings"][0]["label"] == "Undecidable"
    assert {one["label"] for one in told["tells"]} == {"accuracy", "few", "Preset", "What is left of the holdout"}


def select_presented(signature: Signature) -> str:
    from governance.selectors.statements import said

    (one,) = said(Signature.objects.filter(pk=signature.pk).select_related("signer"))
    assert one.said is not None
    assert one.said.presented is not None
    return one.said.presented


def test_page_and_signing_page_say_what_it_can_show(world: World, as_) -> None:
    for url in (
        reverse("document", args=[world.thresholds.digest]),
        reverse("request", args=[world.request.pk]),
    ):
        page = as_(world.officer).get(url).content.decode()
        assert "PASS takes a measured exact match of 60 % or more; 50 % or less is FAIL" in page
        assert page.count('class="reach"') == 2  # a difference to the baseline has no shares to draw
        assert "If both are equally good" in page


def test_a_plan_whose_cases_are_gone_decides_nothing(world: World, as_) -> None:
    deciding._foretold.cache_clear()
    cases = registry.KINDS["evals.evaluation_set"].files(made.set_body())
    for entry in cases:
        store.path_of(entry.sha256).unlink()
    assert set(deciding.undecidable(world.thresholds)) == {"accuracy", "vague", "no-worse"}
    assert as_(world.officer).get(reverse("document", args=[world.thresholds.digest])).status_code == 200
