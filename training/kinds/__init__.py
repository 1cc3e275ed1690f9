"""The kinds of documents: who writes and signs them, what they refer to, what reports tell of them."""


def register() -> None:
    """Register every kind of this app."""
    from training.kinds import continuity, custody, inventories, observations, risk, serving, tuning

    for family in (tuning, observations, custody, continuity, inventories, risk, serving):
        family.register()
