"""Recording what happened to a service: deployed, rolled back, stopped; now, or later than it was so."""

from datetime import datetime
from typing import Any, Final

from governance.errors import Conflict, Invalid
from governance.models import Document, User
from governance.proof.answers import running, served
from governance.proof.answers.running import NOTHING, Claim
from governance.proof.answers.served import INSTANT
from governance.proof.formats.fields import rfc3339
from governance.registry import KINDS
from governance.selectors import documents as docs
from governance.services.documents import check_body, freeze
from governance.services.ledger import Mutation, mutation
from training.bodies.continuity import DEPLOYMENT, ORIGINS
from training.bodies.days import FIRST
from training.bodies.serving import EVENT
from training.kinds.serving import RECORD, SERVABLE
from training.selectors import serving
from training.selectors.serving import Record, Service

ROLE_OF: Final = dict(zip(SERVABLE, ORIGINS, strict=True))


def record(
    *,
    actor: User,
    deployment: Document,
    what: str,
    at: datetime,
    reason: str,
    now: Document | None = None,
    stated: str = "",
    before: str = "",
) -> Document:
    """Freeze that a service was deployed, rolled back or stopped at a moment, and why; return that event.

    `now` or `stated` is what it runs from then on, neither when it stopped. `before` says what it took the place of
    (a digest, or a stated name) where the records leave that open. When nothing later is on record the register's next
    version says the same.

    Raises:
        Denied, NotFound: the person may not record this here.
        Invalid: a field is wrong; the moment is still to come; it ran already; it never ran here before, so nothing is
            rolled back; or it is to be said what it took the place of.
        Conflict: that is on record already.
    """
    if deployment.kind != DEPLOYMENT or deployment.project is None:
        raise Invalid("deployment", f"found a {KINDS[deployment.kind].label}, expected a deployment")
    _vet(deployment, now, stated)
    body: dict[str, Any] = {"what": what, "at": rfc3339(at), "reason": reason, "stated": stated or None}
    check_body(KINDS[EVENT], body)
    with mutation(actor=actor, action=RECORD, project=deployment.project, subjects=[deployment.digest]) as m:
        if at > m.time:
            raise Invalid("at", "found a time to come, expected one that is over: record it once it happened")
        if at.date() < FIRST:
            raise Invalid("at", f"found {at.date()}, expected when it happened: nothing that is served here is so old")
        service = serving.of_deployment(serving.services([deployment.project], m.size), deployment)
        own = _own(service, deployment)
        if service is None or own is None:
            raise Invalid("deployment", "the ledger tells of no such deployment")
        target = now.digest if now is not None else served.stated(stated)
        was = _before(service, own, at, before)
        _check(service, own, what, at, target, was)
        origin = {"now": now.digest} if now is not None else {}
        if was in service.named:
            origin["before"] = was
        elif was != NOTHING:
            body["stated_before"] = was.removeprefix(served.STATED)
        made = Claim(target, at, at, m.size + 1, was)
        registered = _register(m, actor, own, made, now, stated)
        if registered is not None:
            origin["registered"] = registered.digest
        return freeze(
            m,
            kind=KINDS[EVENT],
            body=check_body(KINDS[EVENT], body),
            references=[
                {"role": role, "digest": digest} for role, digest in ({"deployment": own.head.digest} | origin).items()
            ],
            contributors=[actor.actor],
            by=actor,
        )


def _vet(deployment: Document, now: Document | None, stated: str) -> None:
    if now is None:
        return
    if stated:
        raise Invalid("stated", "found what it runs named and stated, expected one of them")
    if now.project_id not in (None, deployment.project_id):
        raise Invalid("now", f"there is no document {now.digest} in this project or on the shelf")
    if now.kind not in SERVABLE:
        expected = " or ".join(KINDS[name].label for name in SERVABLE)
        raise Invalid("now", f"found a {KINDS[now.kind].label}, expected a {expected}")


def _own(service: Service | None, deployment: Document) -> Record | None:
    records = service.records if service is not None else ()
    return next((one for one in records if one.head.series_id == deployment.series_id), None)


def _before(service: Service, own: Record, at: datetime, said: str) -> str:
    """Return what ran until a moment: what the records say, or of several possible ones what the person says."""
    others = running.settled([c for c in own.claims if c.earliest != at or not c.exact])  # said anew, it is replaced
    ran = running.at(others, at - INSTANT)
    given = said if said in service.named else served.stated(said)
    if ran.state == "unclear":
        if given in ran.candidates:
            return given
        possible = " or ".join(service.name_of(one) for one in ran.candidates)
        raise Invalid("before", f"the records leave open what ran until then: say which of {possible}")
    found = ran.what or NOTHING
    if said and given != found:
        raise Invalid("before", f"found {service.name_of(given)}, but by the records it was {service.name_of(found)}")
    return found


def _check(service: Service, own: Record, what: str, at: datetime, target: str, was: str) -> None:
    same = [claim for claim in own.settled if claim.exact and claim.latest == at]
    if any((claim.what, claim.instead_of) == (target, was) for claim in same):
        raise Conflict(
            found=f"{service.name_of(target)} from {rfc3339(at)} on, which is on record already",
            expected="something that is not",
            remedy="Nothing needs to be done.",
        )
    if what == "stopped":
        if target != NOTHING:
            raise Invalid("now", "found what it runs, expected nothing: it stopped")
        if was == NOTHING:
            raise Invalid("at", "by the records nothing ran until then, so nothing stopped")
        return
    if target == NOTHING:
        raise Invalid("now", "found nothing, expected what it runs from then on: by digest, or as it is stated")
    if target == was:
        raise Invalid("now", f"{service.name_of(target)} ran already until then, by the records")
    if what == "rolled back" and not any(c.what == target and c.earliest < at for c in own.settled):
        raise Invalid("now", f"{service.name_of(target)} never ran here before that: record it as deployed")


def _register(m: Mutation, actor: User, own: Record, made: Claim, now: Document | None, stated: str) -> Document | None:
    """Freeze the register's next version, if the event is the last that is known and the register says otherwise."""
    answer = running.at(running.settled([*own.claims, made]), m.time)
    if (answer.what or NOTHING) != made.what or answer.state == "unclear":
        return None
    body = own.body.model_dump(mode="json", by_alias=True)
    if made.what == NOTHING:
        body["until"] = made.latest.date().isoformat()
        references = [{"role": link.role, "digest": link.digest} for link in docs.references(own.head)]
    else:
        body |= {"until": None, "stated_base": None if now is not None else stated}
        references = [{"role": ROLE_OF[now.kind], "digest": now.digest}] if now is not None else []
        body["since"] = min(body["since"], made.latest.date().isoformat())
    known = docs.envelope(own.head)
    if known.body == body and [{"role": x.role, "digest": x.digest} for x in known.references] == references:
        return None
    kind = KINDS[DEPLOYMENT]
    return freeze(
        m,
        kind=kind,
        body=check_body(kind, body),
        references=references,
        contributors=[actor.actor],
        series=own.head.series_id,
        by=actor,
    )
