"""Where the apps above add to governance's pages: templates found by name, so that nothing here names their kinds.

templates/<app>/kinds/<name>.html    how a body of the kind <app>.<name> reads
templates/<app>/tells/<name>.html    how a signer is told what is known beyond such a body
templates/<app>/forms/<name>.html    what opens the form of a kind beside its JSON editor
templates/<app>/cards/<name>.html    how the newest of that kind opens its project's page
templates/<app>/acts/<kind>.html     what <app> offers to do on a page of a document of <kind> (its full name)
templates/<app>/acts/project.html    what <app> offers to do on a project's page
templates/<app>/acts/shelf.html      the same on the organisation's shelf
templates/<app>/nav.html             what <app> adds to the main navigation
templates/<app>/inbox.html           what of <app> waits for whoever looks
templates/<app>/audit.html           what <app> adds to the navigation of auditing
"""

from functools import lru_cache

from django.apps import apps
from django.template import TemplateDoesNotExist
from django.template.loader import get_template

from governance import access

ANY_KIND = "governance/kinds/any.html"
ANY_TELLS = "governance/tells/any.html"


def kind_template(kind: str) -> str:
    """Return the reading template of a kind, or the one that reads any body."""
    app, _, name = kind.partition(".")
    return _first(f"{app}/kinds/{name}.html") or ANY_KIND


def tells_template(kind: str) -> str:
    """Return the template that tells what is known beyond a body of a kind, or the one that tells it of any."""
    app, _, name = kind.partition(".")
    return _first(f"{app}/tells/{name}.html") or ANY_TELLS


def card_template(kind: str) -> str | None:
    """Return the card of a kind, or None when it has none."""
    app, _, name = kind.partition(".")
    return _first(f"{app}/cards/{name}.html")


def form_template(kind: str) -> str | None:
    """Return what opens the form of a kind, or None when it is written as JSON alone."""
    app, _, name = kind.partition(".")
    return _first(f"{app}/forms/{name}.html")


def act_templates(kind: str = "project") -> list[str]:
    """Return the templates of further acts on a document of a kind, on a project, or on the shelf."""
    names = [f"{app.label}/acts/{kind}.html" for app in apps.get_app_configs()]
    return [name for name in names if _first(name)]


def inbox_templates() -> list[str]:
    """Return the templates of what else waits for somebody."""
    return _of_apps("inbox.html")


def nav_templates() -> list[str]:
    """Return the templates of what apps add to the main navigation."""
    return _of_apps("nav.html")


def audit_templates() -> list[str]:
    """Return the templates of what apps add to the navigation of auditing."""
    return _of_apps("audit.html")


def _of_apps(page: str) -> list[str]:
    names = [f"{app.label}/{page}" for app in apps.get_app_configs()]
    return [name for name in names if name != f"governance/{page}" and _first(name)]


def allowed(roles: frozenset[str]) -> dict[str, bool]:
    """Return, for every action of the table, whether the roles allow it: pages leave out what would be refused."""
    return {name: bool(action.roles & roles) for name, action in access.ACTIONS.items()}


@lru_cache(maxsize=512)
def _first(name: str) -> str | None:
    try:
        get_template(name)
    except TemplateDoesNotExist:
        return None
    return name
