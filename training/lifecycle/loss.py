"""T: when serving ends, by the current word of every source. Sources that differ are all kept; the earliest counts."""

from collections import defaultdict
from collections.abc import Sequence

from training.lifecycle.figures import DAYS, Figures
from training.lifecycle.model import SERVING_ENDS, Base, Figure, Inputs, Label, Loss, Notice, Seen
from training.lifecycle.words import current, earliest, is_rule, is_stale, took_back


def loss(base: Base, inputs: Inputs, usual: Notice | None) -> Loss:
    """Return when `base` is lost as it was known at the inputs' moment; `usual` is what its vendor usually does."""
    said = current(base.seen, SERVING_ENDS, inputs.as_of)
    rules = tuple(word for word in said if is_rule(word))
    words = tuple(word for word in said if not is_rule(word))
    stale = tuple(word for word in words if is_stale(word, inputs.as_of, inputs.stale_days))
    counted = earliest(words)
    return Loss(
        date=counted.date if counted else None,
        days=_days(base, counted, words, inputs),
        counted=counted,
        words=words,
        conflicts=_conflicts(words),
        stale=stale,
        withdrawn=tuple(word for word in words if took_back(word, base.seen)),
        rules=rules,
        fresh=_fresh(words, stale),
        usual=None if counted or not base.hosted else usual,
    )


def _days(base: Base, counted: Seen | None, words: Sequence[Seen], inputs: Inputs) -> Figure:
    make = Figures(inputs.as_of).figure
    if counted is None or counted.date is None:
        label: Label = "unknown" if base.hosted else "held"
        return make(None, DAYS, "loss", [word.document for word in words], label, base=base.title)
    others = [word.document for word in words if word is not counted]
    exact: Label = "" if counted.precision == "exact" else counted.precision
    return make(
        (counted.date - inputs.today).days,
        DAYS,
        "loss",
        dict.fromkeys((counted.document, *others)),
        exact,
        date=counted.date,
        as_of=inputs.today,
        source=counted.source,
        rank=counted.rank,
        words=counted.words,
        retrieved=counted.retrieved_at.isoformat(),
    )


def _conflicts(words: Sequence[Seen]) -> tuple[Seen, ...]:
    """Return the dated words on a channel and phase on which dates differ, in their order."""
    dated = [word for word in words if word.date is not None]
    said = defaultdict(set)
    for word in dated:
        said[word.channel, word.phase].add(word.date)
    return tuple(word for word in dated if len(said[word.channel, word.phase]) > 1)


def rests_on_stale(lost: Loss) -> tuple[str, ...]:
    """Return the sources that were read too long ago and that the date rests on: no other has one for their channel,
    or theirs is the earliest.
    """
    covered = {word.channel for word in lost.words if word.date is not None and word not in lost.stale}
    found = (word.source for word in lost.stale if word is lost.counted or word.channel not in covered)
    return tuple(sorted(set(found)))


def _fresh(words: Sequence[Seen], stale: Sequence[Seen]) -> bool:
    """Return whether every channel that is spoken of has a date from a source that was read in time."""
    dated = {word.channel for word in words if word.date is not None and word not in stale}
    return bool(dated) and dated == {word.channel for word in words}
