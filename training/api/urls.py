"""Addresses of this app's API below /api/v1/."""

from django.urls import path

from training.api import approvals, datasets, releases

urlpatterns = [
    path("datasets", datasets.Datasets.as_view()),
    path("standing-approvals/<str:digest>/use", approvals.ApprovalUse.as_view()),
    path("standing-approvals/<str:digest>/stop", approvals.ApprovalStop.as_view()),
    path("releases", releases.Releases.as_view()),
    path("releases/gate", releases.ReleaseGate.as_view()),
]
