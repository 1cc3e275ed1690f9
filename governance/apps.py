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

        from governance import checks, disposal, policy, policy_words, registry, triggers  # noqa: F401  (checks register)
        from governance.access import COMPLIANCE_OFFICER, OWNER
        from governance.reports import printed
        from governance.web import signed

        registry.register_kind(
            registry.Kind(
                name=policy.KIND,
                label="policy",
                schema=policy.PolicyBody,
                shelf=True,
                authors=frozenset({OWNER, COMPLIANCE_OFFICER}),
                vet=policy.vet,
                told=policy_words.told,
                printed="policy",
                sections=printed.section("policy"),
            )
        )
        _register_papers()
        _register_reports()
        registry.register_kind(
            registry.Kind(
                name=disposal.KIND,
                label="disposal",
                schema=disposal.DisposalBody,
                least_signatures=2,
                printed="any body",
                sections=printed.section("any body"),
                shelf=True,
                authors=frozenset({OWNER, COMPLIANCE_OFFICER}),
            )
        )
        user_logged_in.connect(signed.opened, dispatch_uid="countersign sign-ins")
        user_logged_out.connect(signed.closed, dispatch_uid="countersign sign-outs")
        user_locked_out.connect(signed.locked, dispatch_uid="countersign lockouts")
        post_migrate.connect(triggers.install, sender=self, dispatch_uid="countersign triggers")
        self.fit()

    def fit(self) -> None:
        """Refuse to start on what an operator wrote and cannot have meant, and in production with keys of the demo."""
        from governance import anchors, keyfiles, witnesses

        witnesses.policy()
        anchors.configured()
        if settings.PRODUCTION:
            keyfiles.refuse_demo_keys()


def _register_papers() -> None:
    """Register what lets work go on past a red check, and who may be kept from signing."""
    from governance import bodies, registry
    from governance.reports import printed
    from governance.selectors import documents, waivers

    registry.register_kind(
        registry.Kind(
            name=bodies.WAIVER,
            label="waiver",
            schema=bodies.WaiverBody,
            links={"spec": registry.Link(registry.GATES.keys())},
            examine=waivers.examine,
            also_excluded=waivers.behind,
            least_signatures=2,
            printed="waiver",
            sections=printed.section("waiver"),
        )
    )
    registry.register_kind(
        registry.Kind(
            name=bodies.RETROSPECTIVE,
            label="retrospective",
            schema=bodies.RetrospectiveBody,
            links={"waiver": registry.Link({bodies.WAIVER})},
            printed="retrospective",
            sections=printed.section("retrospective"),
        )
    )
    registry.register_exclusion(
        registry.Exclusion(
            "launcher",
            "whoever launched what it rests on",
            lambda document: waivers.launchers(documents.closure([document]).values()),
        )
    )


def _register_reports() -> None:
    """Register the reports that are about documents of any kind, and about the ledger."""
    from governance import registry
    from governance.reports import access_report, audit_package, audit_sample, extract, lineage, register

    registry.register_report(lineage.KIND)
    registry.register_report(extract.KIND)
    registry.register_report(register.KIND)
    registry.register_report(access_report.KIND)
    registry.register_report(audit_sample.KIND)
    registry.register_report(audit_package.KIND)
