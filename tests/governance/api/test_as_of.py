"""What was in force at a moment, by API."""

from datetime import timedelta

import time_machine
from django.utils import timezone

from governance.proof.formats.fields import rfc3339
from governance.services import signoff
from governance.services.reauthentication import Proof
from tests.governance.api.conftest import Door
from tests.support.cast import PASSWORD, Cast, rubric


def test_the_past_is_told_within_what_one_may_see(cast: Cast, api: Door) -> None:
    now, document = timezone.now(), rubric(cast)
    with time_machine.travel(now + timedelta(hours=1)):
        signoff.revoke(actor=cast.carl, document=cast.policy, reason="Wrong", proof=Proof(PASSWORD))
    with time_machine.travel(now + timedelta(hours=2)):
        ada, mallory = api("ada"), api("mallory")
        before, after = (rfc3339(now + timedelta(minutes=minutes)) for minutes in (30, 90))
        told = ada.get("as-of", time=before, project="shelf")
        (policy,) = told["documents"]
        assert (policy["digest"], policy["in_force"], policy["policy"]) == (cast.policy.digest, True, None)
        assert {signer["printed_name"] for signer in policy["signers"]} == {"Carl Officer", "Dora Expert"}
        assert told["policy"]["digest"] == cast.policy.digest
        assert ada.get("as-of", time=after, project="shelf")["policy"] is None
        changed = ada.get("as-of", time=after, since=before, project="shelf")["changes"]
        assert [one["after"] for one in changed] == ["revoked"]
        assert ada.get("as-of", time=before, document=document.digest)["documents"][0]["in_force"] is False
        mallory.get("as-of", time=before, document=document.digest, expect=400)
        mallory.get("as-of", time=before, project="triage", expect=404)
        ada.get("as-of", time=rfc3339(now + timedelta(days=9)), expect=400)
        ada.get("as-of", expect=400)
