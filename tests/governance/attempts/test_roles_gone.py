"""Roles that are taken back while work waits, on both databases: the signers', and the launcher's."""

import pytest

from governance import events
from governance.errors import Denied, NotFound, Refused
from governance.models import Job, RoleGrant, Signature
from governance.services import jobs, people
from tests.support import hands


def take_back(site, who: str) -> None:
    for grant in RoleGrant.objects.filter(user=site.story.people[who]):
        people.role_revoke(actor=site.story.people["owner"], grant_id=str(grant.pk))


@pytest.mark.attack(
    name="Take a signer's role away between signature and launch",
    caught_by="by design nothing falls: a signature counts by the role held when it was made, and it launches",
    unless="the sign-off is to fall, too: once it is revoked, launch and permit are refused and name it",
)
def test_what_was_signed_launches_until_it_is_revoked(each_site):
    site = each_site
    signed = Signature.objects.filter(request__subjects__document=site.story["rubric"])
    assert site.story.people["officer2"] in {signature.signer for signature in signed}
    take_back(site, "officer2")
    waiting, place = site.launch("before"), hands.Pretended()
    attempt, _ = hands.issued(site.launch("runs"))
    assert attempt.state == "issued"
    site.revoke("rubric")
    spec = site.work("after")
    with pytest.raises(Refused) as refusal:
        jobs.launch(actor=site.engineer, spec=spec)
    assert [(finding.check, "revoked" in finding.found) for finding in refusal.value.findings] == [("plan", True)]
    assert not Job.objects.filter(spec=spec).exists()
    hands.worker(place).step()
    assert hands.fresh(waiting).state == "refused"
    assert not place.secrets


@pytest.mark.attack(
    name="Take the launcher's role away between launch and permit",
    caught_by="the gate asks whether whoever launched may launch, at launch and again before the permit",
    unless="the permit came first: what runs goes on until somebody cancels it",
)
def test_whoever_launched_must_hold_the_role_when_the_permit_is_due(each_site):
    site, place = each_site, hands.Pretended()
    job = site.launch()
    spec = site.work("after")
    take_back(site, "engineer")
    hands.worker(place).step()
    job.refresh_from_db()
    assert (job.state, site.events(events.JOB_REFUSED)) == ("refused", 1)
    assert "launcher" in job.reason
    assert not place.secrets
    before = site.refusals()
    with pytest.raises((Denied, NotFound)):
        jobs.launch(actor=site.engineer, spec=spec)
    assert site.refusals() == before + 1
    assert not Job.objects.filter(spec=spec).exists()
