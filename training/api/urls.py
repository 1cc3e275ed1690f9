"""Addresses of this app's API below /api/v1/."""

from django.urls import path

from training.api import datasets, releases

urlpatterns = [
    path("datasets", datasets.Datasets.as_view()),
    path("releases", releases.Releases.as_view()),
    path("releases/gate", releases.ReleaseGate.as_view()),
]
