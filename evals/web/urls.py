"""The addresses of evaluation's own pages."""

from django.urls import path, register_converter

from evals.web import (
    arm_views,
    calibration_views,
    candidate_views,
    case_views,
    failure_views,
    grading,
    library_views,
    measures,
    plans,
    session_views,
    views,
)
from governance.web.converters import DigestConverter

register_converter(DigestConverter, "set_digest")
register_converter(DigestConverter, "looked_digest")
register_converter(DigestConverter, "graded_digest")

urlpatterns = [
    path("projects/<slug:slug>/quality/new/", views.assess, name="quality-assess"),
    path("projects/<slug:slug>/measures/new/", measures.new, name="measures-new"),
    path("projects/<slug:slug>/measures/table/", measures.table, name="measures-table"),
    path("projects/<slug:slug>/production-samples/new/", views.sample, name="production-sample"),
    path("projects/<slug:slug>/cases/new/", case_views.bring, name="cases-bring"),
    path("projects/<slug:slug>/cases/understood/", case_views.understood, name="cases-understood"),
    path("projects/<slug:slug>/graders/new/", case_views.graders, name="graders-bring"),
    path("documents/<set_digest:digest>/findings/", views.findings, name="quality-findings"),
    path("documents/<set_digest:digest>/cases/", case_views.cases, name="cases"),
    path("documents/<set_digest:digest>/cases/download/", case_views.download, name="cases-download"),
    path("documents/<set_digest:digest>/cases/changes/", case_views.changes, name="cases-changes"),
    path("documents/<set_digest:digest>/cases/retire/", case_views.retire, name="cases-retire"),
    path("documents/<looked_digest:digest>/failures/", failure_views.failures, name="failures"),
    path("documents/<looked_digest:digest>/failures/download/", failure_views.download, name="failures-download"),
    path("documents/<looked_digest:digest>/failures/mark/", candidate_views.mark, name="failure-mark"),
    path("documents/<looked_digest:digest>/what-if/", failure_views.what_if, name="what-if"),
    path("documents/<looked_digest:digest>/inspect-log/", failure_views.inspect_log, name="inspect-log"),
    path("projects/<slug:slug>/candidates/", candidate_views.candidates, name="candidates"),
    path("projects/<slug:slug>/candidates/download/", candidate_views.download, name="candidates-download"),
    path("documents/<set_digest:digest>/arms/", arm_views.side_by_side, name="arms"),
    path("documents/<set_digest:digest>/arms/differences/", arm_views.differences, name="arm-differences"),
    path("documents/<set_digest:digest>/cases/answers/", arm_views.answers, name="arm-answers"),
    path("documents/<set_digest:digest>/arms/new/", arm_views.measure, name="arms-new"),
    path("projects/<slug:slug>/failure-modes/", library_views.failure_library, name="failure-modes"),
    path("projects/<slug:slug>/sessions/", session_views.overview, name="sessions"),
    path("sessions/<uuid:identifier>/", session_views.session, name="session"),
    path("sessions/<uuid:identifier>/live/", session_views.live, name="session-live"),
    path("sessions/<uuid:identifier>/<int:number>/", session_views.exchange, name="session-exchange"),
    path("projects/<slug:slug>/thresholds/new/", plans.begin, name="thresholds-begin"),
    path("drafts/<uuid:identifier>/thresholds/", plans.thresholds, name="thresholds-draft"),
    path("documents/<graded_digest:digest>/judge/", calibration_views.judge, name="judge-again"),
    path("documents/<graded_digest:digest>/calibrate/", calibration_views.calibrate, name="calibrate"),
    path("projects/<slug:slug>/grading/", grading.rounds, name="grading-rounds"),
    path("projects/<slug:slug>/grading/new/", grading.open_round, name="grading-open"),
    path("grading/<uuid:identifier>/", grading.round_page, name="grading-round"),
    path("grading/<uuid:identifier>/agreement/", grading.agreement, name="grading-agreement"),
    path("grading/<uuid:identifier>/close/", grading.close, name="grading-close"),
    path("grading/<uuid:identifier>/abandon/", grading.abandon, name="grading-abandon"),
    path("grading/<uuid:identifier>/items/<str:name>/", grading.item, name="grading-item"),
]
