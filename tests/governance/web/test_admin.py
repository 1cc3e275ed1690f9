"""The stock admin shows raw records and changes none, even for a superuser."""

import pytest
from django.apps import apps
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from governance.models import LedgerEntry, User
from tests.governance.web.world import World


@pytest.fixture
def root(world: World) -> Client:
    client = Client()
    user = User.objects.create_superuser("root", password="x", printed_name="Root")
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_every_governed_model_is_there(world: World) -> None:
    assert set(apps.get_app_config("governance").get_models()) <= set(admin.site._registry)


@pytest.mark.parametrize("model", list(apps.get_app_config("governance").get_models()), ids=lambda m: m.__name__)
def test_read_only(world: World, root: Client, model) -> None:
    base = f"admin:governance_{model._meta.model_name}"
    assert root.get(reverse(f"{base}_changelist")).status_code == 200
    assert root.get(reverse(f"{base}_add")).status_code == 403
    row = model.objects.order_by("pk").first()
    if row is None:
        return
    page = root.get(reverse(f"{base}_change", args=[row.pk]))
    assert page.status_code == 200
    shown = page.content.decode()
    assert not [name for name in ("password", "key_sha256", "token_sha256") if f"field-{name}" in shown]
    assert root.post(reverse(f"{base}_change", args=[row.pk]), {}).status_code == 403
    assert root.post(reverse(f"{base}_delete", args=[row.pk]), {"post": "yes"}).status_code == 403
    assert model.objects.filter(pk=row.pk).exists()


def test_bulk_deletion_is_not_offered(world: World, root: Client) -> None:
    url = reverse("admin:governance_ledgerentry_changelist")
    before = LedgerEntry.objects.count()
    root.post(url, {"action": "delete_selected", "_selected_action": ["0", "1"], "post": "yes"})
    assert LedgerEntry.objects.count() == before


def test_people_who_work_here_do_not_get_in(world: World, as_) -> None:
    assert as_(world.owner).get("/admin/").status_code == 302
