"""Findings on their pages: what is offered to whom, and what a refusal leaves of what was typed."""

from datetime import timedelta

from django.urls import reverse
from django.utils import timezone

from governance.models import AuditFinding
from tests.governance.web.world import World


def test_raised_on_a_record_answered_by_its_owner_closed_by_an_auditor(world: World, as_) -> None:
    auditor, engineer, officer = as_(world.auditor), as_(world.engineer), as_(world.officer)
    record = world.rubric.digest
    page = auditor.get(reverse("document", args=[record])).content.decode()
    address = f"{reverse('finding-begin')}?record={record}"
    assert address in page
    assert address not in engineer.get(reverse("document", args=[record])).content.decode()
    assert engineer.get(address).status_code == 403
    assert as_(world.outsider).get(address).status_code == 404
    asked = {"record": record, "text": "Two criteria say the same.", "severity": "minor", "owner": world.engineer.actor}
    past = auditor.post(reverse("finding-begin"), asked | {"due": "2020-01-01"})
    assert past.status_code == 400
    assert "found a time that is over" in past.content.decode()
    assert "Two criteria say the same." in past.content.decode()
    due = (timezone.now() + timedelta(days=3)).date().isoformat()
    auditor.post(reverse("finding-begin"), asked | {"due": due})
    row = AuditFinding.objects.get()
    here = reverse("finding", args=[row.pk])
    for client, heading in ((engineer, "Answer it"), (auditor, "Close it")):
        seen = client.get(here).content.decode()
        assert heading in seen
        assert ("Answer it" in seen) != ("Close it" in seen)
    assert "Two criteria say the same." in engineer.get("/").content.decode()
    too_soon = auditor.post(reverse("finding-close", args=[row.pk]), {"outcome": "mended", "text": "Looked at it"})
    assert too_soon.status_code == 403
    assert "nobody has answered it" in too_soon.content.decode()
    assert "Looked at it" in too_soon.content.decode()
    assert officer.post(reverse("finding-answer", args=[row.pk]), {"text": "Me"}).status_code == 403
    engineer.post(reverse("finding-answer", args=[row.pk]), {"text": "One is gone."})
    assert "Two criteria" not in engineer.get("/").content.decode()
    auditor.post(reverse("finding-close", args=[row.pk]), {"outcome": "mended", "text": "Version 2 has one."})
    assert "Version 2 has one." in officer.get(here).content.decode()
    assert as_(world.outsider).get(here).status_code == 404
    listed = officer.get(f"{reverse('findings')}?state=closed").content.decode()
    assert "mended" in listed
    assert "Two criteria" in listed
    assert "Two criteria" in officer.get(reverse("document", args=[record])).content.decode()
