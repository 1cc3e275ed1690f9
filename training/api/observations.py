"""What sources say of the lives of base models: the catalogue, each model's dates, the sources, and recording more."""

from collections.abc import Sequence
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from governance.api import base, fields
from governance.api.base import PageQuery, Query, View, page_of
from governance.api.fields import Strict, Text, Whole
from governance.api.parsers import BoundedForm
from governance.errors import NotFound
from governance.models import User
from governance.selectors import documents as docs
from governance.selectors import ledger, signoff
from governance.selectors.people import is_member
from training.kinds import tuning as kinds
from training.lifecycle.feeds.reading import LONGEST_URL, LONGEST_WORDS, PHASES, PRECISIONS
from training.lifecycle.feeds.registry import FORMATS, RANKS
from training.selectors import catalogue, feeds, observations, usual
from training.services import observations as service
from training.services.observations import Brought


class WordOut(serializers.Serializer[Any]):
    """What a source said. `date` null: it names none. `read_again`: every later reading that found it still."""

    source = serializers.CharField()  # type: ignore[assignment]
    rank = serializers.IntegerField(help_text="1 weighs most")
    model = serializers.CharField()
    channel = serializers.CharField()
    phase = serializers.ChoiceField(choices=PHASES)
    date = serializers.DateField(allow_null=True)
    precision = serializers.ChoiceField(choices=PRECISIONS)
    announced_on = serializers.DateField(allow_null=True)
    words = serializers.CharField()
    url = serializers.CharField()
    idle_days = serializers.IntegerField(allow_null=True)
    retrieved_at = serializers.DateTimeField()
    read_again = serializers.ListField(child=serializers.DateTimeField())
    snapshot = serializers.CharField(allow_null=True, help_text="SHA-256 of the bytes that were read")
    document = serializers.CharField()
    seq = serializers.IntegerField()
    place = serializers.IntegerField()


class TrackOut(serializers.Serializer[Any]):
    """All that one source said of one thing, the oldest first; the last word holds."""

    source = serializers.CharField()  # type: ignore[assignment]
    words = WordOut(many=True)


class UsualOut(serializers.Serializer[Any]):
    """How many days its vendor gave from announcement to end: at least so many in 50, 80 and 95 of 100 cases. Weak."""

    vendor = serializers.CharField()
    models = serializers.IntegerField(help_text="how many models this rests on")
    p50 = serializers.FloatField(source="notice.p50.value", allow_null=True)
    p80 = serializers.FloatField(source="notice.p80.value", allow_null=True)
    p95 = serializers.FloatField(source="notice.p95.value", allow_null=True)


class DatesOut(serializers.Serializer[Any]):
    """Everything known of a model's dates, and the current words that disagree."""

    digest = serializers.CharField()
    title = serializers.CharField()
    tracks = TrackOut(many=True)
    conflicts = serializers.ListField(child=serializers.ListField(child=WordOut()))
    usual = UsualOut(allow_null=True, help_text="null: its weights are held")


class DatesQuery(Query):
    """As of which ledger size; now unless given."""

    size = serializers.IntegerField(min_value=0, max_value=2**53 - 1, required=False)


class BaseModelOut(serializers.Serializer[Any]):
    """A base model in the catalogue. `ends` null: no source names a date."""

    digest = serializers.CharField(source="document.digest")
    title = serializers.CharField(source="document.title")
    number = serializers.IntegerField(source="document.number")
    standing = serializers.SerializerMethodField()
    hosted = serializers.SerializerMethodField(help_text="provider, snapshot, region, observed_on; null: held here")
    licence = serializers.SerializerMethodField()
    context_window = serializers.IntegerField(source="body.context_window")
    ends = WordOut(allow_null=True)
    moved = serializers.IntegerField()
    conflicts = serializers.IntegerField()
    read_at = serializers.DateTimeField(allow_null=True)
    stale = serializers.BooleanField()

    def get_standing(self, entry: Any) -> str:
        return str(self.context["standing"][entry.document.digest].standing.value)

    def get_hosted(self, entry: Any) -> dict[str, Any] | None:
        hosted = entry.body.hosted
        return hosted.model_dump(mode="json") if hosted else None

    def get_licence(self, entry: Any) -> dict[str, Any]:
        found: dict[str, Any] = entry.body.licence.model_dump(mode="json")
        return found


class FailureOut(serializers.Serializer[Any]):
    """Why a feed could not be read, since when nothing newer is known of it."""

    at = serializers.DateTimeField()
    reason = serializers.CharField()
    seq = serializers.IntegerField()


class SourceOut(serializers.Serializer[Any]):
    """How a source stands. `listed`: the worker reads it by itself."""

    name = serializers.CharField()
    rank = serializers.IntegerField(source="reading.source.rank", default=None, allow_null=True)
    format = serializers.CharField(source="reading.source.format", default=None, allow_null=True)
    retrieved_at = serializers.DateTimeField(source="reading.at", default=None, allow_null=True)
    document = serializers.CharField(source="reading.document", default=None, allow_null=True)
    holding = serializers.IntegerField(source="reading.holding", default=0)
    stale = serializers.BooleanField()
    listed = serializers.BooleanField()
    failure = FailureOut(allow_null=True)


class FeedFormatOut(serializers.Serializer[Any]):
    """A format of feeds."""

    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    rank = serializers.IntegerField()
    rank_means = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]


class BroughtOut(serializers.Serializer[Any]):
    """What was recorded: the document, and how many things are new, moved, gone, or as before."""

    document = serializers.CharField(source="document.digest")
    title = serializers.CharField(source="document.title")
    new = serializers.IntegerField()
    moved = serializers.IntegerField()
    gone = serializers.IntegerField()
    same = serializers.IntegerField()
    notes = serializers.ListField(child=serializers.CharField())


class FeedIn(Strict):
    """A feed as a file; what is left out is as the format has it."""

    format = serializers.ChoiceField(choices=sorted(FORMATS))
    file = serializers.FileField(max_length=200, allow_empty_file=True)
    source = Text(max_length=300, required=False, default="", allow_blank=True)  # type: ignore[assignment]
    url = Text(max_length=LONGEST_URL, required=False, default="", allow_blank=True)
    rank = serializers.IntegerField(min_value=1, max_value=5, required=False, allow_null=True, default=None)
    retrieved_on = serializers.DateField(required=False, allow_null=True, default=None, help_text="UTC; default: now")
    complete = serializers.BooleanField(required=False, default=False, help_text="for csv and json")


class ObservationIn(Strict):
    """One thing that somebody read at a source, in its words."""

    source = Text(max_length=300)  # type: ignore[assignment]
    rank = Whole(min_value=2, max_value=5, help_text="; ".join(f"{n}: {w}" for n, w in RANKS.items()))
    retrieved_on = serializers.DateField(help_text="UTC")
    model = Text(max_length=300)
    channel = Text(max_length=300)
    phase = serializers.ChoiceField(choices=PHASES)
    words = Text(max_length=LONGEST_WORDS)
    date = serializers.DateField(required=False, allow_null=True, default=None)
    precision = serializers.ChoiceField(choices=PRECISIONS, required=False, default="exact")
    announced_on = serializers.DateField(required=False, allow_null=True, default=None)
    url = Text(max_length=LONGEST_URL, required=False, default="", allow_blank=True)
    idle_days = Whole(min_value=1, max_value=3650, required=False, allow_null=True, default=None)


class BaseModels(View):
    """The catalogue."""

    @extend_schema(operation_id="base_models", parameters=[PageQuery], responses=page_of(BaseModelOut))
    def get(self, request: Request) -> Response:
        """Every base model, those that end first before; as far as any source says."""
        self.asked(PageQuery)
        _members_only(self.person)
        return self.listed(catalogue.entries(), BaseModelOut, _standings)


class Dates(View):
    """The dates of one base model."""

    @extend_schema(operation_id="base_model_dates", parameters=[base.DIGEST, DatesQuery], responses=DatesOut)
    def get(self, request: Request, digest: str) -> Response:
        """What each source ever said of it: what holds, what moved, and where they disagree."""
        asked = self.asked(DatesQuery)
        found = docs.get(self.person, fields.digest(digest))
        if found.kind != kinds.BASE_MODEL:
            raise NotFound("there is no such base model")
        size = asked.get("size")
        if size is not None and size > ledger.size():
            raise NotFound(f"the ledger has no {size} entries")
        history = observations.history(found, size)
        told = {
            "digest": found.digest,
            "title": found.title,
            "tracks": history.tracks,
            "conflicts": history.conflicts,
            "usual": usual.notice_of(found, size, ledger.time_of(size) if size else None),
        }
        return Response(DatesOut(told).data)


class Sources(View):
    """The sources."""

    @extend_schema(operation_id="lifecycle_sources", responses=SourceOut(many=True))
    def get(self, request: Request) -> Response:
        """Every source of dates: when it was last read, whether that is too long ago, and what failed since."""
        self.asked(Query)
        _members_only(self.person)
        return Response(SourceOut(feeds.states(), many=True).data)


class Formats(View):
    """The formats of feeds."""

    @extend_schema(operation_id="lifecycle_formats", responses=FeedFormatOut(many=True))
    def get(self, request: Request) -> Response:
        """Which feeds can be read, and how much the word of each weighs."""
        self.asked(Query)
        told = [
            {"name": f.name, "label": f.label, "rank": f.rank, "rank_means": RANKS[f.rank], "source": f.source}
            for f in FORMATS.values()
        ]
        return Response(FeedFormatOut(told, many=True).data)


class Feeds(View):
    """Feeds."""

    parser_classes = [BoundedForm]

    @extend_schema(
        operation_id="lifecycle_feed_bring", request={"multipart/form-data": FeedIn}, responses={201: BroughtOut}
    )
    def post(self, request: Request) -> Response:
        """Record a feed: what is new, moved or gone. A record that is not understood refuses all of it by its place."""
        given: dict[str, Any] = self.given(FeedIn)
        file, day = given.pop("file"), given.pop("retrieved_on")
        brought = service.bring(
            actor=self.person,
            form=given.pop("format"),
            chunks=file.chunks(),
            name=file.name,
            retrieved_at=service.moment_of(day) if day else None,
            **given,
        )
        return _answer(brought)


class Observations(View):
    """Single words."""

    @extend_schema(operation_id="lifecycle_observe", request=ObservationIn, responses={201: BroughtOut})
    def post(self, request: Request) -> Response:
        """Record one thing that somebody read at a source; what it said before stays on record."""
        given: dict[str, Any] = dict(self.given(ObservationIn))
        day = given.pop("retrieved_on")
        return _answer(service.observe(actor=self.person, retrieved_at=service.moment_of(day), **given))


def _standings(entries: Sequence[catalogue.Entry]) -> dict[str, Any]:
    return {"standing": signoff.in_force_many(entry.document for entry in entries)}


def _answer(brought: Brought) -> Response:
    return Response(BroughtOut(brought).data, status=201)


def _members_only(user: User) -> None:
    if not is_member(user):
        raise NotFound("there is nothing here for you")
