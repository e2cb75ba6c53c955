"""HTTP to Django, WebSockets to the progress consumers, both behind a limit on what one request may send."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vidsite.settings")
django_application = get_asgi_application()  # loads the app registry, which the imports below need

from channels.auth import AuthMiddlewareStack  # noqa: E402 — see above
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402 — likewise
from channels.security.websocket import AllowedHostsOriginValidator  # noqa: E402 — likewise

from progress.routing import websocket_urlpatterns  # noqa: E402 — likewise
from vidsite.body_limit import BodyLimit  # noqa: E402 — likewise

application = ProtocolTypeRouter(
    {
        "http": BodyLimit(django_application),
        "websocket": AllowedHostsOriginValidator(AuthMiddlewareStack(URLRouter(websocket_urlpatterns))),
    }
)
