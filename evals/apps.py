"""Django's entry into this app: registers what it plugs in."""

from django.apps import AppConfig


class EvalsConfig(AppConfig):
    name = "evals"
    verbose_name = "Evals"
