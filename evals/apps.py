"""Django's entry into this app: registers its kinds and its purpose."""

from django.apps import AppConfig


class EvalsConfig(AppConfig):
    name = "evals"
    verbose_name = "Evaluation"

    def ready(self) -> None:
        from evals import assessments, conversations, documents, purposes

        documents.register()
        purposes.register()
        conversations.register()
        assessments.register()
