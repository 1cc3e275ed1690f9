"""Findings of auditors: every order of acts beside a simple model, and every way to be rid of one."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from governance import events
from governance.access import AUDITOR
from governance.errors import Denied, Invalid, NotFound, Refused
from governance.models import AuditFinding, LedgerOpening, Notice, Report
from governance.proof.formats.fields import rfc3339
from governance.proof.formats.leaf import Leaf
from governance.proof.history import audit_findings as rules
from governance.reports.gathered import gather
from governance.reports.lineage import report_data
from governance.selectors import audit_findings as select
from governance.selectors import due
from governance.services import audit_findings as service
from governance.services import leaving, people, reports
from governance.services.ledger import mutation
from governance.services.reauthentication import Proof
from tests.governance.cast import PASSWORD

PEOPLE = [f"00000000-0000-0000-0000-00000000000{n}" for n in range(4)]
FINDING = "00000000-0000-0000-0000-0000000000ff"
START = datetime(2026, 11, 1, tzinfo=UTC)
person = st.sampled_from(PEOPLE)


class FindingMachine(RuleBasedStateMachine):
    """Entries of one finding by anybody, allowed or not: what counts is what the model lets count."""

    def __init__(self) -> None:
        super().__init__()
        self.leaves: list[Leaf] = []
        self.owners: list[str] = []
        self.answered: set[str] = set()
        self.closed = ""

    def _say(self, event: str, by: str, **data: Any) -> None:
        said = {"finding": FINDING, **data}
        events.check(event, said)
        self.leaves.append(
            Leaf(
                seq=len(self.leaves), time=rfc3339(START), event=event, actor=by, project=None,
                subjects=[f"finding:{FINDING}", "entry:1"], data=said,
            )
        )  # fmt: skip

    @property
    def told(self) -> rules.Told:
        return rules.replay(self.leaves)[FINDING]

    @initialize(pair=st.permutations(PEOPLE))
    def begin(self, pair: list[str]) -> None:
        self.raiser = pair[0]
        self.owners = [pair[1]]
        self._say(rules.RAISED, pair[0], severity="major", owner=pair[1], due=rfc3339(START + timedelta(days=9)))

    @rule(by=person)
    def answer(self, by: str) -> None:
        allowed = not rules.cannot_answer(self.told, by)
        assert allowed == (not self.closed and by == self.owners[-1])
        self._say(rules.ANSWERED, by)
        if allowed:
            self.answered.add(by)

    @rule(by=person, to=person)
    def hand_over(self, by: str, to: str) -> None:
        allowed = not rules.cannot_hand_over(self.told, to)
        assert allowed == (not self.closed and to not in (self.raiser, self.owners[-1]))
        self._say(rules.HANDED_OVER, by, to=to)
        if allowed:
            self.owners.append(to)

    @rule(by=person, outcome=st.sampled_from(sorted(rules.OUTCOMES)))
    def close(self, by: str, outcome: str) -> None:
        allowed = not rules.cannot_close(self.told, by, outcome)
        free = by not in {*self.owners, *self.answered}
        assert allowed == (not self.closed and free and bool(self.answered or outcome == rules.UNFOUNDED))
        self._say(rules.CLOSED, by, outcome=outcome)
        if allowed:
            self.closed = outcome

    @rule(by=person)
    def raise_again(self, by: str) -> None:
        self._say(rules.RAISED, by, severity="minor", owner=PEOPLE[0], due=rfc3339(START))

    @invariant()
    def as_the_model_says(self) -> None:
        if not self.leaves:
            return
        told = self.told
        assert (told.owners, told.severity, told.raised_by) == (tuple(self.owners), "major", self.raiser)
        assert told.state == (self.closed or ("answered" if self.answered else "open"))
        if told.closing is not None:
            assert told.closing.by not in told.concerned
            assert told.acts[-1] == told.closing


FindingMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=12, deadline=None)
TestEveryOrderOfActs = FindingMachine.TestCase


def raised(world, on, **changes) -> select.Finding:
    asked = {"text": "The limit is read off the wrong line.", "severity": "major", "owner": world.engineer}
    asked |= {"due": timezone.now() + timedelta(days=9), **changes}
    row = service.raise_finding(actor=world.auditor, record=select.record(world.auditor, on.digest), **asked)
    return select.get(world.auditor, row.pk)


@pytest.mark.postgres
def test_a_finding_goes_its_way_and_nobody_who_owned_it_ends_it(world) -> None:
    note = world.note()
    found = raised(world, note, place="limits[2]")
    assert (found.told.state, found.owner, found.place) == ("open", world.engineer, "limits[2]")
    assert [one.row.pk for one in select.to_answer(world.engineer)] == [found.row.pk]
    closing: dict[str, Any] = {"finding": found, "outcome": "mended", "text": "Looked"}
    for who, wrong in ((world.engineer, Denied), (world.owner, Denied), (world.auditor, Denied)):
        with pytest.raises(wrong):  # not an auditor; not an auditor; nobody answered
            service.close(actor=who, **closing)
    with pytest.raises(Denied, match="somebody else"):
        service.answer(actor=world.engineer_two, finding=found, text="Mine")
    with pytest.raises(NotFound):
        service.answer(actor=world.stranger, finding=found, text="Mine")
    people.role_grant(
        actor=world.owner, user=world.engineer, role=AUDITOR, project=world.project, proof=Proof(PASSWORD)
    )
    service.answer(actor=world.engineer, finding=found, text="The next version says so.")
    service.hand_over(actor=world.engineer, finding=found, to=world.engineer_two)
    with pytest.raises(Denied, match="you own or owned it"):  # an auditor by now, and its first owner
        service.close(actor=world.engineer, **closing)
    with pytest.raises(Invalid, match="raised it"):
        service.hand_over(actor=world.owner, finding=found, to=world.auditor)
    service.close(actor=world.auditor, **closing)
    ended = select.get(world.engineer, found.row.pk)
    assert (ended.told.state, [one.words for one in ended.said]) == (
        "mended",
        ["The next version says so.", None, "Looked"],
    )
    for again in (
        lambda: service.close(actor=world.auditor, **closing),
        lambda: service.answer(actor=world.engineer_two, finding=found, text="But"),
    ):
        with pytest.raises(Refused, match="is closed"):
            again()
    told = Notice.objects.filter(about=f"finding:{found.row.pk}").values_list("to__username", "kind")
    assert {("engineer", "finding"), ("engineer_two", "finding"), ("auditor", "finding_answered")} <= set(told)


def test_what_cannot_be_a_finding_is_not_raised(world) -> None:
    note = world.note()
    for changes, field in (
        ({"text": " "}, "text"), ({"severity": "grave"}, "severity"), ({"due": timezone.now()}, "due"),
        ({"owner": world.auditor}, "owner"), ({"owner": world.stranger}, "owner"), ({"place": "x" * 301}, "place"),
    ):  # fmt: skip
        with pytest.raises(Invalid) as problem:
            raised(world, note, **changes)
        assert problem.value.field == field
    for name in ("sha256:" + "0" * 64, "job:none", "entry:99999999", "entry:-1", "user:1", ""):
        with pytest.raises(NotFound):
            select.record(world.auditor, name)
    with pytest.raises(NotFound):  # a project's auditor may not read the organisation's ledger
        select.record(world.auditor, "entry:0")
    with pytest.raises(Denied):
        service.raise_finding(
            actor=world.engineer, record=select.record(world.engineer, note.digest), text="x", severity="minor",
            owner=world.engineer_two, due=timezone.now() + timedelta(days=1),
        )  # fmt: skip
    assert not AuditFinding.objects.exists()


@pytest.mark.postgres
@pytest.mark.attack(
    name="close an auditor's finding by a row or an entry of one's own, or change its words in the database",
    caught_by="it is replayed from its entries by the rules that the service asks; words must match their entry",
    unless="an auditor who never had a hand in it closes it",
)
def test_rows_and_words_put_in_by_hand_count_for_nothing(world) -> None:
    note, other = world.note(), world.note("Other")
    found = raised(world, note)
    AuditFinding.objects.create(
        record=other.digest, document=other, project=world.project, by=world.auditor, at=found.row.at, seq=10**6
    )
    AuditFinding.objects.create(  # the entry is another document's finding
        record=other.digest,
        document=other,
        project=world.project,
        by=world.auditor,
        at=found.row.at,
        seq=found.row.seq + 10**7,
    )
    assert [one.row.pk for one in select.listed(world.auditor)] == [found.row.pk]
    with mutation(actor=None, action="test") as m:  # an entry that the rules would not have let through
        m.append(
            events.FINDING_CLOSED, subjects=[f"finding:{found.row.pk}", note.digest],
            data={"finding": str(found.row.pk), "outcome": "mended"},
        )  # fmt: skip
    assert select.get(world.auditor, found.row.pk).open
    LedgerOpening.objects.filter(entry=found.row.seq).update(private={"text": "All is well", "place": ""})
    assert select.get(world.auditor, found.row.pk).words is None


def test_it_falls_due_goes_on_to_a_successor_and_opens_the_report(world) -> None:
    note = world.note()
    found, now = raised(world, note), timezone.now()

    def mine(user, days) -> list[tuple[str, bool, bool]]:
        found = due.for_person(user, now=now + timedelta(days=days))
        return [(one.key, one.overdue, one.mine) for one in found if one.what == due.FINDING]

    key = str(found.row.pk)
    assert mine(world.engineer, 0) == [(key, False, True)]
    assert mine(world.officer, 10) == [(key, True, False)]
    assert mine(world.stranger, 0) == []
    with pytest.raises(Invalid, match="1 open tasks and findings"):
        leaving.person_leave(actor=world.owner, user=world.engineer, successor=None, proof=Proof(PASSWORD))
    leaving.person_leave(actor=world.owner, user=world.engineer, successor=world.engineer_two, proof=Proof(PASSWORD))
    assert select.get(world.auditor, found.row.pk).owner == world.engineer_two
    report = reports.request(actor=world.auditor, subject=note)
    data = report_data(gather(report))
    [notice] = [one for one in data.exceptions if one.label == "Open finding"]
    assert "The limit is read off the wrong line." in notice.text
    assert "not answered" in notice.text
    [section] = [one for one in data.sections if one.title == "Findings of auditors"]
    assert "Engineer Two" in str(section)
    service.answer(actor=world.engineer_two, finding=found, text="Done")
    service.close(actor=world.auditor, finding=found, outcome="accepted", text="It may stay")
    assert mine(world.engineer_two, 10) == []
    later = report_data(gather(reports.request(actor=world.auditor, subject=note)))
    assert not [one for one in later.exceptions if one.label == "Open finding"]
    assert "It may stay" in str([one for one in later.sections if one.title == "Findings of auditors"])
    again = Report.objects.get(pk=report.pk)
    assert report_data(gather(again)) == data
