"""Middleware that answers 503, and not 500, where a page needs the object store and it does not answer."""

import logging
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from uploads.stores import StoreError

logger = logging.getLogger(__name__)


class StoreDown:
    """The JSON API has an answer of its own: see vidsite.api."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, StoreError):
            return None
        logger.error("The store failed: %s", error, exc_info=error)
        return render(request, "503.html", status=503)
