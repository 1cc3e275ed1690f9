"""The arms of a plan side by side: figures, paired differences, and answers for those who may see the cases."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from rest_framework.test import APIClient

from evals import reports
from evals.selectors import arms as select
from governance import events, store
from governance.errors import Invalid, NotFound
from governance.models import LedgerEvent
from governance.proof.charts.figures import IntervalChart
from governance.proof.sections.blocks import DataTable
from governance.registry import KINDS
from governance.selectors import documents as docs
from governance.selectors import ledger
from governance.services.documents import freeze
from governance.services.ledger import mutation
from tests.evals.side_by_side import ENDPOINT, HOLDOUT, all_arms, answers, cases, development, measured
from tests.support.governed import Site, Step


def page(site: Site, who: str) -> Client:
    client = Client()
    client.force_login(site.story.people[who], backend="django.contrib.auth.backends.ModelBackend")
    return client


def api(site: Site, who: str) -> APIClient:
    client = APIClient()
    client.force_authenticate(site.story.people[who])
    return client


@pytest.fixture
def already() -> Step:
    return development


@pytest.fixture
def plan(site: Site) -> dict[str, str]:
    made: dict[str, str] = site.made
    return made


def test_every_arm_is_told_with_what_answered_and_how_it_differs(site: Site, plan: Any, settings: Any) -> None:
    base, search, hosted, tuned = all_arms(site, settings, plan)
    thresholds = site.story[plan["thresholds"]]
    engineer = api(site, "engineer")
    told = engineer.get(f"/api/v1/plans/{thresholds.digest}/arms").json()
    assert [arm["result"] for arm in told["arms"]] == [base.digest, search.digest, hosted.digest, tuned.digest]
    assert [(arm["arm"], arm["verdict"]) for arm in told["arms"]] == [
        ("base", None), ("retrieval", None), ("other", None), ("tuned", "INCONCLUSIVE"),
    ]  # fmt: skip
    assert [arm["proof"] for arm in told["arms"]][1:3] == ["recorded; the coding desk says so", "as the endpoint says"]
    assert told["arms"][1]["prompt"] is None
    assert "{input}" in told["arms"][0]["prompt"]["template"]
    assert told["arms"][1]["metrics"]["all"]["exact_match"]["value"] == "0.713333"

    found = engineer.get(f"/api/v1/plans/{thresholds.digest}/arms/differences").json()
    assert found["reference"] == base.digest
    of_tuned = found["arms"][tuned.digest]["all"]
    # 288 of 300 right instead of 31, and every one of those 31 among the 288: (257 - 0) / 300.
    assert of_tuned["exact_match"]["value"] == "0.856667"
    assert "Tango" in of_tuned["exact_match"]["method"]
    assert of_tuned["latency_p50"]["how"] == "ratio"
    assert "high-value" in found["arms"][tuned.digest], "the plan asks about that slice"
    wanted = {"against": tuned.digest, "arms": f"{tuned.digest},{base.digest}"}
    other = engineer.get(f"/api/v1/plans/{thresholds.digest}/arms/differences", wanted).json()
    assert set(other["arms"]) == {base.digest}
    assert other["arms"][base.digest]["all"]["exact_match"]["value"] == "-0.856667"

    client = page(site, "engineer")
    url = reverse("arms", args=[thresholds.digest])
    shown = client.get(url).content.decode()
    told_of = ("search 2.1", "big-1 at https://api.example/v1", "71.3 %", "0.0021 USD", "INCONCLUSIVE", "forest-band")
    for words in told_of:
        assert words in shown
    part = client.get(reverse("arm-differences", args=[thresholds.digest])).content.decode()
    assert "+85.7 points" in part
    assert "better" in part
    drawn = client.get(url, {"metric": "cost_mean", "arm": [search.digest, hosted.digest]}).content.decode()
    assert "Tuned model" not in drawn.split("Choose arms")[0]
    nothing = client.get(reverse("arm-differences", args=[thresholds.digest]), {"arm": [search.digest]})
    assert "nothing to compare them with" in nothing.content.decode()
    assert page(site, "engineer").get(reverse("arms", args=[site.story["rubric"].digest])).status_code == 404

    evaluation_set = site.story[plan["evaluation_set"]]
    said = engineer.get(
        f"/api/v1/evaluation-sets/{evaluation_set.digest}/answers", {"plan": thresholds.digest, "apart": "true"}
    ).json()
    assert said["count"] == 257
    first = said["results"][0]
    assert [one["outcome"] for one in first["said"]] == ["failed", "passed", "passed", "passed"]
    read = client.get(reverse("arm-answers", args=[evaluation_set.digest]), {"plan": thresholds.digest, "apart": "on"})
    assert "&lt;b&gt;none&lt;/b&gt;" in read.content.decode()
    assert "<b>none" not in read.content.decode()
    blocks = reports.evaluation_result(tuned, docs.envelope(tuned).body)
    [beside] = [one for one in blocks if isinstance(one, DataTable) and "by the same plan" in one.caption]
    assert [row[0] for row in beside.rows][:2] == ["Base model: Tiny Llama v1", "Retrieval: search 2.1"]
    assert [str(row[3]).partition(" ")[0] for row in beside.rows] == ["the", "+61", "+71.7", "+85.7"]
    assert [row[4] for row in beside.rows] == ["not measured", "0.0021 USD", "0.0009 USD", "not measured"]
    [drawn_of] = [one for one in blocks if isinstance(one, IntervalChart) and "of each arm" in one.caption]
    assert [row.tuned and row.tuned.value for row in drawn_of.rows][-1] == Decimal("0.96")
    before = reports.evaluation_result(search, docs.envelope(search).body)
    [earlier] = [one for one in before if isinstance(one, DataTable) and "by the same plan" in one.caption]
    assert len(earlier.rows) == 2, "a report tells nothing that came later"

    elsewhere = {"plan": site.story["thresholds"].digest}
    assert client.get(reverse("arm-answers", args=[evaluation_set.digest]), elsewhere).status_code == 404


def test_the_page_asks_as_much_for_one_arm_as_for_several(site: Site, plan: Any) -> None:
    known, thresholds = cases(site, plan), site.story[plan["thresholds"]]
    client, url = page(site, "engineer"), reverse("arms", args=[thresholds.digest])
    counts = []
    for number in (1, 2, 3):
        measured(site, f"base {number}", "base", plan, answers(known, 30 + number), subject="base")
        client.get(url)
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert client.get(url).status_code == 200
        counts.append(len(asked))
    assert counts[1] == counts[2]
    assert counts[2] <= 60
    found = select.of_plan(thresholds)
    assert len(found.all) == 3
    assert [arm.spec.note for arm in found.chosen()] == ["base 3"], "the newest of each system"


def test_of_more_arms_than_can_be_read_the_base_model_stays(site: Site, plan: Any, settings: Any) -> None:
    """It was measured first, so it is the oldest; without it nothing could be compared."""
    settings.COUNTERSIGN_ENDPOINTS = [ENDPOINT["address"]]
    known, thresholds = cases(site, plan), site.story[plan["thresholds"]]
    base = measured(site, "base", "base", plan, answers(known, 30), subject="base")
    for number in range(select.MOST):
        named = ENDPOINT | {"model": f"model {number}"}
        measured(site, f"hosted {number}", "other", plan, answers(known, 40 + number), endpoint=named)
    found = select.of_plan(thresholds)
    chosen = found.chosen()
    assert [arm.spec.note for arm in chosen] == ["base", *(f"hosted {n}" for n in range(1, select.MOST))]
    reference = found.reference(chosen)
    assert reference is not None
    assert reference.result == base
    oldest = next(arm for arm in found.all if arm.spec.note == "hosted 0")
    against = found.chosen(against=oldest.result.digest)
    assert [arm.spec.note for arm in against][:2] == ["base", "hosted 0"]
    assert len(against) == select.MOST
    with pytest.raises(Invalid, match="found 9 arms, expected at most 8"):
        found.chosen([arm.result.digest for arm in found.all])
    shown = page(site, "engineer").get(reverse("arms", args=[thresholds.digest])).content.decode()
    assert "8 of 9 measurements stand here" in shown


def test_what_no_arm_is_called_is_refused_and_a_reference_is_always_there(site: Site, plan: Any) -> None:
    known, thresholds = cases(site, plan), site.story[plan["thresholds"]]
    first, second = (
        measured(site, f"base {right}", "base", plan, answers(known, right), subject="base") for right in (30, 60)
    )
    elsewhere = measured(site, "other plan", "base", HOLDOUT, answers(cases(site, HOLDOUT), 30), subject="base")
    client, engineer = page(site, "engineer"), api(site, "engineer")
    url, address = reverse("arms", args=[thresholds.digest]), f"/api/v1/plans/{thresholds.digest}/arms/differences"
    answers_of = reverse("arm-answers", args=[site.story[plan["evaluation_set"]].digest])
    for field, name in (("against", elsewhere.digest), ("against", "sha256:" + "0" * 64), ("arms", "the best one")):
        refused = engineer.get(address, {field: name})
        assert (refused.status_code, refused.json()["field"]) == (400, field)
        assert f"found '{name}', expected the digest of a result measured by this plan" in refused.json()["detail"]
        asked = {"arm" if field == "arms" else field: name}
        assert "measured by this plan" in client.get(url, asked).content.decode()
        assert client.get(url, asked).status_code == 400
        assert client.get(reverse("arm-differences", args=[thresholds.digest]), asked).status_code == 400
    assert client.get(answers_of, {"plan": thresholds.digest, "arm": elsewhere.digest}).status_code == 400
    told = engineer.get(address, {"arms": second.digest, "against": first.digest}).json()
    assert (told["reference"], set(told["arms"])) == (first.digest, {second.digest})


@pytest.mark.attack(
    name="read a holdout's cases from the answers to them, side by side",
    caught_by="the same rule that keeps the cases themselves: every door of the answers asks it first and records "
    "whom it refuses",
    unless="somebody who may see them shows them",
)
def test_a_holdouts_answers_are_kept_from_engineers(site: Site) -> None:
    measured(site, "again", "base", HOLDOUT, answers(cases(site, HOLDOUT), 30), subject="base")
    cases_of = site.story["set"].digest
    asked = {"plan": site.story["thresholds"].digest}
    url, before = reverse("arm-answers", args=[cases_of]), ledger.size()
    assert page(site, "officer").get(url, asked).status_code == 200
    refused = page(site, "engineer").get(url, asked)
    assert refused.status_code == 403
    assert "phrase" not in refused.content.decode()
    assert api(site, "engineer").get(f"/api/v1/evaluation-sets/{cases_of}/answers", asked).status_code == 403
    entries = LedgerEvent.objects.filter(event=events.REFUSAL_ACCESS, entry_id__gte=before)
    told = [ledger.leaf(entry.entry_id) for entry in entries]
    assert len(told) == 2, "each refusal is on the ledger, from page and API"
    assert {(leaf.actor, tuple(leaf.subjects), leaf.data["action"]) for leaf in told} == {
        (site.engineer.actor, (cases_of,), "failure.read")
    }
    figures = page(site, "engineer").get(reverse("arms", args=[asked["plan"]]))
    assert figures.status_code == 200, "figures are for everybody in the project"
    assert "case-00" not in figures.content.decode()


@pytest.mark.attack(
    name="slip a better result that no permit stands behind in between the arms",
    caught_by="only results that the ledger tells of as the output of a job under a consumed permit stand there",
    unless="the ledger is forged, too",
)
def test_a_result_without_a_permit_stands_nowhere(site: Site, plan: Any) -> None:
    thresholds = site.story[plan["thresholds"]]
    mine = measured(site, "base here", "base", plan, answers(cases(site, plan), 30), subject="base")
    body = docs.envelope(mine).body | {"seconds": "1.0"}
    references = [{"role": link.role, "digest": link.digest} for link in docs.envelope(mine).references]
    with mutation(actor=site.engineer, action="document.freeze", project=site.story.project) as m:
        freeze(m, kind=KINDS["evals.evaluation_result"], body=body, references=references, contributors=[], by=None)
    assert [arm.result.digest for arm in select.of_plan(thresholds).all] == [mine.digest]


def test_outputs_that_were_altered_are_compared_with_nothing(site: Site, plan: Any) -> None:
    known, thresholds = cases(site, plan), site.story[plan["thresholds"]]
    measured(site, "one", "base", plan, answers(known, 30), subject="base")
    measured(site, "two", "base", plan, answers(known, 40), subject="base")
    found = select.of_plan(thresholds)
    arms = found.chosen([arm.result.digest for arm in found.all])
    path = store.path_of(arms[0].body.outputs.sha256)
    path.chmod(0o640)
    path.write_bytes(path.read_bytes()[:-2])
    reference = found.reference(arms)
    assert reference is not None
    with pytest.raises(Invalid, match="hash to"):
        select.differences(found, arms, reference)
    with pytest.raises(NotFound):
        select.of_plan(site.story["rubric"])
