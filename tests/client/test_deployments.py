"""Deployments on the command line."""

from pathlib import Path

from client.failure import NOT_ALLOWED, OK, USAGE
from governance.services import documents
from tests.client.conftest import Command
from tests.support.cast import Cast, base_model_body

HEADING = "service,environment,criticality,max_outage_hours,since,owner,stated_base,base_model\n"


def test_a_table_is_registered_listed_and_found_below_its_model(erik: Command, cast: Cast, tmp_path: Path) -> None:
    base = documents.document_submit(actor=cast.olga, project=None, kind="training.base_model", body=base_model_body())
    file = tmp_path / "services.csv"
    rows = [
        f"Queue,production,high,4,2026-01-01,Desk,,{base.digest}\n",
        "Old,production,low,4,2026-01-01,Desk,small,\n",
    ]
    file.write_text(HEADING + "".join(rows) + "Odd,production,low,four,2026-01-01,Desk,small,\n")
    ran = erik("deployments", "import", "triage", str(file))
    assert (ran.code, "line 4" in ran.err) == (USAGE, True), ran.err
    assert erik("deployments", "list", "triage", "--json").json == []
    file.write_text(HEADING + "".join(rows))
    ran = erik("deployments", "import", "triage", str(file))
    assert (ran.code, ran.out) == (OK, "2 registered, 0 were on record already\n"), ran.err
    assert erik("deployments", "import", "triage", str(file), "--json").json["unchanged"] == 2
    shown = erik("deployments", "list", "triage")
    assert "unproven origin" in shown.out
    assert "approved" not in shown.out
    below = erik("deployments", "below", base.title)
    assert "Queue (production)  [no release]" in below.out
    assert "Old (production), unproven origin  [said to run on it]" in below.out
    assert len(erik("deployments", "below", base.digest, "--json").json["deployments"]) == 2
    custody = erik("custody", base.title)
    assert (custody.code, custody.out.startswith("custody not verified\n")) == (OK, True), custody.err
    assert erik("custody", base.digest, "--json").json["drills"] == []
    assert erik("deployments", "list", "other").code == NOT_ALLOWED
    assert erik("deployments", "import", "other", str(file)).code == NOT_ALLOWED
