"""Addresses of this app's API below /api/v1/."""

from django.urls import path

from training.api import approvals, datasets, observations, releases

urlpatterns = [
    path("base-models", observations.BaseModels.as_view()),
    path("base-models/<str:digest>/dates", observations.Dates.as_view()),
    path("lifecycle/sources", observations.Sources.as_view()),
    path("lifecycle/formats", observations.Formats.as_view()),
    path("lifecycle/feeds", observations.Feeds.as_view()),
    path("lifecycle/observations", observations.Observations.as_view()),
    path("datasets", datasets.Datasets.as_view()),
    path("standing-approvals/<str:digest>/use", approvals.ApprovalUse.as_view()),
    path("standing-approvals/<str:digest>/stop", approvals.ApprovalStop.as_view()),
    path("releases", releases.Releases.as_view()),
    path("releases/gate", releases.ReleaseGate.as_view()),
]
