"""The ASGI application, for servers that prefer it."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("COUNTERSIGN_PROCESS", "web")

from django.core.asgi import get_asgi_application

application = get_asgi_application()

from governance.triggers import require  # noqa: E402  (the apps are loaded now)

require()
