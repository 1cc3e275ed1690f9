"""What the processes that tests start have in common, and no setting, argument or variable decides.

Loading it is most of what such a process does before its first line of work. Nothing here may read Django's settings:
each process loads those itself, and after them every module that depends on them.
"""

import importlib
import pkgutil
from collections.abc import Iterator

from django.core.exceptions import ImproperlyConfigured

ENGINE = ("evals.engine.judgement",)  # and with it all that the engine's other programs need
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
    "governance.events", "governance.gates", "governance.proof.inforce",
    "governance.notice_kinds", "governance.proof.*", "governance.readable", "governance.runner.protocol",
    "training.bodies.*", "training.lifecycle.at_a_glance", "training.lifecycle.feeds.*",
    "training.lifecycle.notice", "training.lifecycle.queue", "training.lifecycle.requalification",
    "training.lifecycle.risk", "training.lifecycle.summary", "training.trainers.spec",
)  # fmt: skip


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
    yield from (module.name for module in pkgutil.walk_packages(found, f"{package}{dot}"))
