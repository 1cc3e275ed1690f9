"""What the processes that tests start have in common, and no setting, argument or variable decides.

Loading it is most of what such a process does before its first line of work. `load` reads no settings. `apps` loads
Django's applications and what they load later, under settings that `forget_settings` takes away again: each process
reads its own, and the applications look at them as they do whenever they start.
"""

import importlib
import os
import pkgutil
import sys
import tempfile
from collections.abc import Iterable, Iterator
from typing import Any

from django.core.exceptions import ImproperlyConfigured

ENGINE = ("evals.engine.judgement", "sklearn.metrics")  # and with them all that the engine's other programs need
FORMATS = ("evals.formats.*", "openpyxl", "openpyxl.cell", "openpyxl.styles")
FEEDS = ("httpx", "training.lifecycle.feeds.*")
DVC = (
    "dvc.cachemgr", "dvc.cli.parser", "dvc.commands.add", "dvc.commands.init", "dvc.data_cloud", "dvc.render",
    "dvc.repo.add", "dvc.repo.artifacts", "dvc.repo.datasets", "dvc.repo.graph", "dvc.repo.index", "dvc.repo.init",
    "dvc.repo.metrics", "dvc.repo.open_repo", "dvc.repo.params", "dvc.repo.plots", "dvc.repo.stage", "dvc.repo.trie",
    "dvc.rwlock", "dvc_data.hashfile.db.local", "dvc_data.hashfile.status", "fsspec.implementations.memory",
)  # fmt: skip
DEPLOYMENT = (
    # What Django, its applications and its two servers load.
    "asn1crypto.cms", "asn1crypto.tsp", "cryptography.hazmat.primitives.serialization.pkcs12", "cryptography.x509",
    "csp.middleware", "django.contrib.admin.options", "django.contrib.admin.sites", "django.contrib.auth.hashers",
    "django.contrib.auth.password_validation", "django.contrib.messages.storage.session",
    "django.contrib.staticfiles.storage", "django.core.cache.backends.db", "django.core.cache.backends.locmem",
    "django.core.handlers.wsgi", "django.core.mail.backends.smtp", "django.core.management.commands.migrate",
    "django.core.management.commands.shell", "django.db.backends.postgresql.base", "django.db.backends.sqlite3.base",
    "django.db.models.functions", "django.forms", "django.middleware.csrf", "django.template.defaultfilters",
    "django.template.defaulttags", "django.template.loader_tags", "django.views.generic", "django_htmx.middleware",
    "environ", "fido2.server", "gunicorn.app.wsgiapp", "gunicorn.workers.gthread", "httpx", "jwt", "pikepdf", "pkcs11",
    "pyhanko.sign.signers", "pyhanko.sign.timestamps", "reportlab.graphics.shapes", "reportlab.platypus", "requests",
    "rest_framework.exceptions", "securesystemslib.signer", "sqlparse", "whitenoise.middleware", "yaml",
    # Our own pure modules; of some packages all.
    "evals.engine.assessment", "evals.engine.case_changes", "evals.engine.comparisons", "evals.engine.failures",
    "evals.engine.human_grades", "evals.engine.measures", "evals.engine.planning.*", "evals.engine.presets",
    "evals.engine.recordings", "evals.engine.searching", "evals.engine.seen", "evals.engine.session",
    "evals.engine.stages", "evals.engine.unsupported", "evals.formats.canonical", "evals.quality.rows",
    "governance.events", "governance.gates", "governance.proof.answers.inforce",
    "governance.notice_kinds", "governance.proof.*", "governance.readable", "governance.runner.protocol",
    "training.bodies.*", "training.lifecycle.at_a_glance", "training.lifecycle.feeds.*",
    "training.lifecycle.notice", "training.lifecycle.queue", "training.lifecycle.requalification",
    "training.lifecycle.risk", "training.lifecycle.summary", "training.trainers.spec",
)  # fmt: skip

# What the web process, the worker and the commands load once the applications are there.
LATER = (
    "config.urls", "demo.management.commands.*", "evals.management.commands.*", "evals.reports.*", "evals.selectors.*",
    "evals.services.*", "governance.jobs.*", "governance.management.commands.*", "governance.reports.*",
    "governance.selectors.*", "governance.services.*", "governance.web.*", "training.management.commands.*",
    "training.reports.*", "training.selectors.*", "training.services.*",
)  # fmt: skip
AUTHORED = ("config.settings", "tests.support.quick_settings", "tests.support.toy_settings")

_added: dict[str, Any] = {}  # what applications wrote into the settings while they were loaded


def load(names: tuple[str, ...]) -> None:
    """Import modules, and the whole packages whose names end in ".*".

    What has moved, or has come to read settings, is left to the processes that need it; a test names it.
    """
    for name in names:
        try:
            for module in _meant(name):
                importlib.import_module(module)
        except (ImportError, ImproperlyConfigured):
            continue


def _meant(name: str) -> Iterator[str]:
    package, dot, every = name.rpartition(".")
    if every != "*":
        yield name
        return
    found = importlib.import_module(package).__path__
    modules = (module.name for module in pkgutil.walk_packages(found, f"{package}{dot}"))
    yield from (name for name in modules if not name.endswith(".__main__"))  # which is a program, not a library


def apps(module: str) -> None:
    """Load the applications of a settings module, in a state folder of nobody's and with nothing that operators say."""
    import django
    from django.conf import global_settings, settings
    from django.db import connections

    said = [name for name in os.environ if name.startswith("COUNTERSIGN_")]
    with tempfile.TemporaryDirectory() as folder:
        for name in (*said, "DATABASE_URL"):
            os.environ.pop(name, None)
        os.environ.update(DJANGO_SETTINGS_MODULE=module, COUNTERSIGN_VAR=folder, COUNTERSIGN_PROCESS="command")
        django.setup()
        load(LATER)
    written = {*dir(importlib.import_module(module)), *dir(global_settings)}
    _added.update(
        {
            name: value
            for name, value in vars(settings.__dict__["_wrapped"]).items()
            if name.isupper() and name not in written
        }
    )
    for made in connections.all(initialized_only=True):  # to ask which database it is
        if made.connection is not None:
            raise RuntimeError("something opened the database while it was loaded; no process may inherit that")
        del connections[made.alias]


def forget_settings() -> None:
    """Let this process read the settings anew, and its applications look at them when it sets Django up."""
    from django.apps import apps as registry
    from django.conf import settings
    from django.core.cache import caches
    from django.db import connections
    from django.utils.functional import empty

    if not registry.ready:
        return
    settings.__dict__.clear()
    settings.__dict__["_wrapped"] = empty
    for name in AUTHORED:
        sys.modules.pop(name, None)
    for handler in (connections, caches):
        handler.__dict__.pop("settings", None)
        handler.__dict__["_settings"] = None

    def populate(installed: Iterable[Any] | None = None) -> None:
        for name, value in _added.items():
            if not hasattr(settings, name):
                setattr(settings, name, value)
        for config in registry.get_app_configs():
            getattr(config, "fit", lambda: None)()

    registry.__dict__["populate"] = populate
