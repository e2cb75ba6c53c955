"""moto's server at a secret address, with what is put right of its ECS."""

from collections.abc import Iterable
from urllib.parse import urlsplit
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from moto.ecs import urls
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import BaseWSGIServer, make_server

from vidsite.local_ecs.api import LocalEcs


def make_local_ecs(url: str) -> BaseWSGIServer:
    """Return a server for an address such as http://127.0.0.1:8002/key, of this machine alone."""
    address = urlsplit(url)
    urls.url_paths["{0}/$"] = LocalEcs.dispatch
    application = _only_below(address.path, DomainDispatcherApplication(create_backend_app))
    return make_server("127.0.0.1", address.port or 0, application, threaded=True, request_handler=MotoRequestHandler)


def _only_below(key: str, application: WSGIApplication) -> WSGIApplication:
    """Refuse who does not know the key: a page in a browser, or another user of this machine, could run programs."""

    def guarded(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path != key and not path.startswith(f"{key}/"):
            start_response("403 Forbidden", [("Content-Type", "text/plain")])
            return [b"The address lacks its key."]
        rest = path.removeprefix(key) or "/"
        return application(environ | {"PATH_INFO": rest, "RAW_URI": rest, "REQUEST_URI": rest}, start_response)

    return guarded
