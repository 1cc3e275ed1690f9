"""The stock admin over raw records, read-only: governed things change through services alone, on the ledger.

It crosses the borders between projects, so only staff see it, and nobody is staff unless the operator says so.
"""

from typing import TYPE_CHECKING, Any

from allauth.account.decorators import secure_admin_login
from django.apps import apps
from django.contrib import admin
from django.db import models
from django.http import HttpRequest

# Secrets and bytes: the former nobody needs to see, the latter read as noise.
# Sign-in is changed by services, on the ledger; its stock pages would change it without.
UNSEEN = {"account", "socialaccount", "mfa", "knox"}
HIDDEN = {"password", "token_sha256", "handle", "key_sha256"}


if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
else:
    ModelAdmin = admin.ModelAdmin  # generic for the type checker alone


class ReadOnly(ModelAdmin):
    """Lists and shows; adds, changes and deletes nothing, whatever permission the person holds."""

    actions = None
    list_per_page = 50
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return [field.name for field in _shown(self.model)]

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        return [
            field.name for field in _shown(self.model) if not isinstance(field, models.JSONField | models.TextField)
        ]

    def get_list_select_related(self, request: HttpRequest) -> list[str]:
        return [field.name for field in _shown(self.model) if isinstance(field, models.ForeignKey)]


def _shown(model: type[models.Model]) -> list[Any]:
    return [f for f in model._meta.fields if f.name not in HIDDEN and not isinstance(f, models.BinaryField)]


admin.site.site_header = "Countersign: raw records, read-only"
admin.site.site_title = "Countersign records"
# Whoever is staff signs in where everybody does, with the second factor.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
for model in [model for model in admin.site._registry if model._meta.app_label in UNSEEN]:
    admin.site.unregister(model)
for governed in apps.get_app_config("governance").get_models():
    admin.site.register(governed, ReadOnly)
