"""What sealed reports tell of what people do here, and the reports that are about more than one document."""


def register() -> None:
    """Register the reports that are not about one document."""
    from governance.registry import register_report
    from training.reports import evidence_map, incident, qualification

    for kind in (evidence_map.KIND, incident.INCIDENT, incident.CHANGE, incident.PERIOD, qualification.KIND):
        register_report(kind)
