"""What probes of hosted base models found, as of a ledger size."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from governance.models import Document
from governance.proof.fields import moment
from governance.selectors import documents as docs
from governance.selectors import ledger, told
from training.custody.bodies import ProbeResultBody
from training.custody_kinds import PROBE_RESULT


@dataclass(frozen=True)
class Probed:
    """A probe's result under a consumed permit: of which base model (digest), by which specification, on which day."""

    result: Document
    body: ProbeResultBody
    base: str
    spec: Document
    on: date


def results(size: int | None = None, bases: Iterable[Document] | None = None) -> list[Probed]:
    """Return the results of probes (of these base models), newest first, in a constant number of queries.

    Results that no job under a consumed permit ended with count for nothing. `size`: as of so many ledger entries.
    """
    rows: Any = Document.objects.filter(kind=PROBE_RESULT)
    if size is not None:
        rows = rows.filter(seq__lt=size)
    if bases is not None:
        rows = rows.filter(links_out__role="base_model", links_out__target__in=[base.digest for base in bases])
    found = list(rows.select_related("project").order_by("-seq").distinct())
    confirmed, leaves = told.outputs(found, size), ledger.leaves_at(result.seq for result in found)
    counted = [
        result
        for result in found
        if result.digest in confirmed and result.seq in leaves and leaves[result.seq].subjects == [result.digest]
    ]
    named = {result.digest: _named(result) for result in counted}
    specs = Document.objects.select_related("project", "series").in_bulk({spec for spec, _ in named.values()})
    return [
        Probed(
            result=result,
            body=docs.frozen_body(result, ProbeResultBody),
            base=named[result.digest][1],
            spec=specs[named[result.digest][0]],
            on=moment(leaves[result.seq].time).date(),
        )
        for result in counted
    ]


def changed(size: int | None = None) -> list[tuple[str, Document, str]]:
    """Return the changes that stand: base model (digest), the result that found it, and what it found.

    One for each probe whose newest result found one. A later result without one takes it away, whether the model went
    back or the changed answers were made the reference.
    """
    newest: dict[UUID, Probed] = {}
    for probed in results(size):
        newest.setdefault(probed.spec.series_id, probed)
    return [(one.base, one.result, one.body.finding) for one in newest.values() if one.body.changed]


def _named(result: Document) -> tuple[str, str]:
    """Return the digests of the specification and the base model that a result names in its own bytes."""
    links = {link.role: link.digest for link in docs.envelope(result).references}
    return links["spec"], links["base_model"]
