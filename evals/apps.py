"""Django's entry into this app: registers its kinds and its purpose."""

from django.apps import AppConfig


class EvalsConfig(AppConfig):
    name = "evals"
    verbose_name = "Evaluation"

    def ready(self) -> None:
        from evals import assessments, conversations, documents, purposes
        from evals.reports.failing import FAILURES
        from governance.registry import register_report

        documents.register()
        purposes.register()
        conversations.register()
        assessments.register()
        register_report(FAILURES)
