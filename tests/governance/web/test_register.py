"""The register as a page and as a table."""

from django.urls import reverse

from governance.services import jobs
from tests.governance.web.world import World, evaluation_spec


def test_a_run_stands_in_the_register_and_in_its_table(world: World, as_) -> None:
    spec = evaluation_spec(world)
    armed = jobs.launch(actor=world.engineer, spec=spec, arm=True)
    of = f"?project={world.project.slug}"
    auditor, engineer, outsider = as_(world.auditor), as_(world.engineer), as_(world.outsider)
    page = engineer.get(reverse("register") + of).content.decode()
    assert reverse("run", args=[armed.pk]) in page
    rows = b"".join(auditor.get(reverse("register-csv") + of).streaming_content).decode().splitlines()
    assert rows[0] == "No.,Entry,When,What,Identifier,Rests on,State,Last entry"
    assert [row.split(",")[4] for row in rows[1:]] == [str(armed.pk)]
    assert auditor.get(reverse("register") + "?table=refused").status_code == 200
    assert reverse("run", args=[armed.pk]) in engineer.get(reverse("register")).content.decode()  # of the one project
    assert "the whole organisation" not in engineer.get(reverse("register")).content.decode()
    foreign = outsider.get(reverse("register") + of)
    assert foreign.status_code == 400
    assert world.project.name not in foreign.content.decode()
    assert reverse("run", args=[armed.pk]) not in outsider.get(reverse("register")).content.decode()
    page = auditor.get(reverse("register") + of).content.decode()
    for kind, asked in (("register", "First day"), ("audit-sample", "Of what")):
        address = reverse("project-report-ask", args=[world.project.slug, kind])
        assert address in page
        assert asked in auditor.get(address).content.decode()
        assert address not in engineer.get(reverse("register")).content.decode()
    wrong = auditor.get(reverse("register") + "?since=2026-02-01&until=2026-01-01")
    assert wrong.status_code == 400
    assert "earlier" in wrong.content.decode() or "later one" in wrong.content.decode()
