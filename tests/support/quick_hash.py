"""Password hashes that cost no time: the deployments' own algorithm, in one round."""

from django.contrib.auth.hashers import PBKDF2PasswordHasher


class OneRound(PBKDF2PasswordHasher):
    """What guards a real password is how long each guess takes; the tests sign in hundreds of times."""

    iterations = 1
