"""The addresses of training's own pages."""

from django.urls import path, register_converter

from governance.web.converters import DigestConverter
from training.web import views

register_converter(DigestConverter, "result_digest")

urlpatterns = [
    path("projects/<slug:slug>/datasets/new/", views.dataset, name="dataset-new"),
    path("documents/<result_digest:digest>/release/", views.release, name="release-propose"),
    path("documents/<result_digest:digest>/use/", views.stop, name="standing-approval"),
]
