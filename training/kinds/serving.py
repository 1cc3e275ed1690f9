"""The kinds of documents about what happened to deployments, and marks of releases found unsafe."""

from collections.abc import Mapping
from typing import Final

from governance.access import COMPLIANCE_OFFICER, ENGINEER, OWNER, WRITE, register_action
from governance.models import Document
from governance.proof.words.vocabulary import Phrase, one_of
from governance.registry import Kind, Link, register_kind
from training.bodies import serving as bodies
from training.bodies.continuity import DEPLOYMENT
from training.kinds import tuning as kinds
from training.reports import serving as reports

RECORD: Final = "deployment.record"
MARK: Final = "release.mark"
CLEAR: Final = "release.clear"
SERVABLE: Final = (kinds.RELEASE, kinds.RUN_RECORD, kinds.BASE_MODEL)
"""what a service can run, as far as it is on record"""


def examine_event(body: bodies.DeploymentEventBody, links: Mapping[str, list[Document]]) -> None:
    """Check that it says in one way what ran from then on, and what before. Raises ValueError otherwise."""
    for role, stated in (("now", body.stated), ("before", body.stated_before)):
        if links.get(role) and stated is not None:
            raise ValueError(f"found what ran {role} named and stated, expected one of them")
    runs = bool(links.get("now")) or body.stated is not None
    if runs == (body.what == "stopped"):
        raise ValueError("found a stop that names what runs, or a start that names nothing")


TITLE = Phrase(one_of("what", form="capital"), " at ", one_of("at", form="minute"), " UTC")


def register() -> None:
    """Register these kinds, and who may do what with them."""
    register_action(RECORD, "record that a service was deployed, rolled back or stopped", {OWNER, ENGINEER}, WRITE)
    register_action(
        MARK, "mark a release as unsafe because of an incident", {OWNER, ENGINEER, COMPLIANCE_OFFICER}, WRITE
    )
    register_action(CLEAR, "take such a mark back", {OWNER, COMPLIANCE_OFFICER}, WRITE)
    register_kind(
        Kind(
            bodies.EVENT,
            "deployment event",
            bodies.DeploymentEventBody,
            signed=False,
            authors=frozenset(),
            links={
                "deployment": Link(frozenset({DEPLOYMENT})),
                "registered": Link(frozenset({DEPLOYMENT}), required=False),
                "now": Link(frozenset(SERVABLE), required=False),
                "before": Link(frozenset(SERVABLE), required=False),
            },
            title=TITLE,
            examine=examine_event,
            printed="event",
            sections=reports.event,
        )
    )
    register_kind(
        Kind(
            bodies.MARK,
            "incident mark",
            bodies.IncidentMarkBody,
            signed=False,
            authors=frozenset(),
            links={"release": Link(frozenset({kinds.RELEASE}))},
            printed="mark",
            sections=reports.mark,
            notices=reports.mark_notices,
        )
    )
