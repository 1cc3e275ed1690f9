"""Waivers: soft checks only, two people, for a while, looked back on; told on page one of what was made under one."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from governance import events
from governance.access import COMPLIANCE_OFFICER
from governance.errors import Invalid, Refused
from governance.models import LedgerSubject, Reference, RequestSubject, Signature
from governance.proof.files.report_file import verify_report
from governance.proof.formats.dsse import peek
from governance.proof.formats.permit import Permit
from governance.reports.exceptions import exceptions
from governance.reports.gathered import gather
from governance.selectors import documents as docs
from governance.selectors import jobs as asking
from governance.selectors import signoff as standings
from governance.selectors import told, waivers
from governance.services import documents, jobs, permits, signing
from governance.services.reauthentication import Proof
from tests.gate import waiving
from tests.gate.waiving import RED
from tests.governance.reports.reread import reread
from tests.governance.reports.test_lineage import built
from tests.support import hands
from tests.support.governed import on_paper
from tests.support.story import _PLAN, PASSWORD, _arm, fabricated


@pytest.fixture(autouse=True)
def paper():
    with on_paper():
        yield


def redden(site):
    """A run that one soft check keeps from starting."""
    with on_paper():
        waiving.soften(site)
        return site.train()


def run_on_a_waiver(site):
    redden(site)
    with on_paper():
        story = site.story
        story.run_spec("run_spec", baseline="baseline")
        waiving.waiver(site, story["run_spec"])
        story.made["record"] = story.run("run_spec", story._record)


@pytest.fixture
def already():
    return redden


@pytest.fixture
def red(site):
    return site.made


def blocking(site, spec, user="engineer"):
    return {f.check for f in asking.gate(user=site.story.people[user], spec=spec).findings}


def asking_for(document):
    return RequestSubject.objects.filter(document=document).latest("request__seq").request


def line(site, spec, check=RED):
    return next(x for x in asking.gate(user=site.engineer, spec=spec).lines if x.check == check)


def test_a_waiver_in_force_lets_one_soft_check_be(site, red):
    assert blocking(site, red) == {RED}
    with pytest.raises(Refused):
        jobs.launch(actor=site.engineer, spec=red)
    made = waiving.waiver(site, red)
    assert blocking(site, red) == set()
    said = line(site, red).as_dict()
    assert (said["passed"], said["waived"], said["blocks"]) == (False, True, False)
    assert said["waiver"]["waiver"] == made.digest
    assert site.story.people["officer"].printed_name in said["waiver"]["by"]
    assert jobs.launch(actor=site.engineer, spec=red).state == "queued"


@pytest.mark.attack(
    name="waive a hard check",
    caught_by="the waiver cannot be frozen; and the gate counts waivers for checks that are soft at that moment only",
    unless="the policy itself calls the check soft, which its signers agreed to",
)
def test_hard_checks_are_never_waived(site, red):
    with pytest.raises(Invalid, match="only soft checks can be waived"):
        waiving.waiver(site, red, "thresholds")
    with pytest.raises(Invalid, match="expected one of the gate"):
        waiving.waiver(site, red, "no_such_check")
    waiving.waiver(site, red)
    assert blocking(site, red) == set()
    waiving.soften(site, **{RED: "hard"})  # soft when it was signed, hard when it is asked
    assert blocking(site, red) == {RED}


@pytest.mark.attack(
    name="use a waiver that one person signed",
    caught_by="every policy must ask for two signatures of it, and the gate counts two people whatever a policy says",
    unless="two people of the roles the policy names agree to it",
)
def test_one_signature_is_not_enough(site, red, monkeypatch):
    made = waiving.waiver(site, red, signers=("officer",))
    assert standings.in_force(made).missing == ((COMPLIANCE_OFFICER, 1),)
    assert blocking(site, red) == {RED}
    body = docs.envelope(site.story["policy 2"]).body
    body["rules"]["governance.waiver"]["roles"] = {COMPLIANCE_OFFICER: 1}
    with pytest.raises(Invalid, match="expected at least 2"):
        documents.document_submit(actor=site.story.people["officer"], project=None, kind="governance.policy", body=body)
    # Even under a policy that had been frozen before there was such a rule.
    monkeypatch.setattr("governance.policy.vet", lambda policy: None)
    from dataclasses import replace

    from governance import registry

    monkeypatch.setitem(
        registry.KINDS, "governance.policy", replace(registry.KINDS["governance.policy"], vet=lambda policy: None)
    )
    site.story.made["policy 3"] = documents.document_submit(
        actor=site.story.people["officer2"],
        project=None,
        kind="governance.policy",
        body=body,
        base=site.story["policy 2"],
    )
    site.story.sign("policy 3", requester="officer2", signers=("owner", "officer"))
    alone = waiving.waiver(site, red, signers=("officer",))
    assert standings.in_force(alone).ok
    assert blocking(site, red) == {RED}


@pytest.mark.attack(
    name="use a waiver after its day",
    caught_by="its own end is compared with the ledger's time at launch and again before the permit",
    unless="the clock was set back before the ledger's last entry was written",
)
def test_an_expired_waiver_lets_nothing_pass(site, red):
    waiving.waiver(site, red, days=7)
    job = jobs.launch(actor=site.engineer, spec=red)
    with time_machine.travel(timezone.now() + timedelta(days=8)):
        assert permits.issue(job=hands.fresh(job)) is None
        assert hands.fresh(job).state == "refused"
        assert blocking(site, red) == {RED}
    with pytest.raises(Invalid, match="run out already"):
        waiving.waiver(site, red, days=-1)


@pytest.mark.attack(
    name="use the waiver of another run",
    caught_by="a waiver counts for the one document whose digest stands in its own bytes",
    unless="SHA-256 is broken",
)
def test_a_waiver_is_for_one_specification(site, red):
    made = waiving.waiver(site, red)
    other = site.train("another")
    assert blocking(site, other) == {RED}
    Reference(source=made, role="spec", target=other).save()  # a forged row of the index
    assert blocking(site, other) == {RED}


@pytest.mark.attack(
    name="sign the waiver of one's own launch",
    caught_by="who wrote or launched the run is excluded from signing, and a waiver its launcher signed does not count",
    unless="the launcher has a colleague sign, who then answers for it",
)
def test_who_launches_signs_no_waiver(site, red):
    from governance.services import people

    story = site.story
    made = waiving.waiver(site, red, signers=())
    request = waiving.ask(site, made)
    people.role_grant(
        actor=story.people["owner"],
        user=site.engineer,
        role=COMPLIANCE_OFFICER,
        project=story.project,
        proof=Proof(PASSWORD),
    )
    with pytest.raises(Refused, match="wrote, requested or launched"):
        signing.sign(
            actor=site.engineer,
            request=request,
            role=COMPLIANCE_OFFICER,
            meaning="Yes",
            reason="Mine",
            password=PASSWORD,
        )
    for officer in ("officer", "officer2"):
        story._put(officer, request)
    assert blocking(site, red) == set()
    # An officer who may launch, too, cannot launch on the waiver they signed.
    people.role_grant(
        actor=story.people["owner"],
        user=story.people["officer"],
        role="engineer",
        project=story.project,
        proof=Proof(PASSWORD),
    )
    assert blocking(site, red, "officer") == {RED}
    assert blocking(site, red) == set()


@pytest.mark.attack(
    name="forge the rows of a waiver's signature",
    caught_by="a signature counts only under its envelope, its key and its leaf",
    unless="the attestation key is stolen and the leaf appended too",
)
def test_forged_rows_waive_nothing(site, red):
    real = waiving.waiver(site, red, signers=("officer",))
    template = Signature.objects.latest("seq")
    Signature(
        request=template.request,
        signer=site.story.people["officer2"],
        role=COMPLIANCE_OFFICER,
        statement=template.statement,
        seq=template.seq + 1,
        at=template.at,
    ).save()
    assert not standings.in_force(real).ok
    assert blocking(site, red) == {RED}


def test_the_permit_relies_on_the_waivers_signatures_and_what_was_made_names_it(site, red):
    made = waiving.waiver(site, red)
    job = jobs.launch(actor=site.engineer, spec=red)
    attempt, _ = hands.issued(job)
    permit = Permit.model_validate_json(peek(bytes(attempt.permit)).payload)
    signatures = {signed.seq for signed in standings.in_force(made).signatures}
    assert len(signatures) == 2
    assert signatures <= set(permit.decisions)
    assert told.of_job(job.pk).attempt(attempt.pk).waivers == (made.digest,)


def test_revoking_a_waiver_stops_the_run_that_rests_on_it(site, red):
    waiving.waiver(site, red)
    job, place = jobs.launch(actor=site.engineer, spec=red), hands.Pretended()
    worker = hands.worker(place)
    worker.step()
    attempt = hands.fresh(job.attempts.get())
    permits.consume(permit=bytes(attempt.permit), secret=place.secrets[str(attempt.pk)], nonce=hands.NONCE)
    site.revoke("waiver")
    worker.step()
    assert hands.fresh(attempt).state == "stopped"


def test_nothing_that_needs_no_waiver_rests_on_one(site):
    spec = site.train("needs none")
    waiving.soften(site, dataset_size="soft", **{RED: "advisory"})
    waiving.waiver(site, spec, "dataset_size")
    job = jobs.launch(actor=site.engineer, spec=spec)
    attempt, _ = hands.issued(job)
    assert told.of_job(job.pk).attempt(attempt.pk).waivers == ()


def test_a_retrospective_that_is_overdue_lets_no_waiver_count(site, red):
    old = waiving.waiver(site, red, days=1)
    (owed,) = waivers.due(site.story.project)
    assert (owed.waiver, owed.overdue) == (old, False)
    with time_machine.travel(timezone.now() + timedelta(days=16)):
        (owed,) = waivers.due()
        assert owed.overdue
        again = site.train("again")
        waiving.waiver(site, again)
        assert blocking(site, again) == {"retrospective"}
        written = waiving.retrospective(site, old, sign=False)
        assert blocking(site, again) == {"retrospective"}
        owed = next(each for each in waivers.due(site.story.project) if each.waiver == old)
        assert owed.retrospective == written
        site.story.sign("retrospective", requester="engineer", signers=("officer",))
        assert blocking(site, again) == set()
        assert old not in [each.waiver for each in waivers.due(site.story.project)]


def test_what_needs_no_waiver_goes_on_though_a_retrospective_is_overdue(site, red):
    waiving.waiver(site, red, days=1)
    with time_machine.travel(timezone.now() + timedelta(days=16)):
        waiving.soften(site, **{RED: "advisory"})
        assert blocking(site, red) == set()


class TestReport:
    """A run with waived checks says so on page one, with signers and reasons; the evidence holds the waiver."""

    @pytest.fixture
    def already(self):
        return run_on_a_waiver

    @pytest.fixture
    def done(self, site):
        return site

    @pytest.mark.parametrize("name", ["record", "run_spec"])
    def test_page_one_and_evidence(self, done, name):
        story = done.story
        report = story.report(name)
        found = gather(report)
        notices = {n.label: n.text for n in exceptions(found, found.lineage)}
        assert "base model life" in notices["Waived"]
        assert "The vendor answers next week" in notices["Waived"]
        for officer in ("officer", "officer2"):
            assert story.people[officer].printed_name in notices["Waived"]
        assert story["waiver"].digest in found.papers
        assert "Retrospective overdue" not in notices
        outcome = verify_report(built(report), story.fingerprint)
        assert outcome.code == 0, [c for c in outcome.checks if c.ok is False]
        pages = reread(found, story.fingerprint)
        assert not list(pages.unnoticed(pages.exceptions("Waived")))

    def test_the_record_names_the_waiver(self, done):
        assert docs.linked(done.story["record"], "waiver") == [done.story["waiver"]]

    def test_overdue_is_on_page_one(self, done):
        with time_machine.travel(timezone.now() + timedelta(days=60)):
            done.story.found_more()  # something later on the ledger
            found = gather(done.story.report("record"))
            notices = {n.label for n in exceptions(found, found.lineage)}
            pages = reread(found, done.story.fingerprint)
        assert "Retrospective overdue" in notices
        assert not pages.wrong()
        assert not list(pages.unnoticed(pages.exceptions("Retrospective overdue")))

    def test_a_release_on_a_waiver_names_it(self, done):
        story = done.story
        story.evaluate()
        waiving.soften(done, soft_thresholds="soft", **{RED: "soft"})
        from training.services import releases

        with pytest.raises(Refused, match="high-value"):
            story.release()
        waiving.waiver(done, story["result"], "soft_thresholds")
        assert releases.gate(result=story["result"], user=done.engineer).open
        story.release()
        assert docs.linked(story["release"], "waiver") == [story["waiver"]]
        found = gather(story.report("release"))
        assert sum(n.label == "Waived" for n in exceptions(found, found.lineage)) == 2
        assert verify_report(built(story.report("release")), story.fingerprint).code == 0

    @pytest.mark.attack(
        name="have a release signed on a waiver that nobody who reads the release is told of",
        caught_by="whenever it is signed, those waivers count alone that the release names in its own bytes",
        unless="the release is put forward again, and names it",
    )
    def test_a_release_is_signed_on_the_waivers_it_names_alone(self, done):
        from training.services import releases

        story = done.story
        story.evaluate()
        waiving.soften(done, soft_thresholds="soft", **{RED: "soft"})
        named = waiving.waiver(done, story["result"], "soft_thresholds")
        story.made["release"] = releases.propose(
            actor=done.engineer, result=story["result"], title="Chapter coder 1.0", note="For the queue."
        )
        done.revoke("waiver")
        with pytest.raises(Refused, match="high-value"):
            story.sign("release", requester="engineer", signers=("officer",))
        other = waiving.waiver(done, story["result"], "soft_thresholds")
        assert releases.gate(result=story["result"], user=done.engineer).waivers == [other.digest]
        assert docs.linked(story["release"], "waiver") == [named]
        request = asking_for(story["release"])
        with pytest.raises(Refused) as refused:
            story._put("officer", request)
        assert [(one.check, one.remedy) for one in refused.value.findings] == [
            ("waiver", "Put the release forward again.")
        ]
        again = releases.propose(actor=done.engineer, result=story["result"], title="Coder 1.0", note="Again.")
        assert docs.linked(again, "waiver") == [other]

    @pytest.mark.attack(
        name="sign the waiver that lets one's own run be released, after somebody else evaluated it",
        caught_by="who launched the run is excluded from it as who launched the evaluation is",
        unless="the launcher has a colleague sign, who then answers for it",
    )
    def test_who_launched_the_run_signs_no_waiver_of_its_release(self, done):
        story = done.story
        links = {"subject": "record", "baseline": "baseline"}
        story.submit("engineer", "tuned_spec", "evals.evaluation_spec", _arm("tuned"), **_PLAN, **links)
        own, story.people["engineer"] = done.engineer, story.people["officer2"]
        with fabricated("tuned", 0.58):
            story.made["result"] = story.run("tuned_spec", lambda _: story._result("tuned", 0.58))
        story.people["engineer"] = own
        waiving.soften(done, soft_thresholds="soft", **{RED: "soft"})
        made = waiving.waiver(done, story["result"], "soft_thresholds", signers=())
        assert waivers.behind([made])[made.digest] == {own.actor, story.people["officer2"].actor}


class TestPage:
    """A waiver asked for where the gate is closed, by a person with a browser."""

    @pytest.fixture
    def client(self, site):
        client = Client()
        client.force_login(site.engineer, backend="django.contrib.auth.backends.ModelBackend")
        return client

    def test_from_the_closed_gate_to_the_frozen_waiver(self, site, red, client):
        page = client.get(reverse("launch", args=[red.digest])).content.decode()
        link = f"{reverse('waive', args=[red.digest])}?check={RED}"
        assert link in page
        form = client.get(link)
        assert form.status_code == 200
        assert f'value="{RED}"' in form.content.decode()
        assert "thresholds" not in form.context["form"].fields["checks"].choices
        day = timezone.now() + timedelta(days=5)
        given = {
            "checks": [RED],
            "title": "For a week",
            "reason": "r",
            "risk": "k",
            "measures": "m",
            "expires_on": f"{day:%Y-%m-%d}",
            "retrospective_on": f"{day + timedelta(days=5):%Y-%m-%d}",
        }
        answer = client.post(reverse("waive", args=[red.digest]), given)
        assert answer.status_code == 302
        (known,) = waivers.of(red)
        assert known.body.expires_at == f"{day:%Y-%m-%d}T23:59:59.000000Z"
        site.story.made["waiver"] = known.document
        site.story.sign("waiver", requester="engineer", signers=("officer", "officer2"))
        page = client.get(reverse("launch", args=[red.digest])).content.decode()
        assert "Waived by" in page
        assert reverse("document", args=[known.document.digest]) in page
        assert "For a week" in client.get(reverse("document", args=[red.digest])).content.decode()
        shown = client.get(reverse("document", args=[known.document.digest])).content.decode()
        assert "Write the retrospective" in shown
        draft = client.get(
            reverse("draft-begin", args=[site.story.project.slug, "governance.retrospective"]),
            {"waiver": known.document.digest},
        )
        assert draft.context["form"].initial["link_waiver"] == known.document.digest

    def test_what_cannot_be_waived_is_refused_with_the_reason(self, site, red, client):
        given = {"checks": ["thresholds"], "title": "x"}
        answer = client.post(reverse("waive", args=[red.digest]), given)
        assert answer.status_code == 400
        day = timezone.now()
        late = {
            "checks": [RED], "title": "x", "reason": "r", "risk": "k", "measures": "m",
            "expires_on": f"{day + timedelta(days=1):%Y-%m-%d}",
            "retrospective_on": f"{day + timedelta(days=60):%Y-%m-%d}",
        }  # fmt: skip
        answer = client.post(reverse("waive", args=[red.digest]), late)
        assert answer.status_code == 422 or answer.status_code == 400
        assert "30 days" in answer.content.decode()
        assert waivers.of(red) == []

    def test_documents_without_a_gate_have_no_such_page(self, site, client):
        assert client.get(reverse("waive", args=[site.story["rubric"].digest])).status_code == 404

    def test_api(self, site, red, client):
        made = waiving.waiver(site, red)
        answer = client.get(f"/api/v1/documents/{red.digest}/gate").json()
        (found,) = [c for c in answer["checks"] if c["check"] == RED]
        assert found["waived"]
        assert found["waiver"]["waiver"] == made.digest


def test_a_permit_without_waivers_says_nothing_of_them(site):
    """The vocabulary's default is not written: leaves of before and after are alike."""
    job = site.launch()
    attempt, _ = hands.issued(job)
    seqs = LedgerSubject.objects.filter(subject=f"job:{job.pk}").values_list("entry_id", flat=True)
    from governance.selectors import ledger

    (issued,) = [x for x in ledger.leaves_at(set(seqs)).values() if x.event == events.PERMIT_ISSUED]
    assert "waivers" not in issued.data
    assert attempt.number == 1
