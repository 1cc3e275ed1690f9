"""The addresses of training's own pages."""

from django.urls import path, register_converter

from governance.web.converters import DigestConverter
from training.web import (
    custody_views,
    deployment_views,
    fallback_views,
    feed_views,
    incident_views,
    inventory_views,
    risk_views,
    views,
)

register_converter(DigestConverter, "result_digest")
register_converter(DigestConverter, "model_digest")
register_converter(DigestConverter, "base_digest")

urlpatterns = [
    path("base-models/", feed_views.base_models, name="base-models"),
    path("base-models/feeds/new/", feed_views.bring, name="feed-bring"),
    path("base-models/observations/new/", feed_views.observe, name="observation-new"),
    path("documents/<model_digest:digest>/dates/", feed_views.dates, name="base-model-dates"),
    path("inventories/", inventory_views.inventories, name="inventories"),
    path("inventories/new/", inventory_views.bring, name="inventory-bring"),
    path("inventories/<result_digest:digest>/", inventory_views.reconciliation, name="reconciliation"),
    path("inventories/<result_digest:digest>/table.csv", inventory_views.exported, name="reconciliation-csv"),
    path("retirement/", risk_views.overview, name="retirement"),
    path("retirement/assess/", risk_views.assess, name="retirement-assess"),
    path("retirement/<base_digest:digest>/", risk_views.base, name="retirement-base"),
    path("projects/<slug:slug>/datasets/new/", views.dataset, name="dataset-new"),
    path("documents/<result_digest:digest>/release/", views.release, name="release-propose"),
    path("documents/<result_digest:digest>/use/", views.stop, name="standing-approval"),
    path("documents/<result_digest:digest>/custody/", custody_views.base, name="base-custody"),
    path("documents/<result_digest:digest>/probe/stop/", custody_views.stop, name="probe-stop"),
    path("documents/<result_digest:digest>/probe/reference/", custody_views.reference, name="probe-reference"),
    path("projects/<slug:slug>/deployments/", deployment_views.listed, name="deployments"),
    path("projects/<slug:slug>/deployments/new/", deployment_views.new, name="deployment-new"),
    path("projects/<slug:slug>/deployments/table/", deployment_views.table, name="deployments-table"),
    path("incident/", incident_views.ask, name="incident"),
    path("documents/<result_digest:digest>/incident/", incident_views.answer, name="incident-answer"),
    path("documents/<result_digest:digest>/happened/", incident_views.record, name="deployment-event"),
    path("documents/<result_digest:digest>/unsafe/", incident_views.mark, name="incident-mark"),
    path("documents/<result_digest:digest>/changes/", incident_views.compare, name="changes"),
    path("projects/<slug:slug>/changes/", incident_views.between, name="project-changes"),
    path("documents/<result_digest:digest>/dependants/", deployment_views.blast_radius, name="blast-radius"),
    path("projects/<slug:slug>/fallback-plans/new/", fallback_views.new, name="fallback-new"),
    path("documents/<result_digest:digest>/fallback/", fallback_views.fallback, name="fallback"),
    path("requalification/", fallback_views.requalifying, name="requalification"),
    path("requalification/estimates/new/", fallback_views.estimate, name="estimate-new"),
]
