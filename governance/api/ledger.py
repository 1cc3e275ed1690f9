"""The ledger: its size and root, entries with proofs, checkpoints, and all leaves for an auditor."""

import base64
from collections.abc import Iterator
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpResponse, StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from governance import access
from governance.anchors.timestamp import REPLY
from governance.api import fields
from governance.api.base import Download, PageQuery, Query, View, page_of
from governance.api.fields import Body
from governance.errors import Denied, Finding, Invalid, NotFound
from governance.models import Checkpoint, LedgerEntry, LedgerEvent, User
from governance.proof.formats.leaf import Leaf
from governance.selectors import ledger
from governance.selectors.anchors import states, time_stamp
from governance.selectors.keys import keyring, log_vkey, root_fingerprint
from governance.selectors.people import is_member, projects_of
from governance.selectors.proofs import consistency, tlog_proof
from governance.selectors.renewals import renewal
from governance.selectors.witnesses import contradictions, note_of, standing

SEQ = OpenApiParameter("seq", {"type": "string", "pattern": "^[0-9]{1,16}$"}, OpenApiParameter.PATH)
SIZE = OpenApiParameter("size", {"type": "string", "pattern": "^[0-9]{1,16}$"}, OpenApiParameter.PATH)
EXPORT_ROWS = 500


class EntryQuery(PageQuery):
    """Filters of the list of entries."""

    event = fields.Text(required=False, max_length=80, help_text="beginning of an event's name, such as signoff:")
    subject = fields.Text(required=False, max_length=100, help_text="a digest or identifier the entry is about")
    project = fields.Slug(required=False)
    after = serializers.IntegerField(min_value=0, max_value=2**53 - 1, required=False, help_text="only later entries")


class ProofQuery(Query):
    """The tree to prove inclusion in (default: the ledger now)."""

    size = serializers.IntegerField(min_value=1, max_value=2**53 - 1, required=False)


class ConsistencyQuery(Query):
    """Two sizes of the ledger."""

    old = serializers.IntegerField(min_value=0, max_value=2**53 - 1)
    new = serializers.IntegerField(min_value=0, max_value=2**53 - 1, required=False)


class HeadOut(serializers.Serializer[Any]):
    """The ledger's head, and the fingerprint that all its keys chain to."""

    size = serializers.IntegerField()
    root = serializers.CharField()  # type: ignore[assignment]
    origin = serializers.CharField()
    root_fingerprint = serializers.CharField(help_text="compare with what was published elsewhere")


class EntryOut(serializers.Serializer[Any]):
    """One entry: the leaf as JSON and its canonical bytes (base64), which hash into the tree."""

    seq = serializers.IntegerField()
    leaf = serializers.SerializerMethodField()
    content = serializers.SerializerMethodField(help_text="canonical bytes, base64")
    leaf_hash = serializers.SerializerMethodField()

    @extend_schema_field(Body())
    def get_leaf(self, entry: LedgerEntry) -> Any:
        leaf: Leaf = self.context["leaves"][entry.seq]
        return leaf.model_dump(mode="json")

    def get_content(self, entry: LedgerEntry) -> str:
        return base64.b64encode(bytes(entry.leaf)).decode()

    def get_leaf_hash(self, entry: LedgerEntry) -> str:
        return bytes(entry.leaf_hash).hex()


class OpeningOut(serializers.Serializer[Any]):
    """What the leaf only commits to: SHA-256(salt ‖ canonical JSON of private) is its commitment."""

    salt = serializers.CharField()
    private = Body()


class EntryDetailOut(EntryOut):
    """An entry with its proof of inclusion (RFC 9162 §2.1.3)."""

    size = serializers.IntegerField()
    root = serializers.CharField()  # type: ignore[assignment]
    proof = serializers.ListField(child=serializers.CharField(), help_text="hashes in hexadecimal, lowest first")
    opening = OpeningOut(allow_null=True)


class ConsistencyOut(serializers.Serializer[Any]):
    """That the tree of `old` is a prefix of the tree of `new` (RFC 9162 §2.1.4)."""

    old = serializers.IntegerField()
    new = serializers.IntegerField()
    old_root = serializers.CharField()
    new_root = serializers.CharField()
    proof = serializers.ListField(child=serializers.CharField())


class CheckpointOut(serializers.Serializer[Any]):
    """A signed tree head (C2SP signed note), with the lines of the witnesses that cosigned it below the log's own."""

    size = serializers.IntegerField()
    root = serializers.CharField()  # type: ignore[assignment]
    note = serializers.SerializerMethodField()
    at = serializers.DateTimeField()

    def get_note(self, checkpoint: Checkpoint) -> str:
        return note_of(checkpoint)


class WitnessOut(serializers.Serializer[Any]):
    """A witness as configured, and how far it has followed."""

    name = serializers.CharField()
    vkey = serializers.CharField(help_text="its key as this server was told it; ask the witness itself")
    size = serializers.IntegerField(allow_null=True, help_text="the largest ledger size it cosigned")
    at = serializers.DateTimeField(allow_null=True)
    trouble = serializers.CharField(help_text="what went wrong when it was asked last; empty: nothing")


class ContradictionOut(serializers.Serializer[Any]):
    """A checkpoint signed by the log key that this ledger does not extend, as a witness showed it."""

    name = serializers.CharField(help_text="the witness")
    size = serializers.IntegerField()
    root = serializers.CharField()  # type: ignore[assignment]
    note = serializers.CharField()
    at = serializers.DateTimeField()
    seq = serializers.IntegerField()


class WitnessesOut(serializers.Serializer[Any]):
    """How far the ledger is witnessed. `size`: the largest that enough witnesses cosigned."""

    log_key = serializers.CharField(help_text="the log's public key (vkey), for whoever runs a witness")
    quorum = serializers.IntegerField()
    size = serializers.IntegerField(allow_null=True)
    at = serializers.DateTimeField(allow_null=True)
    witnesses = WitnessOut(many=True)
    contradictions = ContradictionOut(many=True)


class AnchorOut(serializers.Serializer[Any]):
    """A place outside, the largest ledger size whose checkpoint is there, and what that proves."""

    name = serializers.CharField()
    proves = serializers.CharField()
    size = serializers.IntegerField(allow_null=True)
    at = serializers.DateTimeField(allow_null=True)
    trouble = serializers.CharField(help_text="what went wrong last; empty: nothing")


class Head(View):
    """The ledger."""

    @extend_schema(operation_id="ledger", responses=HeadOut)
    def get(self, request: Request) -> Response:
        """The ledger's size and root."""
        _member(self.person)
        size = ledger.size()
        root = {"size": size, "root": ledger.root(size).hex(), "origin": keyring().origin}
        return Response(HeadOut(root | {"root_fingerprint": root_fingerprint()}).data)


class Entries(View):
    """The ledger's entries."""

    @extend_schema(operation_id="ledger_entries", parameters=[EntryQuery], responses=page_of(EntryOut))
    def get(self, request: Request) -> Response:
        """Entries one may see, newest first: all for those who read the whole ledger, else those of one's projects."""
        asked = self.asked(EntryQuery)
        rows = _visible(self.person)
        if (slug := asked.get("project")) is not None:
            rows = rows.filter(project__in=projects_of(self.person).filter(slug=slug).values("pk"))
        if event := asked.get("event"):
            rows = rows.filter(event__startswith=event)
        if subject := asked.get("subject"):
            rows = rows.filter(entry__subject_index__subject=subject).distinct()
        if (after := asked.get("after")) is not None:
            rows = rows.filter(entry_id__gt=after)
        entries = LedgerEntry.objects.filter(seq__in=rows.order_by().values("entry_id")).order_by("-seq")
        return self.listed(entries, EntryOut, lambda page: {"leaves": ledger.leaves_at(e.seq for e in page)})


class EntryDetail(View):
    """One entry."""

    @extend_schema(operation_id="ledger_entry", parameters=[SEQ, ProofQuery], responses=EntryDetailOut)
    def get(self, request: Request, seq: str) -> Response:
        """An entry with the proof that it is in the tree of `size`."""
        index = fields.number("seq", seq)
        row = _visible(self.person).filter(entry_id=index).select_related("entry", "entry__opening").first()
        if row is None:
            raise NotFound("there is no such entry")
        now = ledger.size()
        size = self.asked(ProofQuery).get("size", now)
        if not index < size <= now:
            raise Invalid("size", f"found {size}, expected more than {index} and at most {now}")
        proof = {
            "size": size,
            "root": ledger.root(size).hex(),
            "proof": [node.hex() for node in ledger.inclusion(index, size)],
            "opening": self._opening(row),
        }
        shown = EntryOut(row.entry, context={"leaves": ledger.leaves_at([index])}).data
        return Response({**shown, **proof})

    def _opening(self, row: LedgerEvent) -> dict[str, Any] | None:
        """Return what the leaf commits to, for those who read the ledger there: it can name people."""
        opening = getattr(row.entry, "opening", None)
        readers = access.ACTIONS["ledger.read"].roles
        held = access.roles_of(self.person, None)
        if row.project is not None:
            found = projects_of(self.person).filter(pk=row.project).first()
            held |= access.roles_of(self.person, found) if found else frozenset()
        if opening is None or not readers & held:
            return None
        return {"salt": bytes(opening.salt).hex(), "private": opening.private}


class Consistency(View):
    """Two states of the ledger."""

    @extend_schema(operation_id="ledger_consistency", parameters=[ConsistencyQuery], responses=ConsistencyOut)
    def get(self, request: Request) -> Response:
        """The proof that nothing of the older state was changed or dropped."""
        _member(self.person)
        asked = self.asked(ConsistencyQuery)
        return Response(ConsistencyOut(consistency(asked["old"], asked.get("new")).model_dump()).data)


class RenewalQuery(Query):
    """Which report."""

    file = fields.Digest(help_text="SHA-256 of the sealed file")


class Renewal(Download):
    """Newer evidence of a report."""

    @extend_schema(
        operation_id="ledger_renewal",
        parameters=[RenewalQuery],
        responses={(200, "application/json"): OpenApiTypes.OBJECT},
    )
    def get(self, request: Request) -> HttpResponse:
        """What renews a sealed report's evidence: its entry under the newest stamped checkpoint, with today's keys."""
        _member(self.person)
        found = renewal(self.asked(RenewalQuery)["file"])
        return HttpResponse(found.model_dump_json(), content_type="application/json")


class LatestCheckpoint(View):
    """The newest signed tree head."""

    @extend_schema(operation_id="ledger_checkpoint", responses=CheckpointOut)
    def get(self, request: Request) -> Response:
        """The newest checkpoint; 404 before the worker made the first."""
        _member(self.person)
        found = Checkpoint.objects.order_by("-size").first()
        if found is None:
            raise NotFound("there is no checkpoint yet; the worker makes them")
        return Response(CheckpointOut(found).data)


class Witnesses(View):
    """Who follows the ledger from outside."""

    @extend_schema(operation_id="ledger_witnesses", responses=WitnessesOut)
    def get(self, request: Request) -> Response:
        """The witnesses that are asked to cosign, how far each has followed, and what any holds against the ledger."""
        _member(self.person)
        found = standing()
        shown = {
            "log_key": log_vkey(),
            "quorum": found.quorum if found else 0,
            "size": found.size if found else None,
            "at": found.at if found else None,
            "witnesses": found.witnesses if found else [],
            "contradictions": contradictions(),
        }
        return Response(WitnessesOut(shown).data)


class CheckpointFile(Download):
    """A checkpoint as the log signed it."""

    @extend_schema(
        operation_id="ledger_checkpoint_file", parameters=[SIZE], responses={(200, "text/plain"): OpenApiTypes.BINARY}
    )
    def get(self, request: Request, size: str) -> HttpResponse:
        """The signed note of that size, without cosignatures: the bytes that a time stamp is over."""
        _member(self.person)
        found = Checkpoint.objects.filter(size=fields.number("size", size)).first()
        if found is None:
            raise NotFound("there is no checkpoint of that size")
        headers = {"Content-Disposition": f'attachment; filename="{found.size:012d}.checkpoint"'}
        return HttpResponse(found.note, content_type="text/plain; charset=utf-8", headers=headers)


class CheckpointTimeStamp(Download):
    """The time stamp on a checkpoint."""

    @extend_schema(
        operation_id="ledger_checkpoint_timestamp",
        parameters=[SIZE],
        responses={(200, REPLY): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, size: str) -> HttpResponse:
        """The authority's reply (RFC 3161), to check with `openssl ts`; 404 where there is none."""
        _member(self.person)
        number = fields.number("size", size)
        token = time_stamp(number)
        if token is None:
            raise NotFound("there is no time stamp on a checkpoint of that size")
        headers = {"Content-Disposition": f'attachment; filename="{number:012d}.tsr"'}
        return HttpResponse(token, content_type=REPLY, headers=headers)


class Anchors(View):
    """Where checkpoints go."""

    @extend_schema(operation_id="ledger_anchors", responses=AnchorOut(many=True))
    def get(self, request: Request) -> Response:
        """The places outside that checkpoints are taken to, how far, and what each proves."""
        _member(self.person)
        return Response(AnchorOut(states(), many=True).data)


class EntryProof(Download):
    """One entry's proof as a file."""

    @extend_schema(
        operation_id="ledger_entry_proof", parameters=[SEQ], responses={(200, "text/plain"): OpenApiTypes.BINARY}
    )
    def get(self, request: Request, seq: str) -> HttpResponse:
        """The entry with its proof and a signed checkpoint, checkable off line (C2SP tlog-proof)."""
        index = fields.number("seq", seq)
        if not _visible(self.person).filter(entry_id=index).exists():
            raise NotFound("there is no such entry")
        headers = {"Content-Disposition": f'attachment; filename="entry-{index}.tlog-proof"'}
        return HttpResponse(tlog_proof(index), content_type="text/plain; charset=utf-8", headers=headers)


class Leaves(Download):
    """The complete leaf file."""

    @extend_schema(operation_id="ledger_leaves", responses={(200, "application/x-ndjson"): OpenApiTypes.BINARY})
    def get(self, request: Request) -> StreamingHttpResponse:
        """Every leaf's canonical bytes, one a line in order: enough to rebuild the whole tree."""
        access.require(self.person, "ledger.read", None)
        size = ledger.size()
        headers = {"Content-Disposition": f'attachment; filename="leaves-{size}.jsonl"', "X-Ledger-Size": str(size)}
        return StreamingHttpResponse(_lines(size), content_type="application/x-ndjson", headers=headers)


def _lines(size: int) -> Iterator[bytes]:
    """Yield the leaves below `size`; canonical JSON holds no line break, so that each is one line."""
    for start in range(0, size, EXPORT_ROWS):
        rows = LedgerEntry.objects.filter(seq__gte=start, seq__lt=min(start + EXPORT_ROWS, size)).order_by("seq")
        for leaf in rows.values_list("leaf", flat=True):
            yield bytes(leaf) + b"\n"


def _member(user: User) -> None:
    if not is_member(user):
        words = access.words(access.EVERYONE)
        raise Denied(Finding("access", "no role anywhere", f"one of: {words}", "Ask the owner for a role.", "owner"))


def _visible(user: User) -> "QuerySet[LedgerEvent]":
    if access.can(user, "ledger.read", None):
        return LedgerEvent.objects.all()
    scope = Q(project__in=projects_of(user).values("pk"))
    return LedgerEvent.objects.filter(scope | Q(project=None) if is_member(user) else scope)
