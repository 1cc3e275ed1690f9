"""The keyring by API: everything a verifier elsewhere needs."""

from governance.proof.formats.keyring import Keyring
from governance.selectors import keys as select
from governance.selectors import ledger
from governance.services import keys
from tests.governance.api.conftest import Door
from tests.support.cast import Cast


def test_the_keys_and_the_chain_that_vouches_for_them(cast: Cast, api: Door) -> None:
    old = select.keyring().in_use("permit")
    assert old is not None
    keys.declare_compromise(purpose="permit", keyid=old.keyid, since=ledger.time_of(3), reason="Stolen")
    keys.rotate(purpose="permit")
    found = api("ada").get("keys")
    chain = [row["envelope"].encode() for row in found["keyrings"]]
    assert Keyring.open_chain(chain, cast.fingerprint)[-1] == select.keyring()
    assert [row["number"] for row in found["keyrings"]] == [1, 2, 3]
    assert found["root_fingerprint"] == cast.fingerprint
    states = {(key["purpose"], key["state"]) for key in found["keys"]}
    assert states >= {("permit", "compromised"), ("permit", "in use"), ("root", "in use"), ("seal", "in use")}
    [fallen] = [key for key in found["keys"] if key["state"] == "compromised"]
    assert (fallen["keyid"], fallen["compromised_since"]) == (old.keyid, 0)


def test_whoever_may_not_read_the_ledger_reads_no_keys(cast: Cast, api: Door) -> None:
    api("erik").get("keys", expect=403)
