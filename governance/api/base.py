"""What every view of the API shares: who asks, how input is read, how lists are paged, how errors are documented."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import Any, cast

from django.db.models import QuerySet
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, inline_serializer
from rest_framework import serializers
from rest_framework.authentication import SessionAuthentication
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.access import LAUNCH, READ, WRITE, limited
from governance.api import fields
from governance.api.authentication import Bearer
from governance.api.errors import ProblemOut
from governance.api.pagination import Page
from governance.api.parsers import StrictJSON
from governance.errors import Denied, Finding
from governance.models import ApiToken, User


class ApiSchema(AutoSchema):
    """The OpenAPI description of a view: every answer that is not a yes has one shape."""

    def _get_response_bodies(self, direction: Any = "response") -> Any:
        bodies = super()._get_response_bodies(direction)
        bodies["default"] = self._get_response_for_code(ProblemOut, "default", direction=direction)  # type: ignore[no-untyped-call]
        return bodies


class Query(fields.Strict):
    """Query parameters; unknown ones are refused, since a mistyped filter would silently show everything."""


class PageQuery(Query):
    """Query parameters of a list."""

    limit = serializers.IntegerField(min_value=1, max_value=Page.max_limit, required=False)
    offset = serializers.IntegerField(min_value=0, max_value=10_000_000, required=False)


class View(APIView):
    """Base of the API's views."""

    authentication_classes = [Bearer, SessionAuthentication]
    parser_classes: Sequence[Any] = [StrictJSON]
    schema = ApiSchema()
    scopes_for_changes = frozenset({WRITE, LAUNCH})  # one of which a token needs for anything but reading

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Answer; whatever is asked of the access table meanwhile is held to the scopes of the caller's token."""
        with ExitStack() as self.held:
            return super().dispatch(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if not isinstance(request.auth, ApiToken):
            return
        self.held.enter_context(limited(request.auth.scopes))
        if request.method not in SAFE_METHODS and self.scopes_for_changes.isdisjoint(request.auth.scopes):
            expected, remedy = " or ".join(sorted(self.scopes_for_changes)), "Make a token with that scope."
            raise Denied(Finding("token scope", f"a token to {READ} alone", f"the scope {expected}", remedy, "you"))

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Keep answers out of every cache: they hold tokens, and what one person may see another may not."""
        made = super().finalize_response(request, response, *args, **kwargs)
        made.headers.setdefault("Cache-Control", "no-store")
        return made

    @property
    def person(self) -> User:
        """Who asks."""
        return cast(User, self.request.user)

    def given(self, serializer: type[fields.Strict]) -> dict[str, Any]:
        """Return the checked body."""
        reader = serializer(data=self.request.data)
        reader.is_valid(raise_exception=True)
        return cast(dict[str, Any], reader.validated_data)

    def asked(self, serializer: type[Query]) -> dict[str, Any]:
        """Return the checked query parameters; one given twice counts as a mistake."""
        for name, values in self.request.query_params.lists():
            if len(values) > 1:
                raise serializers.ValidationError({name: f"found {len(values)} of them, expected one"})
        reader = serializer(data=self.request.query_params.dict())
        reader.is_valid(raise_exception=True)
        return cast(dict[str, Any], reader.validated_data)

    def listed(
        self,
        rows: "QuerySet[Any] | Sequence[Any]",
        shape: type[serializers.Serializer[Any]],
        context: Any = None,
        told: Any = None,
    ) -> Response:
        """Return one page; `context(rows of the page)` gives what its rows need, in constant queries.

        `told`, where given, turns the rows of the page into what is shaped.
        """
        pages = Page()
        found: list[Any] = pages.paginate_queryset(cast(Any, rows), self.request, view=self) or []
        shared: Mapping[str, Any] = context(found) if context else {}
        listed = told(found) if told else found
        return pages.get_paginated_response(shape(listed, many=True, context={"person": self.person, **shared}).data)


class Download(View):
    """Base of the views that answer with a file: whatever type the caller asks for, errors are JSON."""

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        return super().perform_content_negotiation(request, force=True)


def page_of(shape: type[serializers.Serializer[Any]]) -> serializers.Serializer[Any]:
    """Return the shape of a page of rows, for the OpenAPI schema."""
    return inline_serializer(
        name=f"{shape.__name__}Page",
        fields={
            "count": serializers.IntegerField(),
            "next": serializers.URLField(allow_null=True),
            "previous": serializers.URLField(allow_null=True),
            "results": shape(many=True),
        },
    )


def _path(name: str, pattern: str, description: str) -> OpenApiParameter:
    schema = {"type": "string", "pattern": pattern}
    return OpenApiParameter(name, schema, OpenApiParameter.PATH, description=description)


DIGEST = _path("digest", fields.DIGEST, "a document's digest")
ID = _path("id", fields.UUID, "a random identifier")
SLUG = _path("slug", fields.SLUG, "a project's short name")
