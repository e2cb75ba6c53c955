"""The JSON API: each app's router, and one shape for every error."""

import logging
from collections.abc import Sequence
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI, Router
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.security import SessionAuth

from progress.api import router as videos_router
from transcoding.api import router as jobs_router
from uploads.api import router as uploads_router
from uploads.errors import NotFound, UserError
from uploads.stores import StoreError

logger = logging.getLogger(__name__)

api = NinjaAPI(
    title="vidsite",
    version="1",
    description="Upload, follow and watch videos. Errors are {code, message}; the code is stable.",
    auth=SessionAuth(),
)
api.add_router("/uploads", uploads_router, tags=["uploads"])
api.add_router("/videos", videos_router, tags=["videos"])
api.add_router("/jobs", jobs_router, tags=["transcoder"])

elsewhere = Router()
api.add_router("", elsewhere)  # last, as it takes every path that is left


@elsewhere.api_operation(["GET", "POST", "PUT", "PATCH", "DELETE"], "/{path:rest}", auth=None, include_in_schema=False)
def nothing_here(request: HttpRequest, rest: str) -> None:
    """Answer what is no door of the API, an id that is no UUID among it, like what is not there."""
    raise NotFound


@api.exception_handler(UserError)
def on_user_error(request: HttpRequest, error: UserError) -> HttpResponse:
    body = {"code": error.code, "message": error.message, **error.details}
    return api.create_response(request, body, status=error.status)


@api.exception_handler(AuthenticationError)
def on_not_signed_in(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    body = {"code": "not-signed-in", "message": "Sign in first, then try again."}
    return api.create_response(request, body, status=401)


@api.exception_handler(HttpError)
def on_refused(request: HttpRequest, error: HttpError) -> HttpResponse:
    """What ninja itself refuses: a body that is no JSON, a call without the CSRF token."""
    if error.status_code == HTTPStatus.FORBIDDEN:
        message = "The site could not tell that this call came from its own page. Load the page again."
        return api.create_response(request, {"code": "csrf", "message": message}, status=403)
    body = {"code": "invalid", "message": f"The request is not understood: {error.message}."}
    return api.create_response(request, body, status=error.status_code)


@api.exception_handler(StoreError)
def on_store_failed(request: HttpRequest, error: StoreError) -> HttpResponse:
    logger.error("The store failed: %s", error, exc_info=error)
    body = {"code": "store.failed", "message": "The storage could not do this. Try again in a moment."}
    return api.create_response(request, body, status=503)


@api.exception_handler(ValidationError)
def on_invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    problems = "; ".join(f"{_field(e['loc'])}: {e['msg']}" for e in error.errors)
    body = {"code": "invalid", "message": f"The request is not understood: {problems}"}
    return api.create_response(request, body, status=422)


def _field(location: Sequence[str | int]) -> str:
    """Return the name of a field as its sender knows it: a body's errors begin with the view's argument, too."""
    inner = location[2:] if location[0] == "body" else location[1:]
    return ".".join(str(part) for part in inner) or "body"
