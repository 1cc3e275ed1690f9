"""What is on record of signers against the leaves, both ways."""

from governance.models import SignerRecord
from governance.selectors.signers import EVENTS
from governance.selectors.verification.tables import Table, Tables


class Signers(Tables):
    """Compares every record of a signer with its leaf."""

    tables = (
        Table(
            "signer's record",
            tuple(EVENTS.values()),
            SignerRecord.objects.select_related("user", "by"),
            lambda row, leaf: {
                "record": (str(row.pk), leaf.data.get("record")),
                "kind": (EVENTS[SignerRecord.Kind(row.kind)], leaf.event),
                "about": ([f"user:{row.user.actor}"], leaf.subjects),
            },
        ),
    )
