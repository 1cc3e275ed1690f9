"""Cases that go into the draft of an evaluation set's next version. The signed version stays as it is."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from evals import documents as kinds
from evals import samples
from evals.engine.cases import read_cases
from evals.engine.evaluation_set import Case, Role, sizes
from evals.formats import canonical
from governance import store
from governance.errors import Conflict, Invalid
from governance.models import Document, Draft, User
from governance.selectors import documents as docs
from governance.services.documents import draft_create, draft_edit
from governance.services.ledger import Mutation, refusals_recorded


def newest(evaluation_set: Document) -> Document:
    """Return the newest version of a set."""
    return Document.objects.filter(series=evaluation_set.series).order_by("-number").first() or evaluation_set


@dataclass(frozen=True)
class Told:
    """The leaf that tells where the cases of a draft come from; the draft and its file are added to what it says."""

    event: str
    subjects: Sequence[str]
    data: Mapping[str, Any]


def cases_add(
    *,
    actor: User,
    latest: Document,
    cases: Sequence[Case],
    path: str,
    slice_name: str,
    role: Role,
    about: str,
    told: Told,
    admissible: Callable[[frozenset[str]], None],
) -> Draft:
    """Add cases, as one file, to the open draft of a set's next version, or begin that draft; return it.

    They go into the slice `slice_name`, which is there for `role`. A case that is in the set by that id gives way. The
    draft is written and `told` in one mutation: either both happen, or nothing does.

    `admissible` raises unless these cases may go in now. It is asked once before anything slow is read, and again with
    the ledger locked; it is given the roles from which the cases of the set and of its draft are kept.

    Raises:
        Invalid: the slice is there for something else, or an id is retired.
        Conflict: the file was drafted already, or the draft or the set moved on.
    """
    open_draft = _open_drafts(latest).first()
    body = dict(open_draft.body if open_draft else docs.envelope(latest).body)
    with refusals_recorded(actor=actor, action="document.draft", project=latest.project, subjects=told.subjects):
        admissible(_kept_from(latest, body))
    _check(body, cases, path, slice_name, role)
    placed = [case.model_copy(update={"slices": _slices(case, body, slice_name)}) for case in cases]
    entry = store.put(map(canonical.line, placed)).model_copy(update={"path": path})
    kept, gone = without(body["files"], {case.id for case in cases})
    changed = sized(
        body
        | {
            "slices": {slice_name: about} | dict(body["slices"]),
            "roles": dict(body.get("roles", {})) | {slice_name: role},
            "files": [*kept, entry.model_dump(mode="json")],
            "cases": int(body["cases"]) - gone + len(placed),
        }
    )

    def within(m: Mutation, draft: Draft) -> None:
        if newest(latest) != latest or (open_draft is None and _open_drafts(latest).exclude(pk=draft.pk).exists()):
            raise Conflict(found="a set that moved on", expected="the one you saw", remedy="Look again.")
        admissible(_kept_from(latest, body))
        m.append(
            told.event,
            subjects=[f"draft:{draft.pk}", *told.subjects],
            data={"draft": str(draft.pk), "file": entry.sha256, **told.data},
        )

    if open_draft is None:
        references = [link.model_dump() for link in docs.references(latest)]
        return draft_create(
            actor=actor,
            project=latest.project,
            kind=kinds.SET,
            body=changed,
            references=references,
            base=latest,
            within=within,
        )
    return draft_edit(
        actor=actor,
        draft=open_draft,
        revision=open_draft.revision,
        body=changed,
        references=open_draft.references,
        within=within,
    )


def _open_drafts(latest: Document) -> "QuerySet[Draft]":
    """Return the open drafts of a set's next version, the last edited first."""
    return Draft.objects.filter(series=latest.series_id, frozen=None).order_by("-updated_at")


def _kept_from(latest: Document, body: Mapping[str, Any]) -> frozenset[str]:
    return samples.SAMPLING.hidden_from(latest) | samples.hidden_in_draft(body)


def without(
    files: Sequence[Mapping[str, Any]], ids: Collection[str], instead: Case | None = None
) -> tuple[list[dict[str, Any]], int]:
    """Return the manifest entries of a set's files without the cases of these ids, and how many cases went.

    `instead` takes the place of the case that goes.

    Raises:
        Invalid: the bytes of a file are gone or altered, or a draft's entry is none.
    """
    kept, gone = [], 0
    for entry in files:
        try:
            store.check(entry["sha256"])
            inside = read_cases([(entry["path"], store.path_of(entry["sha256"]))])
        except (store.BytesMissing, store.BytesCorrupt, KeyError, TypeError, ValueError) as problem:
            raise Invalid("files", f"{entry.get('path', 'a file')}: {problem}") from None
        left = [canonical.line(case) for case in inside if case.id not in ids]
        gone += len(inside) - len(left)
        if len(left) == len(inside):
            kept.append(dict(entry))
            continue
        left += [canonical.line(instead)] if instead else []
        if left:
            kept.append(store.put(left).model_copy(update={"path": entry["path"]}).model_dump(mode="json"))
    return kept, gone


def sized(body: dict[str, Any]) -> dict[str, Any]:
    """Return the body of a draft with the sizes of its slices, as its files hold them.

    Without any where the files cannot be read; freezing the draft tells why.
    """
    try:
        for entry in body["files"]:
            store.check(entry["sha256"])
        cases = read_cases((entry["path"], store.path_of(entry["sha256"])) for entry in body["files"])
    except (store.BytesMissing, store.BytesCorrupt, KeyError, TypeError, ValueError):
        return body | {"sizes": {}}
    found = sizes(cases, body["slices"])
    return body | {"sizes": {name: size.model_dump() for name, size in found.items()}}


def _check(body: dict[str, Any], cases: Sequence[Case], path: str, slice_name: str, role: Role) -> None:
    there = slice_name in body["slices"]
    if there and dict(body.get("roles", {})).get(slice_name, "common") != role:
        words = role.replace("_", "-")
        raise Invalid("slice", f"found {slice_name!r}, which is there for something else; name a {words} slice")
    if any(known["path"] == path for known in body["files"]):
        raise Conflict(found="drafted already", expected="a new finding", remedy="Edit the draft instead.")
    retired = {one["id"] for one in body.get("retired", [])}
    if back := sorted(retired & {case.id for case in cases}):
        raise Invalid("case", f"{', '.join(back)}: the id is retired and cannot come back; give the case another")


def _slices(case: Case, body: dict[str, Any], slice_name: str) -> list[str]:
    """Return the slices of a case that the set knows, and the one it goes into."""
    return [*(name for name in case.slices if name in body["slices"] and name != slice_name), slice_name]
