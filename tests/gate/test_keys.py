"""Each process reads its own keys only."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from governance import keyfiles
from governance.services import permits
from tests.support import hands

MAY = {"web": {"attestation"}, "worker": {"log", "permit", "seal"}}


@pytest.mark.parametrize("process", ["web", "worker", "unknown"])
def test_which_keys_a_process_reads(site, settings, process):
    settings.COUNTERSIGN_PROCESS = process
    for purpose in ("root", "log", "attestation", "permit", "seal"):
        if purpose in MAY.get(process, set()):
            assert keyfiles.signer(purpose)
        else:
            with pytest.raises(ImproperlyConfigured, match=f"asked for the {purpose} key"):
                keyfiles.signer(purpose)


def test_the_web_process_cannot_issue_a_permit(site, settings):
    job = site.launch()
    settings.COUNTERSIGN_PROCESS = "web"
    with pytest.raises(ImproperlyConfigured):
        permits.issue(job=hands.fresh(job))
    job.refresh_from_db()
    assert (job.state, job.attempts.count()) == ("queued", 0)
