"""Django's entry into this app: registers its kinds, actions, purpose, subjects and the tier of a project."""

from django.apps import AppConfig


class TrainingConfig(AppConfig):
    name = "training"
    verbose_name = "Training"

    def ready(self) -> None:
        from django.core import checks

        from governance import access, registry
        from governance.selectors.due_terms import register_due
        from training import feed_list, kinds, policy_templates, purposes, reports, subjects
        from training.bodies.continuity import FALLBACK
        from training.selectors import fallbacks
        from training.selectors import risk as at_risk
        from training.selectors.tiers import tiers
        from training.services import approvals, probes, refresh, risk, risk_reviews

        proposers = {access.ENGINEER, access.OWNER}
        access.register_action("release.propose", "put a release forward", proposers, access.WRITE)
        access.register_action(approvals.ACTION, "stop a standing approval", access.SIGNERS)
        assessors = {access.OWNER, access.COMPLIANCE_OFFICER, access.ENGINEER}
        access.register_action(risk.ACTION, "assess retirement risk", assessors, access.WRITE)
        registry.register_period(registry.Period(at_risk.REVIEW, "the next look at retirement risk", 90))
        label = "the review of a base model about which something changed"
        registry.register_period(registry.Period(risk_reviews.DUE, label, 30))
        kinds.register()
        reports.register()
        purposes.register()
        subjects.register()
        policy_templates.register()
        checks.register(feed_list.fit, checks.Tags.compatibility)
        registry.TIERS_OF.append(tiers)
        register_due(fallbacks.due_items, FALLBACK, fallbacks.DUE_WORDS, fallbacks.TOLD)
        registry.ROUTINES += [approvals.tell_weekly, refresh.by_the_clock, probes.launch_due, risk.by_clock]
