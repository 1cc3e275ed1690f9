"""Measures from outside that an evaluation names: the newest version of each, or it does not start."""

from typing import Any

import pytest

from evals import documents as evals
from governance.errors import Refused
from governance.models import Document
from governance.services import documents, jobs
from tests.support.governed import Site, on_paper


def body(value: str) -> dict[str, Any]:
    measure = {
        "name": "override rate",
        "value": value,
        "n": 400,
        "unit": "share",
        "source": "desk log",
        "observed": "May",
    }
    return {"title": "Desk, May", "measures": [measure]}


def specification(site: Site, name: str) -> Document:
    return site.story.submit(
        "engineer", name, evals.SPEC, {"arm": "tuned", "attempt_index": 9, "note": name}, thresholds="thresholds",
        evaluation_set="set", rubric="rubric", subject="record", baseline="baseline", measures="desk",
    )  # fmt: skip


@pytest.mark.attack(
    name="name an older, better figure from outside after a newer one came in",
    caught_by="the gate asks for the newest version of every measure that an evaluation names",
    unless="the newer figure was brought in as another document, which nobody links to the first",
)
def test_an_older_version_of_a_measure_starts_no_evaluation(site: Site) -> None:
    with on_paper():
        site.story.train()
        first = site.story.submit("expert", "desk", evals.MEASURES, body("0.02"))
        spec = specification(site, "before")
        expert = site.story.people["expert"]
        documents.document_submit(
            actor=expert, project=first.project, kind=evals.MEASURES, body=body("0.20"), base=first
        )
        with pytest.raises(Refused) as refused:
            jobs.launch(actor=site.engineer, spec=spec)
        assert {finding.check for finding in refused.value.findings} == {"measures"}
        assert "of which there is v2" in refused.value.findings[0].found
