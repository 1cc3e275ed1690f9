"""`countersign as-of` against a running server."""

from datetime import timedelta

from django.utils import timezone

from client.failure import FAILED, OK, USAGE
from governance.proof.formats.fields import rfc3339
from tests.client.conftest import Command
from tests.support.cast import Cast, rubric


def test_the_exit_code_says_whether_a_document_was_in_force(erik: Command, cast: Cast) -> None:
    document, now = rubric(cast), rfc3339(timezone.now())
    ran = erik("as-of", now, "--document", cast.policy.digest)
    assert ran.code == OK, ran.err
    assert "Carl Officer (compliance_officer, server-attested (password))" in ran.out
    assert erik("as-of", now, "--document", document.digest, "--json").code == FAILED
    assert erik("as-of", now, "--project", "triage", "--all").out.count(document.digest) == 1
    assert erik("as-of", rfc3339(timezone.now() + timedelta(days=2))).code == USAGE
