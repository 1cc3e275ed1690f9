"""Every address, by door: pages, API, the runners' control API, and the read-only admin."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("control/v1/", include("governance.jobs.control")),
]
