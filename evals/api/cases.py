"""Cases: brought in from other tools' files, converted, handed out, compared, retired."""

import json
from typing import Any, get_args

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from evals.engine.case_changes import CaseChange
from evals.engine.evaluation_set import Task
from evals.formats.registry import FORMATS
from evals.selectors import cases as select
from evals.services import cases as service
from governance.api import base, fields, lookups
from governance.api.base import Download, Query, View
from governance.api.document_shapes import DraftDetailOut
from governance.api.fields import Body, Digest, Slug, Strict, Text
from governance.api.parsers import BoundedForm
from governance.downloads import sandboxed
from governance.errors import Invalid
from governance.models import Document
from governance.selectors import documents as docs
from governance.selectors.attachments import Content

NAMES = sorted(FORMATS)
PURPOSES = ["holdout", "development"]


class FormatOut(serializers.Serializer[Any]):
    """A format of cases."""

    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    endings = serializers.ListField(child=serializers.CharField())
    about = serializers.CharField()
    keeps = serializers.SerializerMethodField(help_text="the members of a case that other readers of the format see")
    beside = serializers.BooleanField(help_text="whether the others are written all the same, for us to read again")

    def get_keeps(self, form: Any) -> list[str]:
        return sorted(form.keeps)


class Formats(View):
    """Formats of cases."""

    @extend_schema(operation_id="case_formats", responses=FormatOut(many=True))
    def get(self, request: Request) -> Response:
        """List the formats that cases can be read from and written in."""
        return Response(FormatOut(FORMATS.values(), many=True).data)


class FilesIn(Strict):
    """Files of cases in a format. Mappings and lists are JSON in the form's fields."""

    project = Slug()
    format = serializers.ChoiceField(choices=NAMES)
    purpose = serializers.ChoiceField(choices=PURPOSES, default="holdout")
    provenance = Text(required=False, default="", allow_blank=True, max_length=300)
    every_slice = Text(required=False, default="[]", help_text="slices that every case is put in, as a JSON list")
    columns = Text(required=False, default="{}", help_text="our field to the file's column, as a JSON object")
    files = serializers.ListField(child=serializers.FileField(max_length=255, allow_empty_file=True), max_length=100)


class ProblemAtOut(serializers.Serializer[Any]):
    """Why something cannot be taken over."""

    file = serializers.CharField()
    at = serializers.CharField()
    found = serializers.CharField()
    expected = serializers.CharField()


class NoteOut(serializers.Serializer[Any]):
    """What was left out or supplied, how often, and where first."""

    kind = serializers.ChoiceField(choices=["left out", "supplied"])
    what = serializers.CharField()
    why = serializers.CharField()
    file = serializers.CharField()
    at = serializers.CharField()
    count = serializers.IntegerField()


class UnderstoodOut(serializers.Serializer[Any]):
    """What was understood of files; with one problem nothing is taken over."""

    format = serializers.CharField()
    ok = serializers.BooleanField()
    cases = serializers.IntegerField()
    problems = ProblemAtOut(many=True)
    untold = serializers.IntegerField(help_text="further problems")
    notes = NoteOut(many=True)
    slices = serializers.DictField(child=serializers.CharField())
    roles = serializers.DictField(child=serializers.CharField())
    labels = serializers.ListField(child=serializers.CharField())
    criteria = serializers.ListField(child=Body(), help_text="criteria that the file's own checks amount to")


class _Reading(View):
    parser_classes = [BoundedForm]

    def read(self, given: dict[str, Any]) -> dict[str, Any]:
        """Return what a service is told of the files."""
        slices, columns = (
            json_field("every_slice", given["every_slice"], list),
            json_field("columns", given["columns"], dict),
        )
        return {
            "actor": self.person,
            "project": lookups.project(self.person, given["project"]),
            "purpose": given["purpose"],
            "form": given["format"],
            "files": [(upload.name, upload.chunks()) for upload in given["files"]],
            "options": {"provenance": given["provenance"], "slices": slices, "columns": columns},
        }


class CasesRead(_Reading):
    """Files of cases, read."""

    @extend_schema(operation_id="cases_read", request={"multipart/form-data": FilesIn}, responses=UnderstoodOut)
    def post(self, request: Request) -> Response:
        """Say what is understood of files and what is not. Nothing becomes part of a set."""
        found = service.understand(**self.read(self.given(FilesIn)))
        return Response(UnderstoodOut(found.told).data)


class ConvertIn(FilesIn):
    """Files of cases in one format, wanted in another."""

    to = serializers.ChoiceField(choices=NAMES)


class CasesConvert(_Reading, Download):
    """Files of cases, converted."""

    @extend_schema(
        operation_id="cases_convert",
        request={"multipart/form-data": ConvertIn},
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY},
    )
    def post(self, request: Request) -> HttpResponse:
        """Return the cases in another format; several files come as a ZIP. The first problem refuses the whole."""
        given = self.given(ConvertIn)
        name, data = service.converted(**self.read(given), to=given["to"])
        return sandboxed(Content(name, data))


class SetIn(FilesIn):
    """Files of cases, and the evaluation set they become; `base` is the version they follow."""

    title = Text(max_length=300)
    description = Text(max_length=20_000)
    task = serializers.ChoiceField(choices=list(get_args(Task)))
    slices = Text(required=False, default="{}", max_length=100_000, help_text="what slices hold, as a JSON object")
    roles = Text(required=False, default="{}", max_length=100_000, help_text="roles of slices, as a JSON object")
    labels = Text(required=False, default="[]", max_length=100_000, help_text="labels, as a JSON list")
    base = Digest(required=False)


class EvaluationSets(_Reading):
    """Evaluation sets from files of any format."""

    @extend_schema(
        operation_id="evaluation_set_bring", request={"multipart/form-data": SetIn}, responses={201: DraftDetailOut}
    )
    def post(self, request: Request) -> Response:
        """Begin the draft of a set (or of its next version) from files; the first problem refuses the whole."""
        given = self.given(SetIn)
        described = {
            "slices": json_field("slices", given["slices"], dict),
            "roles": json_field("roles", given["roles"], dict),
            "labels": json_field("labels", given["labels"], list),
        }
        asked = self.read(given)
        found = service.understand(**asked)
        if found.entry is None:
            raise Invalid("files", service.first_problem(found.told))
        draft = service.draft_from(
            actor=self.person,
            project=asked["project"],
            understood=found.entry,
            count=len(found.cases),
            title=given["title"],
            description=given["description"],
            purpose=given["purpose"],
            task=given["task"],
            slices={**found.told["slices"], **described["slices"]},
            roles={**found.told["roles"], **described["roles"]},
            labels=described["labels"] or found.told["labels"],
            base=lookups.base(self.person, given.get("base")),
        )
        return Response(DraftDetailOut(lookups.draft(self.person, draft.pk)).data, status=201)


class CasesQuery(Query):
    """In which format."""

    format = serializers.ChoiceField(choices=NAMES, default="canonical")


class SetCases(Download):
    """The cases of a set."""

    @extend_schema(
        operation_id="evaluation_set_cases",
        parameters=[base.DIGEST, CasesQuery],
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, digest: str) -> HttpResponse:
        """Return the cases in a format. Refused to whoever holds a role that never sees them."""
        document = _set(self.person, digest)
        asked = self.asked(CasesQuery)
        name, data = service.written(actor=self.person, document=document, to=asked["format"])
        return sandboxed(Content(name, data))


class ChangesQuery(Query):
    """Compared with which version."""

    base = Digest(required=False)


class AuthorOut(serializers.Serializer[Any]):
    """In which version a case became what it is, and who wrote in that version."""

    number = serializers.IntegerField()
    digest = serializers.CharField()
    at = serializers.DateTimeField()
    people = serializers.ListField(child=serializers.CharField())


class SetCaseOut(serializers.Serializer[Any]):
    """A case that came or went."""

    case = Body()
    author = AuthorOut(allow_null=True)


class PieceOut(serializers.Serializer[Any]):
    """A run of words."""

    kind = serializers.ChoiceField(choices=["same", "removed", "added"])
    text = serializers.CharField()


class FieldOut(serializers.Serializer[Any]):
    """A member of a case that differs."""

    name = serializers.CharField()
    before = serializers.CharField()
    after = serializers.CharField()
    pieces = PieceOut(many=True)


class ChangedOut(serializers.Serializer[Any]):
    """A case that differs."""

    id = serializers.CharField()
    moved = serializers.BooleanField(help_text="whether it went to other slices")
    fields = FieldOut(many=True)  # type: ignore[assignment]
    author = AuthorOut(allow_null=True)


class ChangesOut(serializers.Serializer[Any]):
    """What became of the cases of a set between two versions."""

    base = serializers.CharField()
    digest = serializers.CharField()
    same = serializers.IntegerField()
    added = SetCaseOut(many=True)
    removed = SetCaseOut(many=True)
    changed = ChangedOut(many=True)


class SetChanges(View):
    """The cases of two versions of a set, compared."""

    @extend_schema(operation_id="evaluation_set_changes", parameters=[base.DIGEST, ChangesQuery], responses=ChangesOut)
    def get(self, request: Request, digest: str) -> Response:
        """What became of the cases since `base` (default: the version before), and who wrote what."""
        later = _set(self.person, digest)
        select.require_visible(self.person, later)
        named = self.asked(ChangesQuery).get("base")
        earlier = docs.get(self.person, named) if named else select.before(later)
        if earlier is None:
            raise Invalid("base", "found none: this is the first version")
        found = select.changes(self.person, earlier, later)
        authors = select.authors(earlier, later)

        def whole(case: Any) -> dict[str, Any]:
            return {"case": case.model_dump(mode="json", exclude_defaults=True), "author": authors.get(case.id)}

        def changed(change: CaseChange) -> dict[str, Any]:
            return {"id": change.id, "moved": change.moved, "fields": change.fields, "author": authors.get(change.id)}

        told = {
            "base": earlier.digest,
            "digest": later.digest,
            "same": found.same,
            "added": [whole(case) for case in found.added],
            "removed": [whole(case) for case in found.removed],
            "changed": [changed(change) for change in found.changed],
        }
        return Response(ChangesOut(told).data)


class RetireIn(Strict):
    """A case to take out of the next version of a set."""

    case = Text(max_length=128)
    reason = Text(max_length=300)
    replacement = Body(required=False, allow_null=True, default=None)


class SetRetire(View):
    """A case of a set, retired."""

    @extend_schema(
        operation_id="evaluation_set_retire",
        parameters=[base.DIGEST],
        request=RetireIn,
        responses={201: DraftDetailOut},
    )
    def post(self, request: Request, digest: str) -> Response:
        """Begin the next version without a case, or with `replacement` in its place. The old one stays until then."""
        given = self.given(RetireIn)
        new = given["replacement"]
        draft = service.retire(
            actor=self.person,
            document=_set(self.person, digest),
            case=given["case"],
            reason=given["reason"],
            replacement=json.dumps(new, ensure_ascii=False) if new is not None else "",
        )
        return Response(DraftDetailOut(lookups.draft(self.person, draft.pk)).data, status=201)


class GradersIn(Strict):
    """Files of OpenAI graders."""

    project = Slug()
    files = serializers.ListField(child=serializers.FileField(max_length=255, allow_empty_file=True), max_length=100)


class CriteriaOut(serializers.Serializer[Any]):
    """Criteria and judges for a rubric, and what has no equal here."""

    criteria = serializers.ListField(child=Body())
    judges = serializers.DictField(child=Body())
    notes = NoteOut(many=True)


class Graders(View):
    """Graders of the OpenAI API."""

    parser_classes = [BoundedForm]

    @extend_schema(operation_id="graders_read", request={"multipart/form-data": GradersIn}, responses=CriteriaOut)
    def post(self, request: Request) -> Response:
        """Read graders as criteria of a rubric. Changes nothing."""
        given = self.given(GradersIn)
        found = service.criteria_of(
            actor=self.person,
            project=lookups.project(self.person, given["project"]),
            files=[(upload.name, upload.chunks()) for upload in given["files"]],
        )
        return Response(CriteriaOut(found).data)


def _set(person: Any, digest: str) -> Document:
    document = docs.get(person, fields.digest(digest))
    select.body(document)
    return document


def json_field(name: str, text: str, kind: type) -> Any:
    """Return the list or object of texts that a field of a form holds as JSON. Invalid otherwise."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    inside = found.values() if isinstance(found, dict) else found
    if not isinstance(found, kind) or not all(isinstance(one, str) for one in inside or ()):
        raise Invalid(name, f"found {text[:80]!r}, expected a JSON {'object' if kind is dict else 'list'} of texts")
    return found
