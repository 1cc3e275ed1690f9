"""Django's entry into this app: registers its kinds, actions, purpose, subjects and the tier of a project."""

from django.apps import AppConfig


class TrainingConfig(AppConfig):
    name = "training"
    verbose_name = "Training"

    def ready(self) -> None:
        from django.core import checks

        from governance import access, registry
        from governance.selectors.due_terms import register_due
        from training import (
            continuity_kinds,
            custody_kinds,
            documents,
            drills,
            evidence_map,
            feed_list,
            incident_reports,
            inventory_kinds,
            policy_templates,
            probing,
            purposes,
            qualification_report,
            risk_kinds,
            serving_kinds,
            subjects,
        )
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
        documents.register()
        custody_kinds.register()
        continuity_kinds.register()
        inventory_kinds.register()
        risk_kinds.register()
        serving_kinds.register()
        registry.register_report(evidence_map.KIND)
        for report in (incident_reports.INCIDENT, incident_reports.CHANGE, incident_reports.PERIOD):
            registry.register_report(report)
        registry.register_report(qualification_report.KIND)
        purposes.register()
        drills.register()
        probing.register()
        subjects.register()
        policy_templates.register()
        checks.register(feed_list.fit, checks.Tags.compatibility)
        registry.TIERS_OF.append(tiers)
        register_due(fallbacks.due_items, fallbacks.DUE_WORDS, fallbacks.TOLD)
        registry.ROUTINES += [approvals.tell_weekly, refresh.by_the_clock, probes.launch_due, risk.by_clock]
