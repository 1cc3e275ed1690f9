"""What was ever observed about the lives of base models: the words of every source, one after another, as of a size.

Nothing is averaged or overwritten. A source's word on a thing (channel, model, phase) holds until the same source says
something else; each reading at which it still said so is kept with it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from datetime import time as midnight
from functools import lru_cache

from django.utils import timezone

from governance import events
from governance.models import Document
from governance.proof.formats.canonical import sha256
from governance.proof.formats.envelope import Envelope
from governance.proof.formats.fields import moment
from governance.request_memory import remembered
from governance.selectors import documents as docs
from governance.selectors import ledger, policies
from training.bodies.base_models import BaseModelBody
from training.bodies.observations import ObservationsBody, Source
from training.kinds import observations as kinds
from training.lifecycle.feeds.channels import canonical, matches
from training.lifecycle.model import PHASES, Base, Seen
from training.lifecycle.words import current
from training.selectors.base_models import families

Thing = tuple[str, str, str, bool]
"""What a word is about: channel, model, phase, and whether it says what becomes of a model that lies unused."""
TYPED_RANK = 5
PAGE_RANK = 2


@dataclass(frozen=True)
class Reading:
    """The last time a source was read: what it is, the document that says so, and how many of its words hold."""

    source: Source
    document: str
    seq: int
    recorded_at: datetime
    holding: int

    @property
    def at(self) -> datetime:
        """When the source said what it said."""
        return moment(self.source.retrieved_at)


@dataclass
class _Word:
    """One word: where its source's list of complete readings stood when it was said, and when it was superseded."""

    seen: Seen
    begins: int
    ends: int | None = None
    again: list[datetime] = field(default_factory=list)


@dataclass
class _Told:
    """All that one source said: its last word on each thing, every word, and the times of its complete readings."""

    last: dict[Thing, int] = field(default_factory=dict)
    words: list[_Word] = field(default_factory=list)
    readings: list[datetime] = field(default_factory=list)
    newest: tuple[Source, str, int, datetime] | None = None
    made: dict[int, Seen] = field(default_factory=dict)

    @property
    def reading(self) -> Reading | None:
        """The last time it was read."""
        return Reading(*self.newest, holding=len(self.last)) if self.newest is not None else None

    def seen(self, number: int) -> Seen:
        """Return a word with every reading that found it again; made once, since nothing is told any more."""
        if (found := self.made.get(number)) is not None:
            return found
        word = self.words[number]
        again = (*word.again, *self.readings[word.begins : word.ends])
        self.made[number] = replace(word.seen, read_again=tuple(sorted(again))) if again else word.seen
        return self.made[number]


@dataclass(frozen=True)
class _Everything:
    """What all sources said, by their names, and where each model is spoken of: (channel, source, number of a word)."""

    told: Mapping[str, _Told]
    places: Mapping[str, list[tuple[str, str, int]]]


@dataclass(frozen=True)
class Track:
    """The words of one source on one thing, the oldest first; the last is its current one."""

    source: str
    thing: Thing
    words: tuple[Seen, ...]

    @property
    def current(self) -> Seen:
        """What the source says now."""
        return self.words[-1]

    @property
    def moves(self) -> tuple[tuple[Seen, Seen], ...]:
        """Each change of its date: before, after."""
        pairs = zip(self.words, self.words[1:], strict=False)
        return tuple((before, after) for before, after in pairs if before.date != after.date)


@dataclass(frozen=True)
class History:
    """Everything known of one base model's dates: what each source said, what holds of it, and where that disagrees."""

    tracks: tuple[Track, ...]
    current: tuple[Seen, ...]
    conflicts: tuple[tuple[Seen, ...], ...]


def seen(
    bases: Iterable[Document], size: int | None = None, time: datetime | None = None
) -> dict[str, tuple[Seen, ...]]:
    """Return every word about each base model, by its digest, in the order they were recorded.

    `size`, `time`: as the ledger stood with so many entries, and what was in force then (default: now). What the
    model's own document says of its life is among them. The number of queries does not grow with models, sources or
    words.
    """
    everything = _all(size)
    return {digest: _about(versions, everything) for digest, versions in families(bases, size, time).items()}


def history(base: Document, size: int | None = None, time: datetime | None = None) -> History:
    """Return the words about one base model source by source, and the dates on which sources disagree."""
    words = seen([base], size, time)[base.digest]
    if time is None:
        time = ledger.time_of(size) if size else timezone.now()
    said = current(words, PHASES, time)
    return History(tracks(words), said, conflicts(said))


def tracks(words: Iterable[Seen]) -> tuple[Track, ...]:
    """Return words source by source and thing by thing, each in the order in which they were said."""
    found: dict[tuple[str, Thing], list[Seen]] = {}
    for one in sorted(words, key=lambda word: (word.retrieved_at, word.seq, word.place)):
        thing = (one.channel, one.model, one.phase, one.idle_days is not None)
        found.setdefault((one.source, thing), []).append(one)
    return tuple(Track(source, thing, tuple(said)) for (source, thing), said in found.items())


def conflicts(current: Iterable[Seen]) -> tuple[tuple[Seen, ...], ...]:
    """Return the current words of one model that disagree: other dates for one phase on the same channel."""
    by: dict[tuple[str, str], list[Seen]] = {}
    for one in current:
        if one.date is not None:
            by.setdefault((one.channel, one.phase), []).append(one)
    return tuple(tuple(words) for words in by.values() if len({word.date for word in words}) > 1)


def others(bases: Iterable[Document], size: int | None = None, time: datetime | None = None) -> tuple[Base, ...]:
    """Return every other model that sources speak of on the channels of hosted `bases`' providers.

    What a vendor did with them is all there is to go by for a model without a date. Each goes by the digest of the
    newest document that speaks of it.
    """
    told = _all(size).told
    counted = {one.digest: one for versions in families(bases, size, time).values() for one in versions}
    bodies: list[BaseModelBody] = [docs.frozen_body(one, BaseModelBody) for one in counted.values()]
    vendors = {body.hosted.provider for body in bodies if body.hosted is not None}
    ours: dict[str, set[str]] = {}
    for channel, name in (called for body in bodies for called in body.called):
        ours.setdefault(name, set()).add(channel)
    found: dict[tuple[str, str], list[Seen]] = {}
    for one in told.values():
        for number, word in enumerate(one.words):
            if any(matches(channel, word.seen.channel) for channel in ours.get(word.seen.model, ())):
                continue
            for vendor in vendors:
                if matches(vendor, word.seen.channel):
                    found.setdefault((vendor, word.seen.model), []).append(one.seen(number))
    return tuple(
        Base(
            digest=words[-1].document,
            title=model,
            vendor=vendor,
            hosted=True,
            seen=tuple(words),
            licence_ok=False,
            custody_ok=False,
            drilled_on=None,
        )
        for (vendor, model), said in sorted(found.items())
        if (words := sorted(said, key=lambda one: (one.seq, one.place)))
    )


def readings(size: int | None = None) -> list[Reading]:
    """Return the last reading of every source, by the source's name."""
    return [found for _, told in sorted(_all(size).told.items()) if (found := told.reading) is not None]


def of_source(name: str, size: int | None = None) -> tuple[Reading | None, dict[Thing, Seen]]:
    """Return the last reading of a source, and what it said last of each thing, with when it was found again."""
    told = _all(size).told.get(name)
    if told is None:
        return None, {}
    return told.reading, {thing: told.seen(number) for thing, number in told.last.items()}


def stale_days(size: int | None = None) -> int:
    """Return after how many days the organisation's policy calls a source stale."""
    return policies.period(kinds.STALE, None, size)


def _about(versions: Sequence[Document], everything: _Everything) -> tuple[Seen, ...]:
    bodies: list[BaseModelBody] = [docs.frozen_body(one, BaseModelBody) for one in versions]
    found = {}
    for channel, name in {called for body in bodies for called in body.called}:
        for said_of, source, number in everything.places.get(name, ()):
            if matches(channel, said_of):
                found[source, number] = everything.told[source].seen(number)
    own: dict[Seen, Seen] = {}
    for version, body in zip(versions, bodies, strict=True):
        for word in _own(version, body, bodies[-1].name):
            # What a later version repeats is the word of the first that said so.
            own.setdefault(replace(word, document="", seq=0, place=0), word)
    words = sorted(found.values(), key=lambda one: (one.seq, one.place))
    return (*own.values(), *words)


def _own(base: Document, body: BaseModelBody, name: str) -> Iterable[Seen]:
    """Yield what the model's own document says: somebody's reading of a page it names, or a word of our own.

    It was read before the document was frozen, whatever day that states.
    """
    frozen_on = base.created_at.astimezone(UTC).date()
    for place, one in enumerate(body.lifecycle):
        read_on = min(date.fromisoformat(one.retrieved_at), frozen_on)
        yield Seen(
            model=name,
            channel=canonical(one.channel),
            phase=one.phase,
            date=date.fromisoformat(one.date) if one.date else None,
            precision=one.precision,
            announced_on=None,
            words=one.words,
            url=one.source if one.source.startswith("https://") else "",
            source=one.source,
            rank=PAGE_RANK if one.source.startswith("https://") else TYPED_RANK,
            retrieved_at=datetime.combine(read_on, midnight(), UTC),
            snapshot=None,
            idle_days=None,
            document=base.digest,
            seq=base.seq,
            place=place,
        )


def _places(told: Mapping[str, _Told]) -> dict[str, list[tuple[str, str, int]]]:
    """Return where each model is spoken of, by its name."""
    found: dict[str, list[tuple[str, str, int]]] = {}
    for source, one in told.items():
        for number, word in enumerate(one.words):
            found.setdefault(word.seen.model, []).append((word.seen.channel, source, number))
    return found


def _all(size: int | None) -> _Everything:
    """Return what every source said: two queries, whatever there is, once in a request.

    The bytes of every document are hashed anew, and each must be confirmed by its ledger entry; what the same documents
    add up to is remembered.
    """
    return remembered(("observations", size), lambda: _read(size))


def _read(size: int | None) -> _Everything:
    rows = Document.objects.filter(kind=kinds.OBSERVATIONS)
    if size is not None:
        rows = rows.filter(seq__lt=size)
    contents: dict[str, bytes] = {}
    seqs: dict[str, int] = {}
    for digest, content, seq in rows.order_by("seq").values_list("digest", "content", "seq"):
        contents[digest], seqs[digest] = bytes(content), seq
        if sha256(contents[digest]) != digest:
            raise docs.DocumentCorrupt(f"document {digest} was altered: its bytes do not hash to it")
    leaves = ledger.leaves_at(seqs.values())
    confirmed = tuple(
        (digest, seq, leaf.time)
        for digest, seq in seqs.items()
        if (leaf := leaves.get(seq)) is not None
        and leaf.event == events.DOCUMENT_FROZEN
        and leaf.subjects == [digest]
        and leaf.data.get("kind") == kinds.OBSERVATIONS
    )
    return _folded(confirmed, contents)


_FOLDED: dict[tuple[tuple[str, int, str], ...], _Everything] = {}
_MOST_FOLDED = 8


def _folded(documents: tuple[tuple[str, int, str], ...], contents: Mapping[str, bytes]) -> _Everything:
    """Return what documents add up to; the last few answers are remembered, since digests never come to mean more."""
    if (found := _FOLDED.get(documents)) is not None:
        return found
    told: dict[str, _Told] = {}
    for digest, seq, recorded in documents:
        body = _body(contents[digest])
        _tell(told.setdefault(body.source.name, _Told()), body, digest, seq)
        told[body.source.name].newest = (body.source, digest, seq, moment(recorded))
    for old in list(_FOLDED)[: 1 - _MOST_FOLDED]:
        _FOLDED.pop(old, None)
    return _FOLDED.setdefault(documents, _Everything(told, _places(told)))


@lru_cache(maxsize=4096)
def _body(content: bytes) -> ObservationsBody:
    return ObservationsBody.model_validate(Envelope.from_bytes(content).body)


def _tell(told: _Told, body: ObservationsBody, digest: str, seq: int) -> None:
    """Add one document to what its source said."""
    at = moment(body.source.retrieved_at)
    for place, one in enumerate(body.observations):
        thing = (one.channel, one.model, one.phase, one.idle_days is not None)
        if (before := told.last.get(thing)) is not None:
            told.words[before].ends = len(told.readings)
        told.last[thing] = len(told.words)
        seen_ = Seen(
            model=one.model,
            channel=one.channel,
            phase=one.phase,
            date=date.fromisoformat(one.date) if one.date else None,
            precision=one.precision,
            announced_on=date.fromisoformat(one.announced_on) if one.announced_on else None,
            words=one.words,
            url=one.url or body.source.url,
            source=body.source.name,
            rank=body.source.rank,
            retrieved_at=at,
            snapshot=body.source.snapshot.sha256 if body.source.snapshot else None,
            idle_days=one.idle_days,
            document=digest,
            seq=seq,
            place=place,
        )
        # A complete reading that says something itself is no reading that finds the same again.
        told.words.append(_Word(seen_, len(told.readings) + body.source.complete))
    places = {(word.seen.document, word.seen.place): word for word in told.words} if body.still else {}
    for again in body.still:
        if (word := places.get((again.document, again.place))) is not None and word.ends is None:
            word.again.append(at)
    if body.source.complete:
        told.readings.append(at)
