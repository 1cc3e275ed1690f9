"""Every address, by door: pages, API, the runners' control API, and the read-only admin."""

from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView

urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/v1/", include("governance.api.urls")),
    path("api/v1/", include("evals.api.urls")),
    path("api/v1/", include("training.api.urls")),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("control/v1/", include("governance.jobs.control")),
    path("", include("training.web.urls")),
    path("", include("evals.web.urls")),
    path("", include("governance.web.urls")),
    path("", include("governance.web.sign_in_urls")),
]
