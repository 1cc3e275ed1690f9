"""What permits are given for: training, restore drills, and probes of hosted models."""


def register() -> None:
    """Register every purpose of this app."""
    from training.purposes import probe, restore, train

    for purpose in (train, restore, probe):
        purpose.register()
