"""What somebody sees of the custody of a base model or, where others host it, of its probes."""

from dataclasses import dataclass
from typing import Any, Final

from governance.models import Document, Job, User
from governance.selectors import documents as docs
from governance.selectors.people import projects_of
from training.kinds.custody import PROBE_SPEC, RESTORE_SPEC
from training.selectors import custody, probes

LISTED: Final = 20
"""jobs without a result, and results of a probe, that are listed: the newest"""


@dataclass(frozen=True)
class Shown:
    """Drills, newest first, each with whether its record may be seen; probes with their results, newest first; and the
    jobs that have ended without a result, or have not ended, newest first. Only drills are told of other projects.
    """

    drills: tuple[tuple[custody.Drill, bool], ...]
    probes: tuple[tuple[probes.Schedule, list[probes.Probed]], ...]
    unfinished: list[Job]

    @property
    def passed(self) -> Any:
        """The day of the last drill that passed, or None."""
        return next((one.on for one, _ in self.drills if one.passed), None)

    @property
    def failed(self) -> bool:
        """Whether the newest drill failed: custody is not verified then, whatever passed before."""
        return bool(self.drills) and not self.drills[0][0].passed


def shown_to(user: User, base: Document, *, hosted: bool) -> Shown:
    """Return what somebody sees. Day and outcome of a drill are everybody's who builds on the base model: they decide
    at its gate. A constant number of queries.
    """
    places = projects_of(user)
    unfinished = Job.objects.filter(
        spec__kind=PROBE_SPEC if hosted else RESTORE_SPEC,
        spec__links_out__role="base_model",
        spec__links_out__target__series=base.series_id,
        output=None,
        project__in=places,
    )
    jobs = list(unfinished.select_related("spec", "project").order_by("-seq")[:LISTED])
    if not hosted:
        found = custody.drills([base])[base.digest]
        seen = set(docs.visible(user).filter(pk__in=[one.record.pk for one in found]).values_list("pk", flat=True))
        return Shown(tuple((one, one.record.pk in seen) for one in found), (), jobs)
    visible = set(places.values_list("pk", flat=True))
    by_probe: dict[Any, list[probes.Probed]] = {}
    for one in probes.results(base):
        by_probe.setdefault(one.spec.series_id, []).append(one)
    kept = [one for one in probes.schedules(base) if one.spec.project_id in visible]
    return Shown((), tuple((one, by_probe.get(one.spec.series_id, [])[:LISTED]) for one in kept), jobs)
