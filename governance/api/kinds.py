"""Kinds of documents, as the installed apps register them."""

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from governance.api.base import Query, View
from governance.api.fields import Body
from governance.errors import NotFound
from governance.policy import KIND as POLICY
from governance.registry import KINDS, POLICY_TEMPLATES, PURPOSES, Kind


class LinkRuleOut(serializers.Serializer[Any]):
    """A role of a kind's references."""

    role = serializers.CharField()
    kinds = serializers.ListField(child=serializers.CharField())
    required = serializers.BooleanField()  # type: ignore[assignment]
    many = serializers.BooleanField()  # type: ignore[assignment]


class KindOut(serializers.Serializer[Any]):
    """A kind of document."""

    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    version = serializers.IntegerField()
    shelf = serializers.BooleanField(help_text="lives on the organisation's shelf, not in a project")
    signed = serializers.BooleanField()
    authors = serializers.SerializerMethodField(help_text="roles that may write it; none: only the system does")
    links = serializers.SerializerMethodField()
    purpose = serializers.SerializerMethodField(help_text="what launching such a document does, if anything")

    def get_authors(self, kind: Kind) -> list[str]:
        return sorted(kind.authors)

    @extend_schema_field(LinkRuleOut(many=True))
    def get_links(self, kind: Kind) -> list[dict[str, Any]]:
        return [
            {"role": role, "kinds": sorted(link.kinds), "required": link.required, "many": link.many}
            for role, link in sorted(kind.links.items())
        ]

    def get_purpose(self, kind: Kind) -> str | None:
        return next((p.name for p in PURPOSES.values() if p.spec_kind == kind.name), None)


class KindDetailOut(KindOut):
    """A kind with the JSON Schema of its bodies."""

    schema = serializers.SerializerMethodField()

    @extend_schema_field(Body())
    def get_schema(self, kind: Kind) -> dict[str, Any]:
        return kind.schema.model_json_schema()


class Kinds(View):
    """All kinds."""

    @extend_schema(operation_id="kinds_list", responses=KindDetailOut(many=True))
    def get(self, request: Request) -> Response:
        """Every kind with the JSON Schema of its current version."""
        self.asked(Query)
        return Response(KindDetailOut([KINDS[name] for name in sorted(KINDS)], many=True).data)


class KindDetail(View):
    """One kind."""

    @extend_schema(operation_id="kind", responses=KindDetailOut)
    def get(self, request: Request, name: str) -> Response:
        """A kind with the JSON Schema of its current version."""
        if name not in KINDS:
            raise NotFound(f"there is no kind {name[:60]!r}; there are {', '.join(sorted(KINDS))}")
        return Response(KindDetailOut(KINDS[name]).data)


class TemplateOut(serializers.Serializer[Any]):
    """A body to begin from."""

    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    about = serializers.CharField()
    body = Body()


class KindTemplates(View):
    """Bodies to begin a document of a kind from."""

    @extend_schema(operation_id="kind_templates", responses=TemplateOut(many=True))
    def get(self, request: Request, name: str) -> Response:
        """The templates of a kind: policies and presets have some. Each fits the kinds registered here."""
        self.asked(Query)
        if name not in KINDS:
            raise NotFound(f"there is no kind {name[:60]!r}; there are {', '.join(sorted(KINDS))}")
        chosen = POLICY_TEMPLATES.values() if name == POLICY else KINDS[name].templates
        found = [{"name": t.name, "label": t.label, "about": t.about, "body": t.body()} for t in chosen]
        return Response(TemplateOut(found, many=True).data)
