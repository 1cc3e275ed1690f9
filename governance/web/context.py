"""What every full page shows around its content: the projects and how much waits."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from governance import access
from governance.models import Organisation, User
from governance.selectors import inbox, notices
from governance.selectors.people import is_member, my_projects
from governance.web import extensions


def navigation(request: HttpRequest) -> dict[str, Any]:
    """Return the navigation's parts; each is read only if the template asks, so fragments cost nothing."""
    user = getattr(request, "user", None)
    if not isinstance(user, User):
        return {}
    return {
        "organisation": SimpleLazyObject(Organisation.objects.first),
        "nav_templates": SimpleLazyObject(lambda: extensions.nav_templates() if is_member(user) else []),
        "audit_templates": SimpleLazyObject(lambda: extensions.audit_templates() if is_member(user) else []),
        "my_projects": SimpleLazyObject(lambda: my_projects(user) if is_member(user) else []),
        "waiting_count": SimpleLazyObject(lambda: len(inbox.turns(user))),
        "unread_count": SimpleLazyObject(lambda: notices.mine(user, unread=True).count()),
        "may_read_keys": SimpleLazyObject(lambda: access.can(user, "keys.read", None)),
        "may_list_reads": SimpleLazyObject(lambda: access.can(user, "record.list", None)),
        "may_read_ledger": SimpleLazyObject(lambda: access.can(user, "ledger.read", None)),
    }
