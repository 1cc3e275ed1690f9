"""A governed installation to attack: people, policy, a signed plan, and work that may be launched.

Built once per database engine and copied for every test; so is what has happened in it before each test of a module.
Inside `connected` this process reads and writes the very database and state folder that the deployment's processes use.
"""

import copy
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any
from unittest.mock import patch

import environ
from django.conf import settings as django_settings
from django.db import connections

from governance.models import Attempt, Document, Job, LedgerEvent, Report
from governance.services import documents, jobs, signoff
from governance.services.reauthentication import Proof
from tests.support import papers, toy
from tests.support.database import Templates, _fold_journal
from tests.support.deployment import Deployment
from tests.support.story import PASSWORD, Story

SETTINGS = {"DJANGO_SETTINGS_MODULE": "tests.support.toy_settings"}


@dataclass
class Site:
    """One copy: its deployment (nothing is started yet), what the story made, and what `already` returned."""

    deployment: Deployment
    story: Story
    made: Any = None

    @property
    def var(self) -> Path:
        return self.deployment.folder

    @property
    def engineer(self) -> Any:
        return self.story.people["engineer"]

    def work(self, title: str = "Work", **body: Any) -> Document:
        """Freeze a specification of toy work on the signed rubric."""
        return documents.document_submit(
            actor=self.engineer,
            project=self.story.project,
            kind=toy.SPEC,
            body={"title": title, **body},
            references=[{"role": "plan", "digest": self.story["rubric"].digest}],
        )

    def launch(self, title: str = "Work", *, arm: bool = False, **body: Any) -> Job:
        return jobs.launch(actor=self.engineer, spec=self.work(title, **body), arm=arm)

    def train(self, name: str = "run") -> Document:
        """Freeze a run specification whose gate is open (but for DVC, which the story does without)."""
        self.story.run_spec(name, baseline="baseline")
        return self.story[name]

    def revoke(self, name: str) -> None:
        signoff.revoke(
            actor=self.story.people["officer"], document=self.story[name], reason="It was wrong", proof=Proof(PASSWORD)
        )

    def next_rubric(self, title: str = "Newer") -> Document:
        """Freeze and sign a later version of the rubric."""
        newer = documents.document_submit(
            actor=self.story.people["expert"],
            project=self.story.project,
            kind="evals.rubric",
            body=papers.rubric() | {"title": title},
            base=self.story["rubric"],
        )
        self.story.made[title] = newer
        self.story.sign(title, requester="engineer", signers=("officer",))
        return newer

    def ran(self) -> list[str]:
        """Return the attempts whose entry point was reached."""
        return sorted(path.parent.name for path in (self.var / "attempts").glob("*/ran"))

    def events(self, event: str) -> int:
        return LedgerEvent.objects.filter(event=event).count()

    def refusals(self) -> int:
        return LedgerEvent.objects.filter(event__startswith="refusal:").count()

    def start_web(self) -> Any:
        return self.deployment.start_web(**SETTINGS)

    def start_worker(self) -> Any:
        return self.deployment.start_worker(**SETTINGS)


def attempt_of(job: Job) -> Attempt:
    return Attempt.objects.select_related("job__spec__project", "job__project", "job__requested_by").get(job=job)


Step = Callable[[Site], Any]


class Sites:
    """Governed installations by engine and by what happened in them, built when first asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._built: dict[tuple[str, Step | None], Site] = {}
        self._numbers = count()

    def site(
        self, engine: str, folder: Path, templates: Templates, server: Any = None, already: Step | None = None
    ) -> Site:
        """Return a copy whose state lies in `folder`, in which `already` has happened; `made` is what it returned."""
        if (engine, already) not in self._built:
            own = self._folder / f"{engine}-{next(self._numbers)}"
            made = (
                self._after(already, self.site(engine, own, templates, server))
                if already
                else self._founded(templates.deployment(engine, own))
            )
            if engine == "sqlite":
                _fold_journal(own / "db.sqlite3")
            self._built[engine, already] = made
        source = self._built[engine, already]
        shutil.copytree(source.var, folder)
        url = f"sqlite:///{folder / 'db.sqlite3'}"
        if engine != "sqlite":
            template = source.deployment.database_url.rpartition("/")[2]
            url = server.create_database(f"governed_{uuid.uuid4().hex}", template=template)
        story, made = copy.deepcopy((source.story, source.made))
        return Site(Deployment(folder, url), story, made)

    def _founded(self, deployment: Deployment) -> Site:
        with connected(deployment):
            return Site(deployment, build())

    def _after(self, already: Step, site: Site) -> Site:
        with connected(site.deployment):
            site.made = already(site)
        return site


def build() -> Story:
    """Tell the story as far as the measured baseline: the next launch of a run finds its gate open."""
    story = Story()
    with on_paper():
        story.found()
        story.plan()
        story.refused()
        story.sign_plan()
        story.measure()
    # A worker that a test starts shall do what the test is about, not typeset the receipts of all that was signed here.
    Report.objects.filter(state=Report.State.REQUESTED).update(state=Report.State.FAILED, error="Nobody asks for it.")
    return story


@contextmanager
def on_paper() -> Iterator[None]:
    """Let the gate pass the story's rows, which lie in no DVC repository, and its specifications' made-up commit."""
    with patch("training.dvc.faults", return_value=[]), patch("training.code.faults", return_value=""):
        yield


@contextmanager
def connected(deployment: Deployment) -> Iterator[None]:
    """Let this process work on the deployment's database, state folder and address."""
    before, original = connections.settings["default"], connections["default"]
    address = environ.Env.db_url_config(deployment.database_url)
    options = before["OPTIONS"] if address["ENGINE"] == before["ENGINE"] else {}
    if address["ENGINE"].endswith("sqlite3"):
        options = django_settings.SQLITE_OPTIONS  # whichever database the run itself is on
    kept = {name: getattr(django_settings, name) for name in ("COUNTERSIGN_VAR", "COUNTERSIGN_KEYS", "COUNTERSIGN_URL")}
    del connections["default"]
    connections.settings["default"] = {**before, **address, "OPTIONS": options}
    django_settings.COUNTERSIGN_VAR = deployment.folder
    django_settings.COUNTERSIGN_KEYS = deployment.folder / "keys"
    django_settings.COUNTERSIGN_URL = deployment.url
    try:
        yield
    finally:
        connections["default"].close()
        connections.settings["default"] = before
        connections["default"] = original
        for name, value in kept.items():
            setattr(django_settings, name, value)
