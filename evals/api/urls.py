"""Addresses of this app's API below /api/v1/."""

from django.urls import path

from evals.api import quality

urlpatterns = [path("quality-reports", quality.QualityReports.as_view())]
