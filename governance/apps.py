"""Django's entry into this app: registers its kind, lays the triggers, refuses demo keys in production."""

from django.apps import AppConfig
from django.conf import settings
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.db.models.signals import post_migrate


class GovernanceConfig(AppConfig):
    name = "governance"
    verbose_name = "Governance"

    def ready(self) -> None:
        from axes.signals import user_locked_out

        from governance import checks, keyfiles, policy, registry, triggers, witnesses  # noqa: F401  (checks register)
        from governance.access import COMPLIANCE_OFFICER, OWNER
        from governance.reports import policy_section
        from governance.web import signed

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
        user_logged_in.connect(signed.opened, dispatch_uid="countersign sign-ins")
        user_logged_out.connect(signed.closed, dispatch_uid="countersign sign-outs")
        user_locked_out.connect(signed.locked, dispatch_uid="countersign lockouts")
        post_migrate.connect(triggers.install, sender=self, dispatch_uid="countersign triggers")
        witnesses.policy()  # what the operator wrote must make sense before anything starts
        if settings.PRODUCTION:
            keyfiles.refuse_demo_keys()
