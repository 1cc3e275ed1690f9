"""Grading by people, through the services: blind, twice, decided by a third, and frozen. Each rule is attacked."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from evals import documents as kinds
from evals.engine.human_grades import HumanGradesBody, in_order, items
from evals.selectors import grading as select
from evals.services import grading
from governance import store
from governance.errors import Conflict, Denied, Invalid, NotFound, Refused
from governance.models import Document, HumanGrade
from governance.selectors import documents as docs
from governance.selectors import ledger
from governance.selectors.verification import verify
from governance.services import people
from governance.services.reauthentication import Proof
from tests.evals.grading.conftest import Panel
from tests.support.story import PASSWORD
from tests.support.watching import watched


def problems() -> list[str]:
    return [str(problem) for check in verify().checks for problem in check.problems]


def test_a_round_from_its_opening_to_frozen_grades(panel: Panel) -> None:
    found = panel.open(cases=3)
    assert len(found.items) == 6, "three cases, the same of both arms"
    assert len({item.case for item in found.items}) == 3
    first, second, *rest = sorted(found.states)
    for item in rest:
        panel.give("officer", found, item, 1)
        panel.give("expert", found, item, 1)
    panel.give("officer", found, second, 1)
    panel.give("officer", found, second, 0, number=1, comment="I misread it")
    panel.give("expert", found, second, 0)
    panel.give("officer", found, first, 1)
    panel.give("expert", found, first, 0)
    state = panel.read(found.row.pk).states[first]
    assert (state.disputed, state.done) == (True, False)
    decided = panel.give("owner", found, first, 1)
    assert decided.adjudicates
    made = grading.round_close(actor=panel.people["officer"], grading_round=panel.read(found.row.pk))
    body: HumanGradesBody = docs.model_body(made, HumanGradesBody)
    assert made.kind == kinds.HUMAN_GRADES
    assert (body.items, body.people, body.adjudicated, body.replaced) == (6, 3, 1, 1)
    assert {arm.arm for arm in body.arms} == {"base", "tuned"}
    assert sum(arm.criteria["answer"].met for arm in body.arms) == 5
    assert body.agreement["answer"].items == 6
    assert body.agreement["answer"].same == "0.833333"
    told = [json.loads(line) for line in store.read(body.grades.sha256).splitlines()]
    assert len(told) == 14
    assert [line["counts"] for line in told].count(False) == 1
    assert "misread" not in store.read(body.grades.sha256).decode()
    drawn = items(
        body.seed,
        {case.id: case.slices for case in select._cases(found.evaluation_set)},
        {digest: select.texts(Document.objects.get(pk=digest)) for digest in body.asked.results},
        body.asked.cases,
    )
    assert {item.name for item in drawn} == {line["item"] for line in told}, "anybody can draw them again"
    assert docs.envelope(made).contributors == sorted(
        panel.people[name].actor for name in ("officer", "expert", "owner")
    )
    assert problems() == []


@pytest.mark.postgres
def test_every_write_of_a_round_is_made_inside_a_mutation(panel: Panel, monkeypatch: pytest.MonkeyPatch) -> None:
    with watched(monkeypatch):
        test_a_round_from_its_opening_to_frozen_grades(panel)


@pytest.mark.attack(
    name="a grader looks for which model wrote an output",
    caught_by="items are named and ordered by a seed that only the server has; arms and results reach no grader",
    unless="the output itself gives its model away",
)
def test_nothing_a_grader_is_given_tells_the_model(panel: Panel) -> None:
    found = panel.open(cases=6)
    told = repr([select.task(panel.people["expert"], found, name) for name in found.states])
    for secret in (found.row.seed, panel.base.digest, panel.tuned.digest):
        assert secret not in told
    leaf = ledger.leaf(found.row.seq)
    assert found.row.seed not in leaf.to_bytes().decode()
    orders = {
        who: [item.name for item in in_order(found.items, found.row.seed, panel.people[who].actor)]
        for who in ("officer", "expert", "owner")
    }
    assert len({tuple(order) for order in orders.values()}) == 3
    with pytest.raises(NotFound):
        select.task(panel.people["expert"], found, panel.tuned.digest)


@pytest.mark.attack(
    name="somebody grades one output twice, to be both who agrees and who is agreed with",
    caught_by="a person's later grade of an output replaces the earlier one; the number they saw must be right",
    unless="they hold two accounts",
)
def test_one_person_is_one_grader(panel: Panel) -> None:
    found = panel.open(cases=1)
    item = min(found.states)
    panel.give("officer", found, item, 1)
    with pytest.raises(Conflict):
        panel.give("officer", found, item, 0)
    panel.give("officer", found, item, 0, number=1)
    state = panel.read(found.row.pk).states[item]
    assert (len(state.grades), state.graded) == (1, False)


@pytest.mark.attack(
    name="a grader decides a disagreement that they are one side of",
    caught_by="whoever graded an output cannot adjudicate it",
    unless="a third account is theirs as well",
)
def test_nobody_decides_their_own_disagreement(panel: Panel) -> None:
    found = panel.open(cases=1)
    item = min(found.states)
    panel.give("officer", found, item, 1)
    panel.give("expert", found, item, 0)
    changed = panel.give("officer", found, item, 1, number=1)
    assert not changed.adjudicates, "their own grade again, no decision"
    panel.give("owner", found, item, 0)
    with pytest.raises(Refused, match="third person decided"):
        panel.give("officer", found, item, 0, number=2)
    with pytest.raises(Conflict):
        panel.give("officer2", found, item, 1)
    again = panel.give("owner", found, item, 1, number=1)
    assert again.adjudicates


@pytest.mark.attack(
    name="the database's owner writes grades of their own into a round",
    caught_by="a grade counts only with its leaf; verify_ledger names the row",
    unless="the leaves are rewritten too: then only a checkpoint kept elsewhere tells",
)
def test_a_forged_row_is_no_grade(each_panel: Panel) -> None:
    panel = each_panel
    found = panel.open(cases=1)
    item = min(found.states)
    row = panel.give("officer", found, item, 1)
    forged = HumanGrade(
        round=found.row, item=item, adjudicates=False, number=1, scores=[1], by=panel.people["expert"], at=row.at
    )
    forged.seq = row.seq - 1
    forged.save()
    assert len(panel.read(found.row.pk).states[item].grades) == 1
    assert any("grade" in problem for problem in problems())


def test_who_may_not_grade(panel: Panel) -> None:
    found = panel.open(cases=1)
    item = min(found.states)
    with pytest.raises(Refused, match="holdout"):
        panel.give("engineer", found, item, 1)
    with pytest.raises(Refused, match="holdout"):
        select.task(panel.people["engineer"], found, item)
    officer = panel.people["officer"]
    people.role_grant(
        actor=panel.people["owner"],
        user=officer,
        role="engineer",
        project=panel.site.story.project,
        proof=Proof(PASSWORD),
    )
    with pytest.raises(Refused, match="holdout"):
        panel.give("officer", found, item, 1)


def test_nobody_grades_what_they_trained(panel: Panel) -> None:
    engineer, owner, project = panel.people["engineer"], panel.people["owner"], panel.site.story.project
    people.role_grant(actor=owner, user=engineer, role="domain_expert", project=project, proof=Proof(PASSWORD))
    for grant in engineer.grants.filter(role="engineer"):
        people.role_revoke(actor=owner, grant_id=str(grant.pk))
    both, alone = panel.open(cases=1), panel.open(cases=1, results=[panel.base])
    with pytest.raises(Refused, match="made one of the models"):
        panel.give("engineer", both, min(both.states), 1)
    panel.give("engineer", alone, min(alone.states), 1)


@pytest.mark.attack(
    name="a round is closed before everybody has graded, while the figures please",
    caught_by="closing asks for every grade and every decision",
    unless="nothing: a round that is never closed leaves no document",
)
def test_closing_with_missing_grades(panel: Panel) -> None:
    found = panel.open(cases=2)
    first, *rest = sorted(found.states)
    panel.give("officer", found, first, 1)
    with pytest.raises(Refused, match="still to be graded"):
        grading.round_close(actor=panel.people["owner"], grading_round=panel.read(found.row.pk))
    panel.give("expert", found, first, 0)
    for item in rest:
        panel.give("officer", found, item, 1)
        panel.give("expert", found, item, 1)
    with pytest.raises(Refused, match="1 that people disagree on"):
        grading.round_close(actor=panel.people["owner"], grading_round=panel.read(found.row.pk))
    panel.give("owner", found, first, 1)
    stale = panel.read(found.row.pk)
    _ = stale.states
    panel.give("officer", found, rest[0], 1, number=1)
    with pytest.raises(Conflict):
        grading.round_close(actor=panel.people["owner"], grading_round=stale)
    grading.round_close(actor=panel.people["owner"], grading_round=panel.read(found.row.pk))
    with pytest.raises(Refused, match="closed"):
        panel.give("officer", found, rest[0], 0, number=2)
    with pytest.raises(Refused, match="closed"):
        grading.round_close(actor=panel.people["owner"], grading_round=panel.read(found.row.pk))
    assert Document.objects.filter(kind=kinds.HUMAN_GRADES).count() == 1


@pytest.mark.attack(
    name="graders race for the last place at an output",
    caught_by="whose turn it is, is asked anew under the ledger's lock",
    unless="nothing: there is one lock",
)
def test_graders_who_race(each_panel: Panel) -> None:
    panel = each_panel
    found = panel.open(cases=1)
    item = min(found.states)
    panel.give("officer", found, item, 1)
    racing = ["expert", "owner", "officer2", "dataowner"]

    def race(who: str) -> str:
        try:
            panel.give(who, panel.read(found.row.pk), item, 1)
        except Conflict:
            return "late"
        finally:
            connection.close()
        return "in"

    with ThreadPoolExecutor(4) as pool:
        came = list(pool.map(race, racing))
    assert sorted(came) == ["in", "late", "late", "late"]
    assert len(panel.read(found.row.pk).states[item].grades) == 2


def test_agreement_says_nothing_of_what_its_reader_has_a_hand_in(panel: Panel) -> None:
    found = panel.open(cases=2)
    first, second, third, _ = sorted(found.states)
    for item in (first, second):
        panel.give("officer", found, item, 1)
        panel.give("expert", found, item, 1)
    panel.give("officer", found, third, 1)
    panel.give("expert", found, third, 0)
    now = panel.read(found.row.pk)
    seen = {who: select.agreements(now, panel.people[who])["answer"].items for who in ("officer", "expert", "owner")}
    assert seen == {"officer": 0, "expert": 0, "owner": 2}, "the owner may yet decide about the third"
    assert select.agreements(now)["answer"].items == 3


def test_what_cannot_be_opened_or_given(panel: Panel) -> None:
    story = panel.site.story
    for problem, options in (
        ("results", {"results": []}),
        ("results", {"results": [panel.base, panel.base]}),
        ("results", {"results": [story["rubric"]]}),
        ("results", {"results": [story["baseline"]]}),
        ("criteria", {"criteria": []}),
        ("criteria", {"criteria": ["nothing"]}),
        ("cases", {"cases": 301}),
    ):
        with pytest.raises(Invalid) as refused:
            panel.open(**options)
        assert refused.value.field == problem
    with pytest.raises(Denied):
        panel.open(by="engineer")
    found = panel.open(cases=1)
    item = min(found.states)
    scores: list[Any] = [{}, {"answer": 2}, {"answer": -1}, {"answer": True}, {"answer": 1, "form": 1}]
    for given in scores:
        with pytest.raises(Invalid):
            grading.grade_give(actor=panel.people["expert"], grading_round=found, item=item, scores=given, number=0)
    assert not HumanGrade.objects.exists()


def test_a_comment_stays_out_of_the_leaf(panel: Panel) -> None:
    found = panel.open(cases=1)
    row = panel.give("officer", found, min(found.states), 1, comment="Dr Example would know")
    assert "Example" not in ledger.leaf(row.seq).to_bytes().decode()
    assert ledger.openings([row.seq])[row.seq]["comment"] == "Dr Example would know"
