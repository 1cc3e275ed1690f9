"""Documents as JSON."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from governance.api.base import PageQuery, Query
from governance.api.fields import Body, Digest, Identifier, LinkIn, Slug, Strict, Text, Whole
from governance.api.proofs import ProofIn
from governance.models import Document, Draft
from governance.proof.answers.inforce import InForce, Standing
from governance.selectors import documents as docs

STANDINGS = [standing.value for standing in Standing]


class DocumentQuery(PageQuery):
    """Filters of the list of documents."""

    project = Text(required=False, help_text='short name of a project, or "shelf" for the organisation\'s shelf')
    kind = Text(required=False, max_length=60)
    series = Identifier(required=False)
    standing = serializers.ChoiceField(choices=STANDINGS, required=False)
    q = Text(required=False, max_length=200, help_text="words of the title, or the beginning of a digest")
    newest = serializers.BooleanField(required=False, default=False, help_text="only the newest version of each series")
    launchable = serializers.BooleanField(required=False, help_text="only what can be launched (or cannot)")
    order = serializers.ChoiceField(choices=["-seq", "seq", "title", "kind"], required=False, default="-seq")


class StandingQuery(Query):
    """As of which ledger size and time."""

    ledger_size = serializers.IntegerField(min_value=0, max_value=2**53 - 1, required=False)
    time = serializers.DateTimeField(required=False)


class DiffQuery(Query):
    """What to compare with."""

    base = Digest()


class SubmitIn(Strict):
    """A finished document; `project` null means the organisation's shelf; `base` the version it follows."""

    project = Slug(allow_null=True)
    kind = Text(max_length=60)
    body = Body()
    references = LinkIn(many=True, required=False, default=list)
    base = Digest(required=False, allow_null=True, default=None)


class DraftEditIn(Strict):
    """New content of a draft; `revision` is the one the editor saw."""

    revision = Whole()
    body = Body()
    references = LinkIn(many=True, required=False, default=list)


class FreezeIn(Strict):
    """The revision to freeze, as the caller saw it."""

    revision = Whole()


class RevokeIn(ProofIn):
    """Why a sign-off is taken back, and who one is, shown anew."""

    reason = Text(max_length=4000)


class SignatureOut(serializers.Serializer[Any]):
    """A signature that counts towards a standing."""

    signer = serializers.CharField()
    printed_name = serializers.SerializerMethodField()
    on_behalf_of = serializers.CharField(source="principal", help_text="whom a delegate signed for")
    method = serializers.CharField()
    role = serializers.CharField()
    seq = serializers.IntegerField()
    at = serializers.DateTimeField()

    def get_printed_name(self, signed: Any) -> str:
        return str(self.context.get("names", {}).get(signed.signer, ""))


class MissingOut(serializers.Serializer[Any]):
    """Signatures still needed in a role."""

    role = serializers.CharField()
    count = serializers.IntegerField()


class StandingOut(serializers.Serializer[Any]):
    """Whether new acts may rest on a document, and what it waits for."""

    standing = serializers.ChoiceField(choices=STANDINGS, source="standing.value")
    ok = serializers.BooleanField()
    since = serializers.DateTimeField(allow_null=True)
    until = serializers.DateTimeField(allow_null=True)
    request = serializers.CharField()
    signatures = SignatureOut(many=True)
    missing = serializers.SerializerMethodField()
    faults = serializers.ListField(child=serializers.CharField())
    closes = serializers.DateTimeField(allow_null=True, help_text="when its request runs out")
    lapses = serializers.DateTimeField(allow_null=True, help_text="when the agreement lapses unless something is done")
    why = serializers.CharField(help_text="what it lapses by")
    unmet = serializers.SerializerMethodField(help_text="conditions that hold back what would rest on it")

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_unmet(self, found: InForce) -> list[str]:
        return [condition.text for condition in found.unmet]

    @extend_schema_field(MissingOut(many=True))
    def get_missing(self, found: InForce) -> list[dict[str, Any]]:
        return [{"role": role, "count": count} for role, count in found.missing]


class DocumentNameOut(serializers.Serializer[Any]):
    """Enough of a document to name it."""

    digest = serializers.CharField()
    kind = serializers.CharField()
    title = serializers.CharField()
    number = serializers.IntegerField()
    project = serializers.CharField(source="project.slug", default=None, allow_null=True)


class DocumentOut(DocumentNameOut):
    """A document in a list."""

    series = serializers.UUIDField(source="series_id")
    created_by = serializers.CharField(source="created_by.printed_name", default=None, allow_null=True)
    created_at = serializers.DateTimeField()
    seq = serializers.IntegerField()
    standing = serializers.SerializerMethodField()

    @extend_schema_field(serializers.ChoiceField(choices=STANDINGS))
    def get_standing(self, document: Document) -> str:
        found: InForce = self.context["standing"][document.digest]
        return found.standing.value


class LinkOut(serializers.Serializer[Any]):
    """A reference and the document at its other end."""

    role = serializers.CharField()
    document = DocumentNameOut()


class DocumentDetailOut(DocumentOut):
    """A document with its bytes as JSON, its standing, and what it is connected to."""

    envelope = serializers.SerializerMethodField()
    body = serializers.SerializerMethodField(help_text="the body in the current form of its kind, for display only")
    version = serializers.IntegerField()
    signoff = serializers.SerializerMethodField()
    references = serializers.SerializerMethodField(help_text="documents it refers to")
    referenced_by = serializers.SerializerMethodField(help_text="documents that refer to it, those one may see")
    versions = serializers.SerializerMethodField(help_text="all versions of its series, newest first")

    @extend_schema_field(Body())
    def get_envelope(self, document: Document) -> Any:
        return docs.envelope(document).model_dump(by_alias=True)

    @extend_schema_field(Body())
    def get_body(self, document: Document) -> Any:
        return docs.display_body(document)

    @extend_schema_field(StandingOut)
    def get_signoff(self, document: Document) -> Any:
        return StandingOut(self.context["standing"][document.digest], context=self.context).data

    @extend_schema_field(LinkOut(many=True))
    def get_references(self, document: Document) -> Any:
        return LinkOut(self.context["links_out"], many=True).data

    @extend_schema_field(LinkOut(many=True))
    def get_referenced_by(self, document: Document) -> Any:
        return LinkOut(self.context["links_in"], many=True).data

    @extend_schema_field(DocumentNameOut(many=True))
    def get_versions(self, document: Document) -> Any:
        return DocumentNameOut(self.context["versions"], many=True).data


class ChangeOut(serializers.Serializer[Any]):
    """One place where two documents differ; a missing side is absent."""

    path = serializers.CharField(
        help_text='as "body.criteria[2].weight"; "[order]" at its end: the named elements changed places'
    )
    before = serializers.JSONField(required=False)
    after = serializers.JSONField(required=False)


class DiffOut(serializers.Serializer[Any]):
    """What changed from `base` to `digest`."""

    base = serializers.CharField()
    digest = serializers.CharField()
    changes = ChangeOut(many=True)


class DraftOut(serializers.Serializer[Any]):
    """A draft in a list."""

    id = serializers.UUIDField()
    kind = serializers.CharField()
    project = serializers.CharField(source="project.slug", default=None, allow_null=True)
    series = serializers.UUIDField()
    title = serializers.CharField()
    revision = serializers.IntegerField()
    updated_at = serializers.DateTimeField()
    frozen = serializers.CharField(source="frozen_id", allow_null=True, help_text="the document it became, if it did")


class DraftDetailOut(DraftOut):
    """A draft with its content and everybody who edited it."""

    body = Body()
    references = LinkIn(many=True)
    contributors = serializers.SerializerMethodField()

    def get_contributors(self, draft: Draft) -> list[str]:
        return sorted(user.printed_name for user in draft.contributors.all())


class DraftQuery(PageQuery):
    """Filters of the list of drafts."""

    project = Text(required=False, help_text='short name of a project, or "shelf"')
    kind = Text(required=False, max_length=60)
    frozen = serializers.BooleanField(required=False)
