"""Settings, urls, wsgi and asgi: wiring only."""
