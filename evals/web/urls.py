"""The addresses of evaluation's own pages."""

from django.urls import path

from evals.web import views

urlpatterns = [
    path("projects/<slug:slug>/quality/new/", views.assess, name="quality-assess"),
]
