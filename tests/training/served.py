"""What the tests of incidents share: a service that runs the story's release, and a second release that differs."""

from datetime import datetime
from typing import Any

from governance.models import Document
from governance.services import documents
from tests.support import papers
from tests.support.story import Story
from tests.training.continuity import row
from training.kinds import tuning as kinds
from training.services import deployments, releases, rollbacks


def serving_release(story: Story) -> Story:
    """Register a service that runs the story's release since a day that is long over."""
    made = deployments.register(
        actor=story.people["engineer"], project=story.project, row=row(release=story["release"].digest)
    )
    (story.made["service"],) = made.documents
    return story


def happened(story: Story, what: str, at: datetime, now: str | None = None, **more: str) -> Document:
    """Record something that happened to that service; `now` is one of the story's names."""
    return rollbacks.record(
        actor=story.people[more.pop("who", "engineer")], deployment=story["service"], what=what, at=at,
        reason=more.pop("reason", "Decided in the morning meeting."), now=story[now] if now else None, **more,
    )  # fmt: skip


def again(story: Story) -> Document:
    """Release the same result once more, as the next version of the release, and have it signed."""
    story.made["second"] = releases.propose(
        actor=story.people["engineer"], result=story["result"], title="Chapter coder 1.1", note="For the queue.",
        previous=story["release"],
    )  # fmt: skip
    story.sign("second", requester="engineer", signers=("officer",))
    return story["second"]


def second_release(story: Story) -> Document:
    """Tune anew on other rows with another learning rate, measure that, and release it as the next version."""
    rows = papers.dataset(story.bytes("more rows")) | {"rows": 900}
    story.made["dataset 1"] = story["dataset"]
    story.made["dataset"] = next_version(story, "engineer", "dataset", kinds.DATASET, rows, contract="contract")
    story.sign("dataset", requester="engineer", signers=("dataowner",))
    story.assess()
    spec = papers.run_spec()
    spec["hyperparameters"] = spec["hyperparameters"] | {"learning_rate": "0.0001"}
    links = {
        "thresholds": "thresholds", "dataset": "dataset", "quality_report": "quality", "base_model": "base",
        "decision_record": "decision", "baseline": "baseline",
    }  # fmt: skip
    story.submit("engineer", "run_spec 2", kinds.RUN_SPEC, spec | {"title": "Second run"}, **links)
    story.made["record"] = story.run("run_spec 2", story._record)
    story.evaluate()
    return again(story)


def next_version(story: Story, who: str, name: str, kind: str, body: dict[str, Any], **links: str) -> Document:
    """Freeze the next version of one of the story's documents."""
    return documents.document_submit(
        actor=story.people[who], project=story.project, kind=kind, body=body, base=story[name],
        references=[{"role": role, "digest": story[target].digest} for role, target in links.items()],
    )  # fmt: skip
