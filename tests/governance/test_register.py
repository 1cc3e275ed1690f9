"""The register as pages show it: the same as from the whole ledger, whatever rows say."""

from datetime import timedelta

import pytest

from governance import registry
from governance.errors import Denied, Invalid, NotFound, Refused
from governance.models import Attempt, Job
from governance.proof.history import register
from governance.selectors import ledger
from governance.selectors import register as select
from governance.services import attempts, jobs, permits, signoff
from tests.governance import cast
from tests.governance import jobs as sample


def whole(project, first: int, stop: int) -> register.Register:
    leaves = ledger.leaves_at(range(stop))
    return register.make(
        [leaves[seq] for seq in range(first, stop)],
        first=first,
        stop=stop,
        project=str(project.pk) if project else None,
        kinds=select.kinds(),
        before=[leaves[seq] for seq in range(first)],
    )


@pytest.mark.postgres
@pytest.mark.attack(
    name="take a run out of the register, or put one in, as the owner of the database",
    caught_by="the register is counted from ledger entries alone, and from the whole range of them off line",
    unless="the entries are rewritten too: then only a checkpoint kept elsewhere tells",
)
def test_it_is_what_the_whole_ledger_tells_and_rows_change_nothing(world, monkeypatch) -> None:
    monkeypatch.setattr(select, "kinds", lambda: [cast.NOTE])
    monkeypatch.setitem(registry.KINDS, cast.NOTE, cast.NOTE_KIND)
    done = sample.done(world, monkeypatch, world.note("Done"))
    began = ledger.size()
    cancelled = jobs.launch(actor=world.engineer, spec=world.note("Cancelled"))
    jobs.cancel(actor=world.engineer, job=cancelled)
    issued = permits.issue(job=jobs.launch(actor=world.engineer, spec=world.note("Expired")))
    assert issued is not None
    expired = Attempt.objects.select_related("job__spec", "job__project").get(pk=issued[0].pk)
    attempts.end(attempt=expired, state=sample.EXPIRED, reason="unused", retry=False)
    with pytest.raises(Refused):
        jobs.launch(actor=world.engineer, spec=done.spec)
    signed = world.note("Signed")
    world.agree(signed)
    world.revoke(signed)
    signoff.reject(actor=world.owner, request=world.ask(world.note("Rejected")), reason="No")
    size = ledger.size()
    for project in (None, world.project, world.projects["other"]):
        for first, stop in ((0, size), (began, size), (3, began), (size, size)):
            assert select.of(project, first, stop) == whole(project, first, stop), (project, first, stop)
    found = select.of(world.project, 0, size)
    states = {row[4]: row[6] for row in found.runs if "." not in str(row[0])}
    assert states[str(done.pk)] == "succeeded"
    assert states[str(cancelled.pk)] == "cancelled"
    assert {row[6] for row in found.runs if "." in str(row[0])} == {"accepted", "expired"}
    assert {"revoked", "rejected"} <= {row[5] for row in found.releases}
    assert [(row[3], row[5]) for row in found.refused] == [("note.launch", "one run a spec")]
    Job.objects.filter(pk=cancelled.pk).update(state="succeeded", project=world.projects["other"])
    Job.objects.create(
        purpose="train", project=world.project, spec=signed, requested_by=world.engineer, state="succeeded",
        created_at=done.created_at, changed_at=done.created_at, seq=10**6,
    )  # fmt: skip
    assert select.of(world.project, 0, size) == found


def test_who_sees_which_and_which_periods_there_are(world) -> None:
    select.require(world.engineer, world.project)
    with pytest.raises(Denied):
        select.require(world.engineer, None)
    with pytest.raises(NotFound):
        select.require(world.stranger, world.project)
    select.require(world.owner, None)
    last = ledger.time_of(ledger.size())
    assert select.span(None, None) == (0, ledger.size())
    assert select.span(last + timedelta(seconds=1), None) == (ledger.size(),) * 2
    with pytest.raises(Invalid, match="a time before the beginning"):
        select.span(last, last - timedelta(days=1))
