"""The WSGI application that gunicorn serves."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("COUNTERSIGN_PROCESS", "web")

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()

from governance.triggers import require  # noqa: E402  (the apps are loaded now)

require()
