"""Giving the log its second key."""

from governance import events, keyfiles, second_key
from governance.errors import Conflict
from governance.models import LedgerSubject
from governance.proof.formats.cosignature import Cosigner, generate_key
from governance.selectors.keys import keyring
from governance.services.ledger import mutation


def second_key_make() -> str:
    """Make the log's ML-DSA-44 key, put its digest on the ledger, and return its public half for publication.

    From then on new checkpoints carry a second line. A key file without its entry, left by a crash, is taken up again.

    Raises:
        Conflict: the key is there and on the ledger.
    """
    ring = keyring()
    made = second_key.cosigner(ring.origin)
    if made is None:
        private = generate_key(quantum_safe=True)
        keyfiles.write(second_key.NAME, private, demo=ring.root.demo)
        made = Cosigner.from_pem(ring.origin, private)
    with mutation(actor=None, action="log.second_key") as m:
        if LedgerSubject.objects.filter(subject=made.key.digest).exists():
            raise Conflict(found="a second key", expected="none", remedy="It is in use; move it away to make another.")
        m.append(events.LOG_SECOND_KEY, subjects=[made.key.digest], data={"key": made.key.digest})
    second_key.publish(made.key.text())
    return made.key.text()
