"""Signed presets: begun from what comes with the program, signed once, named by plans, and where plans are looser."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals import documents as evals
from evals import reports
from evals.engine.presets import BUILT_IN, PresetBody, departures
from evals.engine.spec import ThresholdsBody
from evals.selectors import presets
from governance.errors import Denied, Invalid
from governance.models import Document
from governance.selectors import jobs
from governance.services import documents, signoff
from governance.services.reauthentication import Proof
from tests.evals.engine.builders import threshold_dict
from tests.support import papers
from tests.support.governed import Site, on_paper
from tests.support.story import PASSWORD


def preset(site: Site, *, sign: bool = True, **changes: Any) -> Document:
    body = BUILT_IN["standard"].model_dump(mode="json") | changes
    made = site.story.submit("officer2", "preset", evals.PRESET, body)
    if sign:
        site.story.sign("preset", requester="officer2", signers=("officer",))
    return made


def plan(site: Site, *thresholds: dict[str, Any], **changes: Any) -> Document:
    body = papers.thresholds() | {"thresholds": list(thresholds) or [threshold()]} | changes
    return site.story.submit(
        "expert", "plan", evals.THRESHOLDS, body, evaluation_set="set", rubric="rubric", signed_preset="preset"
    )


def threshold(**changes: Any) -> dict[str, Any]:
    return papers.threshold("accuracy", "exact_match", "all", "0.5", n_min=50, power="0.8") | changes


def test_a_plan_names_the_digest_of_the_preset_it_was_made_from(site: Site) -> None:
    signed = preset(site)
    made = plan(site)
    told = presets.made(made)
    assert (told.document, told.departures) == (signed, ())
    assert signed.digest[:19] in told.words
    assert presets.answer(told, signoff_of(signed)).passed
    assert (
        "Made from Standard preset"
        in {n.label: n.text for n in reports.threshold_tells(made, papers.thresholds())}["Preset"]
    )


def signoff_of(document: Document) -> Any:
    from governance.selectors import signoff as select

    return select.in_force(document)


def gate(site: Site, thresholds: Document) -> dict[str, Any]:
    site.story.made["their plan"] = thresholds
    spec = site.story.submit(
        "engineer", "spec", evals.SPEC, {"arm": "base", "attempt_index": 1, "note": ""}, thresholds="their plan",
        evaluation_set="set", rubric="rubric", subject="base",
    )  # fmt: skip
    with on_paper():
        verdict = jobs.gate(user=site.engineer, spec=spec)
    return {line.check: line for line in verdict.lines}


def test_where_a_plan_is_looser_is_said_at_the_gate_to_signers_and_on_page_one(site: Site) -> None:
    preset(site)
    loose = plan(site, threshold(alpha="0.1", n_min=20), threshold(id="strict", alpha="0.01", n_min=200, power="0.9"))
    told = presets.made(loose)
    assert told.departures == ("accuracy: α 0.1 instead of 0.05, 20 cases instead of 50",)
    line = gate(site, loose)["plan_preset"]
    assert (line.answer.passed, line.blocks) == (False, False)
    assert "α 0.1 instead of 0.05" in line.answer.found
    notices = {n.label: n.text for n in reports.threshold_notices(loose, papers.thresholds())}
    assert "20 cases instead of 50" in notices["Looser than its preset"]


def test_a_plan_that_calls_itself_standard_is_held_to_what_is_built_in(site: Site) -> None:
    """No signed preset is named; the word alone promises what the program says it means."""
    body = papers.thresholds() | {"thresholds": [threshold(alpha="0.2", n_min=5)]}
    loose = site.story.submit("expert", "loose", evals.THRESHOLDS, body, evaluation_set="set", rubric="rubric")
    line = gate(site, loose)["plan_preset"]
    assert not line.answer.passed
    assert (
        "no signed preset is named. Looser than it says: accuracy: α 0.2 instead of 0.05, 5 cases" in line.answer.found
    )
    notices = {n.label: n.text for n in reports.threshold_notices(loose, body)}
    assert "α 0.2 instead of 0.05" in notices["Looser than its preset"]
    kept = body | {"thresholds": [threshold()]}
    site.story.submit("expert", "kept", evals.THRESHOLDS, kept, evaluation_set="set", rubric="rubric")
    told = gate(site, site.story["kept"])["plan_preset"].answer
    assert (told.passed, told.found.endswith("no signed preset is named.")) == (True, True)
    free = body | {"preset": "own"}
    site.story.submit("expert", "free", evals.THRESHOLDS, free, evaluation_set="set", rubric="rubric")
    assert gate(site, site.story["free"])["plan_preset"].answer.passed


@pytest.mark.parametrize(
    ("named", "asked", "told"),
    [
        (None, "0.9", ["accuracy: power not named, so 0.8 instead of 0.9"]),
        ("0.85", "0.9", ["accuracy: power 0.85 instead of 0.9"]),
        (None, "0.8", []),
        ("0.9", "0.9", []),
    ],
)
def test_a_power_that_is_not_named_is_the_usual_one(named: str | None, asked: str, told: list[str]) -> None:
    body = {"title": "t", "preset": "own", "thresholds": [threshold(power=named)]}
    own = PresetBody(title="t", preset="standard", alpha="0.05", power=asked, n_min=50)
    assert departures(ThresholdsBody.model_validate(body), own) == told


@pytest.mark.attack(
    name="pass a plan off as made from a preset that was never signed, or was taken back",
    caught_by="plan_preset at the gate asks whether the preset is in force, and the plan's signers see its digest",
    unless="nobody reads it: the check only tells unless a policy weighs it",
)
def test_a_preset_that_does_not_stand_is_told(site: Site) -> None:
    unsigned = preset(site, sign=False)
    made = plan(site)
    assert "Standard preset v1 is not in force" in gate(site, made)["plan_preset"].answer.found
    site.story.sign("preset", requester="officer2", signers=("officer",))
    assert gate(site, made)["plan_preset"].answer.passed
    signoff.revoke(actor=site.story.people["officer"], document=unsigned, reason="Too loose", proof=Proof(PASSWORD))
    assert "is not in force" in gate(site, made)["plan_preset"].answer.found


def test_a_plan_is_of_the_preset_it_names(site: Site) -> None:
    preset(site)
    with pytest.raises(Invalid, match="found the preset 'own', but Standard preset v1 is the preset 'standard'"):
        plan(site, preset="own")


def test_engineers_write_no_preset_and_no_preset_is_lax(site: Site) -> None:
    body = BUILT_IN["standard"].model_dump(mode="json")
    with pytest.raises(Denied):
        documents.document_submit(actor=site.engineer, project=None, kind=evals.PRESET, body=body)
    officer = site.story.people["officer2"]
    for change, why in (({"alpha": "0.4"}, "alpha"), ({"power": "0.2"}, "power"), ({"preset": "own"}, "preset")):
        with pytest.raises(Invalid, match=why):
            documents.document_submit(actor=officer, project=None, kind=evals.PRESET, body=body | change)


@given(
    alpha=st.sampled_from(["0.01", "0.05", "0.1"]), power=st.sampled_from(["0.5", "0.8", "0.95"]),
    n_min=st.integers(1, 300),
)  # fmt: skip
def test_only_looser_is_a_departure(alpha: str, power: str, n_min: int) -> None:
    body = {"title": "t", "preset": "standard"}
    one = ThresholdsBody.model_validate(body | {"thresholds": [threshold_dict(alpha=alpha, power=power, n_min=n_min)]})
    own = PresetBody(title="t", preset="standard", alpha=alpha, power=power, n_min=n_min)
    assert departures(one, own) == []
    looser = float(alpha) > 0.05 or float(power) < 0.8 or n_min < 50
    assert bool(departures(one, BUILT_IN["standard"])) is looser
