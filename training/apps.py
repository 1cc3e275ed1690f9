"""Django's entry into this app: registers its kinds, actions, purpose, subjects and the tier of a project."""

from django.apps import AppConfig


class TrainingConfig(AppConfig):
    name = "training"
    verbose_name = "Training"

    def ready(self) -> None:
        from governance import access, registry
        from training import (
            continuity_kinds,
            custody_kinds,
            documents,
            drills,
            policy_templates,
            probing,
            purposes,
            subjects,
        )
        from training.selectors.tiers import tiers
        from training.services import approvals, probes, refresh

        proposers = {access.ENGINEER, access.OWNER}
        access.register_action("release.propose", "put a release forward", proposers, access.WRITE)
        access.register_action(approvals.ACTION, "stop a standing approval", access.SIGNERS)
        documents.register()
        custody_kinds.register()
        continuity_kinds.register()
        purposes.register()
        drills.register()
        probing.register()
        subjects.register()
        policy_templates.register()
        registry.TIERS_OF.append(tiers)
        registry.ROUTINES += [approvals.tell_weekly, refresh.by_the_clock, probes.launch_due]
