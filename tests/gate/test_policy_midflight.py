"""Policies that change while something is under way: a request keeps its own, the gate asks the one in force."""

import pytest

from governance.errors import Refused
from governance.proof.answers.inforce import Standing
from governance.selectors import jobs as asking
from governance.selectors import signoff as standings
from governance.services import documents, jobs, permits, signoff
from tests.gate import waiving
from tests.support import hands, papers
from tests.support.governed import on_paper


@pytest.fixture(autouse=True)
def paper():
    with on_paper():
        yield


def change(site, rules=None, checks=None):
    """Have the next version of the policy signed, with these rules and weights instead."""
    body = papers.policy()
    body["rules"] |= rules or {}
    body["checks"] |= checks or {}
    site.story.made["policy 2"] = documents.document_submit(
        actor=site.story.people["officer2"],
        project=None,
        kind="governance.policy",
        body=body,
        base=site.story["policy"],
    )
    site.story.sign("policy 2", requester="officer2", signers=("owner", "officer"))


def plan(site, name):
    """Freeze thresholds like the story's and ask for their signatures: two officers, under the policy of now."""
    site.story.submit("expert", name, "evals.thresholds", papers.thresholds(), evaluation_set="set", rubric="rubric")
    return signoff.request_open(actor=site.engineer, documents=[site.story[name]])


ONE = {"evals.thresholds": {"roles": {"compliance_officer": 1}, "validity_days": 365}}
THREE = {"evals.thresholds": {"roles": {"compliance_officer": 2, "owner": 1}, "validity_days": 365}}


@pytest.mark.attack(
    name="weaken the policy while a request waits for signatures",
    caught_by="a request keeps the digest of the policy it was opened under, and the ledger holds both",
    unless="the request is withdrawn and opened anew, which the ledger tells",
)
def test_a_weaker_policy_does_not_complete_a_request(site):
    request = plan(site, "waiting")
    site.story._put("officer", request)
    change(site, ONE)
    standing = standings.in_force(site.story["waiting"])
    assert (standing.standing, standing.missing) == (Standing.PENDING, (("compliance_officer", 1),))
    after = plan(site, "after")
    site.story._put("officer", after)
    assert standings.in_force(site.story["after"]).ok


def test_a_stricter_policy_asks_no_more_of_a_request_that_waits(site):
    request = plan(site, "waiting")
    change(site, THREE)
    for officer in ("officer", "officer2"):
        site.story._put(officer, request)
    assert standings.in_force(site.story["waiting"]).ok
    after = plan(site, "after")
    for officer in ("officer", "officer2"):
        site.story._put(officer, after)
    assert standings.in_force(site.story["after"]).missing == (("owner", 1),)


def test_what_was_signed_before_still_carries_a_launch(site):
    spec = site.train()
    change(site, THREE | {"training.dataset": {"roles": {"data_owner": 1}, "validity_days": 1, "method": "passkey"}})
    assert jobs.launch(actor=site.engineer, spec=spec).state == "queued"


def test_the_gate_weighs_by_the_policy_in_force_when_it_is_asked(site):
    """Signed and launched under one policy; the next one makes a red check hard before the permit."""
    spec = site.train()
    job = jobs.launch(actor=site.engineer, spec=spec)
    change(site, checks={waiving.RED: "hard"})
    assert permits.issue(job=hands.fresh(job)) is None
    assert hands.fresh(job).state == "refused"
    with pytest.raises(Refused, match="no retirement date"):
        jobs.launch(actor=site.engineer, spec=site.train("another"))


def test_a_waiver_counts_by_the_policy_in_force_when_it_is_asked(site):
    """Signed while the check was soft; hard before the permit, so the permit is refused."""
    change(site, checks={waiving.RED: "soft"})
    spec = site.train()
    waiving.waiver(site, spec)
    job = jobs.launch(actor=site.engineer, spec=spec)
    waiving.soften(site, **{waiving.RED: "hard"})
    assert permits.issue(job=hands.fresh(job)) is None
    assert {f.check for f in asking.gate(user=site.engineer, spec=spec).findings} == {waiving.RED}
