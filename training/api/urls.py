"""Addresses of this app's API below /api/v1/."""

from django.urls import path

from training.api import (
    approvals,
    continuity,
    custody,
    datasets,
    incident,
    inventories,
    observations,
    releases,
    risk,
)

urlpatterns = [
    path("base-models", observations.BaseModels.as_view()),
    path("base-models/<str:digest>/dates", observations.Dates.as_view()),
    path("lifecycle/sources", observations.Sources.as_view()),
    path("lifecycle/formats", observations.Formats.as_view()),
    path("lifecycle/feeds", observations.Feeds.as_view()),
    path("lifecycle/observations", observations.Observations.as_view()),
    path("inventories", inventories.Inventories.as_view()),
    path("inventories/<str:digest>/reconciliation", inventories.ReconciliationView.as_view()),
    path("retirement", risk.Retirement.as_view()),
    path("retirement/<str:digest>", risk.RetirementBase.as_view()),
    path("datasets", datasets.Datasets.as_view()),
    path("standing-approvals/<str:digest>/use", approvals.ApprovalUse.as_view()),
    path("standing-approvals/<str:digest>/stop", approvals.ApprovalStop.as_view()),
    path("releases", releases.Releases.as_view()),
    path("releases/gate", releases.ReleaseGate.as_view()),
    path("deployments", continuity.Deployments.as_view()),
    path("incident", incident.IncidentAnswers.as_view()),
    path("incident/file", incident.IncidentFile.as_view()),
    path("incident/marks", incident.IncidentMarks.as_view()),
    path("incident/marks/<str:digest>/clear", incident.IncidentMarkClear.as_view()),
    path("releases/<str:digest>/changes", incident.DocumentChanges.as_view()),
    path("projects/<str:slug>/changes", incident.ProjectChanges.as_view()),
    path("deployments/events", incident.DeploymentEvents.as_view()),
    path("deployments/table", continuity.DeploymentsTable.as_view()),
    path("base-models/<str:digest>/dependants", continuity.BlastRadius.as_view()),
    path("base-models/<str:digest>/custody", custody.Custody.as_view()),
    path("fallback-plans/<str:digest>", continuity.Fallback.as_view()),
    path("fallback-plans/<str:digest>/drills", continuity.FallbackDrills.as_view()),
    path("fallback-plans/<str:digest>/measure", continuity.FallbackMeasure.as_view()),
    path("requalification", continuity.Requalification.as_view()),
]
