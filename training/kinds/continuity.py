"""The kinds of documents about what depends on base models, and what is done when one goes away."""

from collections.abc import Mapping

from evals import documents as evals
from governance.access import COMPLIANCE_OFFICER, ENGINEER, OWNER, WRITE, register_action
from governance.models import Document
from governance.proof.words.vocabulary import Phrase, one_of
from governance.registry import Kind, Link, register_kind
from training.bodies import continuity as bodies
from training.kinds import tuning as kinds
from training.reports import continuity as reports

WRITERS = frozenset({OWNER, ENGINEER})
PLANNERS = WRITERS | {COMPLIANCE_OFFICER}
"""Who writes and practises what is done when a base model goes away."""


def _link(kind: str, *, required: bool = False) -> Link:
    return Link(frozenset({kind}), required=required)


def examine_deployment(body: bodies.DeploymentBody, links: Mapping[str, list[Document]]) -> None:
    """Check that one thing at most is said to be served, and a name where none is. Raises ValueError otherwise."""
    named = sorted(role for role, found in links.items() if found)
    if len(named) > 1:
        raise ValueError(f"it names {' and '.join(named)}, expected one of {', '.join(bodies.ORIGINS)} at most")
    if not named and body.stated_base is None:
        raise ValueError("its origin is unproven: state at least the name of the base model it is said to run on")
    if named and body.stated_base is not None:
        raise ValueError(f"it names its {named[0]}, which leads to the base model; expected no stated_base beside it")


TITLE = Phrase(one_of("service"), " (", one_of("environment"), ")", one_of("stated_base", then=", unproven origin"))
"""what a deployment is called wherever it is named: one that nothing proves is never called without it"""


def examine_plan(body: bodies.FallbackPlanBody, links: Mapping[str, list[Document]]) -> None:
    """Check that a successor is named where one is needed, and is another model. Raises ValueError otherwise."""
    (base,), successor = links["base_model"], links.get("successor", [])
    if not successor and body.route in bodies.NEEDING_A_SUCCESSOR:
        raise ValueError(f"found no successor, expected a base model for the route {body.route!r}")
    if any(one.series_id == base.series_id for one in successor):
        raise ValueError("found the base model itself as its successor, expected another model")


def register() -> None:
    """Register these kinds, and who may do what with them beyond writing and signing."""
    register_action("deployment.register", "register deployments", WRITERS, WRITE)
    register_action("fallback.drill", "record a drill of a fallback plan", PLANNERS, WRITE)
    register_kind(
        Kind(
            bodies.DEPLOYMENT,
            "deployment",
            bodies.DeploymentBody,
            signed=False,
            wanted={"lineage": "version", "incident": "series"},
            authors=frozenset(),  # by `services.deployments` alone: a service in an environment is one series
            links={role: _link(kind) for role, kind in zip(bodies.ORIGINS, _ORIGINS, strict=True)},
            title=TITLE,
            examine=examine_deployment,
            printed="deployment",
            sections=reports.deployment,
            notices=reports.deployment_notices,
            tells=reports.deployment_tells,
        )
    )
    register_kind(
        Kind(
            bodies.ESTIMATE,
            "requalification estimate",
            bodies.EstimateBody,
            shelf=True,
            authors=PLANNERS,
            printed="estimate",
            sections=reports.estimate,
        )
    )
    register_kind(
        Kind(
            bodies.FALLBACK,
            "fallback plan",
            bodies.FallbackPlanBody,
            authors=PLANNERS,
            links={
                "base_model": _link(kinds.BASE_MODEL, required=True),
                "successor": _link(kinds.BASE_MODEL),
                "thresholds": _link(evals.THRESHOLDS),
            },
            examine=examine_plan,
            printed="fallback",
            sections=reports.plan,
        )
    )
    register_kind(
        Kind(
            bodies.DRILL,
            "fallback drill",
            bodies.FallbackDrillBody,
            signed=False,
            authors=frozenset(),
            links={"plan": _link(bodies.FALLBACK, required=True)},
            title=Phrase("Drill of ", one_of("date"), ": ", one_of("outcome")),
            printed="drill",
            sections=reports.drill,
        )
    )


_ORIGINS = (kinds.RELEASE, kinds.RUN_RECORD, kinds.BASE_MODEL)
