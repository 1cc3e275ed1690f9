"""The addresses of training's own pages."""

from django.urls import path, register_converter

from governance.web.converters import DigestConverter
from training.web import custody_views, feed_views, views

register_converter(DigestConverter, "result_digest")
register_converter(DigestConverter, "model_digest")

urlpatterns = [
    path("base-models/", feed_views.base_models, name="base-models"),
    path("base-models/feeds/new/", feed_views.bring, name="feed-bring"),
    path("base-models/observations/new/", feed_views.observe, name="observation-new"),
    path("documents/<model_digest:digest>/dates/", feed_views.dates, name="base-model-dates"),
    path("projects/<slug:slug>/datasets/new/", views.dataset, name="dataset-new"),
    path("documents/<result_digest:digest>/release/", views.release, name="release-propose"),
    path("documents/<result_digest:digest>/use/", views.stop, name="standing-approval"),
    path("documents/<result_digest:digest>/custody/", custody_views.base, name="base-custody"),
    path("documents/<result_digest:digest>/probe/stop/", custody_views.stop, name="probe-stop"),
    path("documents/<result_digest:digest>/probe/reference/", custody_views.reference, name="probe-reference"),
]
