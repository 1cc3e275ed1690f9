"""Bringing an inventory of serving, cloud or scheduler: read whole or refused, kept byte for byte."""

from collections.abc import Iterable, Mapping, Sequence

from governance import store
from governance.errors import Invalid
from governance.models import Document, Project, User
from governance.registry import KINDS
from governance.services.documents import check_body, freeze
from governance.services.ledger import admit, mutation
from training.bodies.inventories import INVENTORY
from training.inventory import matching, reading
from training.kinds.inventories import ACTION
from training.selectors import reconciliation


def bring(
    *,
    actor: User,
    project: Project | None,
    title: str,
    source: str,
    system: str,
    covers: tuple[str, str],
    columns: Mapping[str, str],
    form: str,
    file: Iterable[bytes],
    environments: Sequence[str] = (),
) -> Document:
    """Freeze an inventory of a project or, without one, of the whole organisation.

    `covers` are the first and last day it tells of, `columns` maps ours to theirs, `form` is "csv" or "json".

    Raises:
        Denied, NotFound: the person may not bring one here; asked before the file is read.
        Invalid: the file cannot be read, naming line and reason, or a field is wrong. Nothing is frozen then.
    """
    admit(actor=actor, action=ACTION, project=project)
    if form not in ("csv", "json"):
        raise Invalid("format", f"found {form[:40]!r}, expected csv or json")
    data = _bounded(file)
    try:
        rows = reading.read(data, form=form, columns=columns)
    except reading.InventoryError as problem:
        raise Invalid("columns" if problem.place == "columns" else "file", str(problem)) from None
    told_of = [one.strip() for one in environments if one.strip()]
    here = reconciliation.environments(project) if told_of else []
    if odd := matching.strange(told_of, rows, here):
        raise Invalid(
            "environments",
            f"found {odd[0][:80]!r}, which no row and no deployment here is in, expected some of {', '.join(here[:20])}"
            if here
            else f"found {odd[0][:80]!r}, which no row is in, and no deployment is registered here",
        )
    body = {
        "title": title.strip(),
        "source": source,
        "system": system.strip(),
        "covers_from": covers[0],
        "covers_until": covers[1],
        "environments": told_of,
        "columns": dict(columns),
        "format": form,
        "rows": len(rows),
        "file": {"path": f"inventory.{form}", "size": len(data), "sha256": "sha256:" + "0" * 64},
    }
    kind = KINDS[INVENTORY]
    check_body(kind, body)
    kept = store.put([data]).model_copy(update={"path": f"inventory.{form}"})
    checked = check_body(kind, {**body, "file": kept.model_dump()})
    with mutation(actor=actor, action=ACTION, project=project) as m:
        return freeze(m, kind=kind, body=checked, references=[], contributors=[actor.actor], by=actor)


def _bounded(chunks: Iterable[bytes]) -> bytes:
    data = bytearray()
    for chunk in chunks:
        data += chunk
        if len(data) > reading.MOST_BYTES:
            raise Invalid("file", f"found more than {reading.MOST_BYTES} bytes, expected at most so many")
    return bytes(data)
