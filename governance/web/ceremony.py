"""The page of a request: drawn from what `selectors.presentation` says is shown, which is what a signature names."""

import uuid
from dataclasses import dataclass
from typing import Any

from governance import access
from governance.models import SignoffRequest, User
from governance.proof.answers.inforce import Standing
from governance.registry import Case
from governance.selectors import attachments, comments, inbox, presentation, samples, statements
from governance.selectors.attachments import Attached
from governance.selectors.inbox import Capacity
from governance.selectors.presentation import Shown
from governance.web import document_page
from governance.web.document_page import Reading
from governance.web.forms.signing import ConditionForms, RejectForm, SignForm


@dataclass
class Part:
    """One document of a request: what is told of it, how it reads, the cases drawn for the reader, and its files."""

    told: dict[str, Any]
    reading: Reading
    cases: list[Case]
    files: list[Attached]

    @property
    def changed(self) -> list[dict[str, Any]]:
        """The sections that differ from the version compared with."""
        return [section for section in self.told["sections"] if section["changes"]]

    @property
    def unchanged(self) -> list[dict[str, Any]]:
        """The sections that do not."""
        return [section for section in self.told["sections"] if not section["changes"]]

    @property
    def questions(self) -> int:
        """How many questions wait for an answer."""
        return sum(comment["open"] for comment in self.told["comments"])


@dataclass
class Ceremony:
    """A request as somebody sees it, in the capacity they chose (None: they cannot sign it)."""

    user: User
    request: SignoffRequest
    shown: Shown
    capacities: list[Capacity]
    chosen: Capacity | None
    obstacle: Any

    def context(self, seen: set[str]) -> dict[str, Any]:
        """Return what the page shows; `seen` are the documents that were opened in this session."""
        shown, row = self.shown, self.request
        parts = [self._part(document, told) for document, told in zip(shown.documents, self.told, strict=True)]
        mine = [found for d in shown.documents if (found := shown.standings[d.digest]).request == str(row.pk)]
        waits = any(found.standing is Standing.PENDING for found in mine)
        asked = {role for d in shown.documents for role in inbox.roles_asked(row, d.kind)}
        chosen = self.chosen if waits else None
        files = attachments.of(shown.documents)
        return {
            "row": row,
            "project": row.project,
            "tab": "requests",
            "shown": shown,
            "told": shown.content,
            "parts": [p for p in parts if p.told["asked"] or chosen is None],
            "others": [p for p in parts if not p.told["asked"] and chosen is not None],
            "waits": waits,
            "ran_out": any(found.standing is Standing.RAN_OUT for found in mine),
            "closes": min((found.closes for found in mine if found.closes), default=None),
            "files": [one for d in shown.documents for one in files.get(d.digest, ())],
            "signatures": shown.said,
            "relied_names": statements.relied_on(shown.said),
            "seen": seen,
            "unopened": [d for d in shown.documents if d.digest not in seen],
            "questions": sum(part.questions for part in parts),
            "capacities": self.capacities,
            "chosen": chosen,
            "obstacle": self.obstacle,
            "may_reject": bool(asked & access.roles_of(self.user, row.project)),
            "may_withdraw": inbox.may_withdraw(self.user, row),
            "sign_form": self.form(),
            "condition_forms": self.condition_forms(),
            "reject_form": RejectForm(),
            "opinions": {},
            "relied_on": [],
        }

    @property
    def told(self) -> list[dict[str, Any]]:
        """What is told of each document."""
        found: list[dict[str, Any]] = self.shown.content["documents"]
        return found

    def form(self) -> SignForm | None:
        """Return an empty form for the chosen capacity."""
        if self.chosen is None:
            return None
        given = self.chosen.delegation
        fields = {"role": self.chosen.role, "delegation": given.pk if given else None}
        return SignForm(initial=fields | {"presented": self.shown.digest, "shown_at": self.shown.ledger_size})

    def condition_forms(self, data: Any = None, extra: int = 1) -> Any:
        """Return the rows for conditions; `data` is what was typed."""
        names = {grant.user.actor: grant.user.printed_name for grant in inbox.people_of(self.request.project)}
        owners = sorted(names.items(), key=lambda item: item[1])
        found = ConditionForms(data, prefix="conditions", form_kwargs={"owners": owners})
        found.extra = extra
        return found

    def _part(self, document: Any, told: dict[str, Any]) -> Part:
        standing = self.shown.standings[document.digest]
        threads = comments.by_place(self.shown.threads[document.digest])
        cases = samples.cases(document, told["sample"]) if self.chosen else []
        files = self.shown.attached.get(document.digest, [])
        return Part(told, document_page.as_read(document, standing, threads=threads), cases, files)


def ceremony(user: User, request: SignoffRequest, key: str = "") -> Ceremony:
    """Return a request as somebody sees it; `key` chooses among the capacities they could sign in (default: first)."""
    documents = presentation.subjects(request)
    capacities, obstacle = inbox.capacities(user, request, documents)
    chosen = next((one for one in capacities if one.key == key), capacities[0] if capacities else None)
    shown = presentation.present(user, request, chosen.role if chosen else "")
    return Ceremony(user, request, shown, capacities, chosen, obstacle)


def key_of(role: str, delegation: uuid.UUID | str | None) -> str:
    """Return how a capacity is named that a form gives as role and delegation."""
    return str(delegation) if delegation else role
