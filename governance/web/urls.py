"""The addresses of the pages of what governance knows."""

from django.urls import path, register_converter

from governance.web.converters import DigestConverter
from governance.web.views import documents, drafts, inbox, ledger, projects, reports, requests, runs, search, session

register_converter(DigestConverter, "digest")

urlpatterns = [
    path("", inbox.inbox, name="inbox"),
    path("sign-in/", session.SignIn.as_view(), name="sign-in"),
    path("sign-out/", session.SignOut.as_view(), name="sign-out"),
    path("search/", search.search, name="search"),
    path("projects/", projects.projects, name="projects"),
    path("projects/<slug:slug>/", projects.project, name="project"),
    path("projects/<slug:slug>/documents/", documents.documents, name="documents"),
    path("projects/<slug:slug>/requests/", requests.requests, name="requests"),
    path("projects/<slug:slug>/runs/", runs.runs, name="runs"),
    path("projects/<slug:slug>/reports/", reports.reports, name="project-reports"),
    path("projects/<slug:slug>/reports/rows/", reports.rows, name="project-report-rows"),
    path("projects/<slug:slug>/ledger/", ledger.ledger, name="project-ledger"),
    path("projects/<slug:slug>/drafts/new/", drafts.choose, name="draft-choose"),
    path("projects/<slug:slug>/drafts/new/<str:kind>/", drafts.begin, name="draft-begin"),
    path("shelf/", documents.shelf, name="shelf"),
    path("shelf/drafts/new/", drafts.choose, name="shelf-draft-choose"),
    path("shelf/drafts/new/<str:kind>/", drafts.begin, name="shelf-draft-begin"),
    path("documents/request/", documents.request_signatures, name="request-signatures"),
    path("documents/<digest:digest>/", documents.document, name="document"),
    path("documents/<digest:digest>/bytes/", documents.canonical_bytes, name="canonical-bytes"),
    path("documents/<digest:digest>/revoke/", documents.revoke, name="revoke"),
    path("documents/<digest:digest>/next/", drafts.next_version, name="next-version"),
    path("documents/<digest:digest>/launch/", runs.launch, name="launch"),
    path("drafts/<uuid:identifier>/", drafts.draft, name="draft"),
    path("drafts/<uuid:identifier>/freeze/", drafts.freeze, name="freeze"),
    path("requests/<uuid:identifier>/", requests.request_page, name="request"),
    path("requests/<uuid:identifier>/sign/", requests.sign, name="sign"),
    path("requests/<uuid:identifier>/reject/", requests.reject, name="reject"),
    path("requests/<uuid:identifier>/withdraw/", requests.withdraw, name="withdraw"),
    path("runs/<uuid:identifier>/", runs.run, name="run"),
    path("runs/<uuid:identifier>/progress/", runs.progress, name="run-progress"),
    path("runs/<uuid:identifier>/cancel/", runs.cancel, name="run-cancel"),
    path("reports/", reports.reports, name="reports"),
    path("reports/rows/", reports.rows, name="report-rows"),
    path("reports/request/", reports.request_report, name="request-report"),
    path("reports/<uuid:identifier>/file/", reports.download, name="report-file"),
    path("ledger/", ledger.ledger, name="ledger"),
    path("ledger/<int:seq>/", ledger.entry, name="ledger-entry"),
]
