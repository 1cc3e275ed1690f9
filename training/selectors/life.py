"""What the gate of a run knows of its base model's life, by the same words that retirement risk counts."""

from datetime import date, datetime

from governance.models import Document, Project
from governance.selectors import documents as docs
from training.bodies.base_models import BaseModelBody, Hosted
from training.gate.base_models import LifeFacts
from training.lifecycle.loss import loss
from training.lifecycle.model import TRAINING_ENDS, Base, Inputs
from training.lifecycle.words import current, earliest, is_stale
from training.selectors import custody, fallbacks, observations


def of(base: Document, project: Project | None, need_until: str, ledger_size: int, time: datetime) -> LifeFacts:
    """Return what is known of a base model at a ledger size and time, for a project that needs it until a day."""
    body: BaseModelBody = docs.model_body(base, BaseModelBody)
    seen = observations.seen([base], ledger_size, time)[base.digest]
    days = observations.stale_days(ledger_size)
    hosted = body.hosted
    known = Base(base.digest, base.title, "", hosted is not None, seen, False, False, None)
    lost = loss(known, Inputs.at(time, days), None)
    training = earliest(current(seen, TRAINING_ENDS, time))
    known_plans = fallbacks.plans(ledger_size, time, [project] if project else [])
    plans = [plan for plan in known_plans if plan.base.series_id == base.series_id]
    return LifeFacts(
        today=time.date(),
        need_until=date.fromisoformat(need_until) if need_until else None,
        ends=lost.counted,
        stale=lost.date is not None and not lost.fresh,
        withdrawn=tuple(dict.fromkeys(word.source for word in lost.withdrawn)),
        training_ends=training,
        training_stale=training is not None and is_stale(training, time, days),
        hosted=hosted is not None,
        identity=_called(hosted) if hosted else "",
        drilled_on=custody.drilled([base], ledger_size)[base.digest],
        fault="; ".join(custody.faults([base], ledger_size)[base.digest]),
        fallback=any(plan.covers for plan in plans),
        fallback_weakness=next((plan.weakness for plan in plans if plan.standing.ok), ""),
    )


def _called(hosted: Hosted) -> str:
    return f"{hosted.provider} {hosted.snapshot}, {hosted.region or 'any region'}, seen on {hosted.observed_on}"
