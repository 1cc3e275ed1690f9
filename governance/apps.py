"""Django's entry into this app: registers its kind, lays the triggers, refuses demo keys in production."""

from django.apps import AppConfig
from django.conf import settings
from django.db.models.signals import post_migrate


class GovernanceConfig(AppConfig):
    name = "governance"
    verbose_name = "Governance"

    def ready(self) -> None:
        from governance import checks, keyfiles, policy, registry, triggers  # noqa: F401  (checks register themselves)
        from governance.access import COMPLIANCE_OFFICER, OWNER
        from governance.reports import policy_section

        registry.register_kind(
            registry.Kind(
                name=policy.KIND,
                label="policy",
                schema=policy.PolicyBody,
                shelf=True,
                authors=frozenset({OWNER, COMPLIANCE_OFFICER}),
                vet=policy.vet,
                sections=policy_section.policy,
            )
        )
        post_migrate.connect(triggers.install, sender=self, dispatch_uid="countersign triggers")
        if settings.PRODUCTION:
            keyfiles.refuse_demo_keys()
