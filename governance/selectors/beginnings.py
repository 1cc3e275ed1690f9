"""What a web process verified of the ledger's beginning, kept as long as the ledger still begins so.

Documents never change. What follows from those of some kinds in a project, and from what they name, stays true until
another comes, and the root of the tree as of the last of them says that all before it is what was read. So that much is
read and verified once in a process; later only the root is read, and what came since. What was altered in the database
meanwhile changes no answer: it is what was verified. Worker, commands and everything under the ledger's lock always
read (`request_memory`).
"""

from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping
from threading import Lock
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from django.db.models import Max, Q

from governance import request_memory
from governance.models import Document, LedgerEntry, Project
from governance.selectors import ledger, told

T = TypeVar("T")
MOST = 64
"""projects kept for each question; the one that was not asked about the longest goes first"""
MOMENTS = 4
"""beginnings kept of a project: today's, and those of questions about the past"""


class Kept(NamedTuple):
    """What followed from a project's documents up to entry `last`, when the tree had this root."""

    last: int
    root: bytes
    value: Any


_kept: OrderedDict[tuple[str, UUID], tuple[Kept, ...]] = OrderedDict()
_lock = Lock()


def of_projects(
    about: str,
    kinds: Collection[str],
    projects: Collection[Project] | None,
    ledger_size: int | None,
    follows: Callable[[Mapping[UUID, T], Mapping[UUID, list[told.Frozen]]], Mapping[UUID, T]],
) -> dict[UUID, T]:
    """Return by project what follows from its documents of some kinds, as far as the ledger tells of them.

    `about` names the question. `follows` makes the answers for projects from what followed from a beginning, where that
    is known, and from the documents since, in the ledger's order; it changes nothing it is given. `projects` None: all.
    Those without such a document are left out. At a ledger size (default: now). A constant number of queries.
    """
    if ledger_size is None:
        # What comes between two queries must not be taken for a part of the beginning.
        ledger_size = ledger.size()
    rows = Document.objects.filter(kind__in=kinds, seq__lt=ledger_size).exclude(project=None)
    if projects is not None:
        rows = rows.filter(project__in=projects)
    last: dict[UUID, int] = dict(rows.order_by().values_list("project_id").annotate(Max("seq")))
    known = _known(about, last) if request_memory.answering() else {}
    behind = [project for project, seq in last.items() if project not in known or known[project].last < seq]
    answers: dict[UUID, T] = {project: one.value for project, one in known.items()}
    if behind:
        since = Q()
        for project in behind:
            since |= Q(project=project, seq__gt=known[project].last if project in known else -1)
        new: dict[UUID, list[told.Frozen]] = {project: [] for project in behind}
        for one in told.frozen(rows.filter(since).select_related("project", "series").order_by("seq")):
            new[UUID(str(one.document.project_id))].append(one)
        answers |= follows({project: answers[project] for project in behind if project in answers}, new)
    if behind and request_memory.answering():
        _keep(about, {project: (last[project], answers[project]) for project in behind})
    return answers


def _known(about: str, last: Mapping[UUID, int]) -> dict[UUID, Kept]:
    """Return the longest beginning that is known of each project and goes no further than its last document."""
    with _lock:
        held = {p: [one for one in _kept.get((about, p), ()) if one.last <= seq] for p, seq in last.items()}
    roots = _roots({one.last for kept in held.values() for one in kept})
    still = {p: [one for one in kept if roots.get(one.last) == one.root] for p, kept in held.items()}
    return {project: max(kept, key=lambda one: one.last) for project, kept in still.items() if kept}


def _keep(about: str, made: Mapping[UUID, tuple[int, T]]) -> None:
    roots = _roots({last for last, _ in made.values()})
    with _lock:
        for project, (last, value) in made.items():
            if last in roots:
                others = [one for one in _kept.pop((about, project), ()) if one.last != last]
                _kept[about, project] = (Kept(last, roots[last], value), *others[: MOMENTS - 1])
        while len(_kept) > MOST:
            _kept.popitem(last=False)


def _roots(seqs: Collection[int]) -> dict[int, bytes]:
    rows = LedgerEntry.objects.filter(seq__in=seqs).values_list("seq", "root") if seqs else ()
    return {seq: bytes(root) for seq, root in rows}
