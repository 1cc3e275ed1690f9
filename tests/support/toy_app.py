"""Installs the tests' own purpose in the processes of a deployment; named by `tests.support.toy_settings` only."""

from django.apps import AppConfig


class ToyConfig(AppConfig):
    name = "tests.support.toy_app"
    label = "toy"

    def ready(self) -> None:
        from governance import access, registry
        from tests.support import toy

        access.register_action(toy.ACTION, "start toy work", {access.ENGINEER}, access.LAUNCH)
        for kind in toy.KINDS:
            registry.register_kind(kind)
        registry.register_purpose(toy.purpose())
