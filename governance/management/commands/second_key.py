"""`manage.py second_key`: give the log an ML-DSA-44 key beside its Ed25519 key, and print its public half."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from governance.errors import Conflict
from governance.services.second_key import second_key_make


class Command(BaseCommand):
    help = "Make the log's ML-DSA-44 key: checkpoints carry a second line from then on. Prints the key to publish."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self.stdout.write(second_key_make())
        except Conflict as problem:
            raise CommandError(str(problem)) from problem
