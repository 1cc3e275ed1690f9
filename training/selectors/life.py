"""What the gate of a run knows of its base model's life, by the same words that retirement risk counts."""

from datetime import date, datetime

from governance.models import Document, Project
from governance.selectors import documents as docs
from training.base_checks import LifeFacts
from training.bodies import BaseModelBody, Hosted
from training.lifecycle.model import SERVING_ENDS, TRAINING_ENDS
from training.lifecycle.words import current, earliest, is_rule, is_stale
from training.selectors import custody, fallbacks, observations


def of(base: Document, project: Project | None, need_until: str, ledger_size: int, time: datetime) -> LifeFacts:
    """Return what is known of a base model at a ledger size and time, for a project that needs it until a day."""
    body: BaseModelBody = docs.model_body(base, BaseModelBody)
    seen = observations.seen([base], ledger_size)[base.digest]
    days = observations.stale_days(ledger_size)
    words = [word for word in current(seen, SERVING_ENDS, time) if not is_rule(word)]
    dated = [word for word in words if word.date is not None]
    plans = fallbacks.plans(ledger_size, time, [project] if project else [])
    hosted = body.hosted
    return LifeFacts(
        today=time.date(),
        need_until=date.fromisoformat(need_until) if need_until else None,
        ends=earliest(words),
        stale=bool(dated) and all(is_stale(word, time, days) for word in dated),
        training_ends=earliest(current(seen, TRAINING_ENDS, time)),
        hosted=hosted is not None,
        identity=_called(hosted) if hosted else "",
        drilled_on=custody.drilled([base], ledger_size)[base.digest],
        fault="; ".join(custody.faults([base], ledger_size)[base.digest]),
        fallback=any(plan.standing.ok and plan.base.series_id == base.series_id for plan in plans),
    )


def _called(hosted: Hosted) -> str:
    return f"{hosted.provider} {hosted.snapshot}, {hosted.region or 'any region'}, seen on {hosted.observed_on}"
