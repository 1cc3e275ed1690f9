"""Carrying out a signed disposal: private parts, files and accounts go; what proves that they were there stays."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from django.db.models import Max

from governance import access, disposal, events, store
from governance.errors import Finding, Invalid, Refused
from governance.models import Document, Draft, LedgerOpening, Notice, User
from governance.proof.answers.inforce import Standing
from governance.proof.formats.envelope import Envelope
from governance.registry import KINDS
from governance.selectors import disposals, retention
from governance.selectors import documents as docs
from governance.selectors import signoff as standings
from governance.services import documents, reauthentication
from governance.services.ledger import Mutation, Unchanged, mutation
from governance.services.reauthentication import Proof

ERASED = "erased"


def draft(*, actor: User, title: str, reason: str, legal_basis: str, **lists: Sequence[Any]) -> Draft:
    """Draft a disposal of `openings`, `files` and `people`; it is then frozen, requested and signed as any document.

    Raises:
        Invalid: nothing is listed, or something that is not there.
    """
    body = {"title": title, "reason": reason, "legal_basis": legal_basis, **{k: list(v) for k, v in lists.items()}}
    try:
        _refuse_unknown(disposal.DisposalBody.model_validate(body))
    except ValueError as problem:
        raise Invalid("body", str(problem)) from problem
    return documents.draft_create(actor=actor, project=None, kind=disposal.KIND, body=body)


def draft_past(*, actor: User, legal_basis: str, documents: Collection[str] | None = None) -> Draft:
    """Draft a disposal of what is kept with documents past their retention: of those chosen (by digest), or of all.

    Raises:
        Invalid: no legal basis, nothing chosen, or a document that is not past its retention (or on which acts may
            still rest).
        Denied: somebody who may not write a disposal.
    """
    past = {each.document.digest: each for each in retention.past(docs.visible(actor))}
    chosen = sorted(past if documents is None else set(documents))
    if not chosen:
        raise Invalid("documents", "found none, expected documents past their retention")
    if strange := [digest for digest in chosen if digest not in past]:
        raise Invalid(
            "documents",
            f"found {strange[0]}, expected documents past their retention on which no act rests any more; "
            "see what is due, and choose among that",
        )
    if not legal_basis.strip():
        raise Invalid("legal_basis", "found nothing, expected why it may, or must, go")
    going = [past[digest] for digest in chosen]
    return draft(
        actor=actor,
        title=f"Past retention: {len(going)} document{'s' if len(going) > 1 else ''}",
        reason="Kept for as long as the policy in force asks.",
        legal_basis=legal_basis.strip(),
        openings=sorted({seq for each in going for seq in each.openings}),
        files=sorted({sha256 for each in going for sha256 in each.files}),
    )


def carry_out(*, actor: User, document: Document, proof: Proof) -> int:
    """Erase and remove what a disposal in force lists; return how many things went now.

    What went before is passed over, so an act that was interrupted can be finished by repeating it. A file goes from
    the disk after its entry is on the ledger, never before.

    Raises:
        Refused: the proof does not hold, the disposal is not in force, one person alone signed it, or it lists a file
            that a document in force, a draft or an unfinished job still rests on, or somebody who did not leave yet.
        Invalid: the document is no disposal.
    """
    if document.kind != disposal.KIND:
        raise Invalid("document", f"found a {KINDS[document.kind].label}, expected a disposal")
    listed = disposals.body(document)
    wanted, seen = set(listed.files), Document.objects.aggregate(seq=Max("seq"))["seq"] or 0
    naming = _naming(wanted, after=-1, upto=seen)
    checked = reauthentication.check(actor, proof)
    done = 0
    try:
        with mutation(actor=actor, action="disposal.carry_out", subjects=[document.digest]) as m:
            reauthentication.require(m, actor, checked)
            standing = standings.in_force(document, m.size, m.time)
            if standing.standing is not Standing.IN_FORCE or not standing.ok:
                raise Refused(_not_in_force(standing.standing.value))
            if few := standings.too_few(disposal.KIND, standing):
                raise Refused(_too_few(few))
            # Asked under the lock: a launch, a draft or a signature may have come while the documents were read.
            _refuse_needed([*naming, *_naming(wanted, after=seen, upto=m.size)], wanted)
            done = _openings(m, document, listed) + _files(m, document, listed) + _people(m, document, listed)
            if not done:
                raise Unchanged
    except Unchanged:
        pass
    gone = disposals.files(set(listed.files))
    for digest in listed.files:
        if digest in gone:
            store.remove(digest)
    return done


def _openings(m: Mutation, document: Document, listed: disposal.DisposalBody) -> int:
    rows = LedgerOpening.objects.filter(entry_id__in=listed.openings)
    found = dict(rows.values_list("entry_id", "private"))
    if not found:
        return 0
    m.append(
        events.OPENING_ERASED,
        subjects=[document.digest, *(f"entry:{seq}" for seq in sorted(found))],
        data={"disposal": document.digest, "entries": sorted(found)},
    )
    for private in found.values():
        for text in _texts(private):
            Notice.objects.filter(text__contains=text).delete()
    rows.delete()
    return len(found)


def _files(m: Mutation, document: Document, listed: disposal.DisposalBody) -> int:
    told = disposals.files(set(listed.files))
    going = sorted(digest for digest in listed.files if told.get(digest, -1) < document.seq)
    if not going:
        return 0
    m.append(
        events.FILE_DISPOSED,
        subjects=[document.digest, *(f"file:{digest}" for digest in going)],
        data={"disposal": document.digest, "files": going},
    )
    return len(going)


def _people(m: Mutation, document: Document, listed: disposal.DisposalBody) -> int:
    going = list(User.objects.filter(ledger_id__in=listed.people).exclude(printed_name=ERASED))
    if not going:
        return 0
    if here := next((user for user in going if user.is_active), None):
        raise Refused(_still_here(here))
    m.append(
        events.PERSON_ERASED,
        subjects=[document.digest, *(f"user:{user.actor}" for user in going)],
        data={"disposal": document.digest},
    )
    for user in going:
        user.printed_name, user.username, user.email = ERASED, f"{ERASED}-{user.actor[:8]}", ""
        user.first_name = user.last_name = ""
        user.set_unusable_password()
        user.save()
        Notice.objects.filter(to=user).delete()
    return len(going)


def _texts(private: Mapping[str, Any]) -> Iterator[str]:
    """Yield the sentences of a private part that a notice may have repeated."""
    for value in private.values():
        if isinstance(value, str) and len(value) > len(ERASED):
            yield value


def _refuse_unknown(body: disposal.DisposalBody) -> None:
    there = set(LedgerOpening.objects.filter(entry_id__in=body.openings).values_list("entry_id", flat=True))
    if missing := sorted(set(body.openings) - there):
        raise ValueError(f"ledger entries {missing[:5]} have no private part, or it was erased already")
    if absent := [digest for digest in body.files if not store.has(digest)]:
        raise ValueError(f"there is no file {absent[0]}")
    known = {str(key) for key in User.objects.filter(ledger_id__in=body.people).values_list("ledger_id", flat=True)}
    if strangers := sorted(set(body.people) - known):
        raise ValueError(f"there is no person {strangers[0]}")


def _naming(digests: Collection[str], *, after: int, upto: int) -> list[tuple[str, Document]]:
    """Return the files that documents frozen after one entry and up to another name in their bodies, and which."""
    if not digests:
        return []
    naming: list[tuple[str, Document]] = []
    rows = Document.objects.filter(seq__gt=after, seq__lte=upto).select_related("project")
    for document in rows.iterator(chunk_size=200):
        kind = KINDS.get(document.kind)
        content = bytes(document.content)
        if kind is None or not any(digest.encode() in content for digest in digests):
            continue
        named = {entry.sha256 for entry in kind.files(dict(Envelope.from_bytes(content).body))}
        naming += [(digest, document) for digest in sorted(named & set(digests))]
    return naming


def _refuse_needed(naming: Sequence[tuple[str, Document]], digests: Collection[str]) -> None:
    kept = retention.needed({document for _, document in naming})
    for digest, document in naming:
        if document.digest in kept:
            raise Refused(_still_needed(digest, str(document)))
    for digest, draft in retention.drafted(digests).items():
        raise Refused(_still_needed(digest, str(draft)))


def _not_in_force(found: str) -> Finding:
    return Finding(
        "disposal",
        f"the disposal is {found}",
        "one that is in force: signed by everybody whom the policy asks",
        "Request the signatures, and carry it out when they are there.",
        access.words({access.OWNER, access.COMPLIANCE_OFFICER}),
    )


def _too_few(found: str) -> Finding:
    return Finding(
        "disposal",
        found,
        f"signatures of {KINDS[disposal.KIND].least_signatures} people, whatever the policy it was signed under says",
        "Let the policy's next version ask for as many, revoke this disposal, and request its signatures anew.",
        access.words({access.OWNER, access.COMPLIANCE_OFFICER}),
    )


def _still_here(user: User) -> Finding:
    return Finding(
        "disposal",
        f"{user}, who is still here",
        "people who left: leaving hands over what they owe, ends roles, passkeys and sign-ins, and keeps an owner",
        "Let them leave first, on the page of people; then carry the disposal out.",
        access.ROLES[access.OWNER],
    )


def _still_needed(digest: str, named_by: str) -> Finding:
    return Finding(
        "disposal",
        f"{digest} is a file of {named_by}, on which acts may still rest",
        "supporting files, or files of documents that are superseded, expired or revoked, and on which neither a draft "
        "nor an unfinished job rests",
        "Revoke or supersede that document, freeze the draft or wait for the job first, or leave the file out.",
        access.words({access.OWNER, access.COMPLIANCE_OFFICER}),
    )


def about(user: User) -> list[int]:
    """Return the entries whose private parts are by or about a person, and are still there."""
    named = LedgerOpening.objects.filter(entry__subject_index__subject=f"user:{user.actor}")
    own = LedgerOpening.objects.filter(entry__index__actor=user.actor)
    return sorted({*named.values_list("entry_id", flat=True), *own.values_list("entry_id", flat=True)})
