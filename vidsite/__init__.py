"""Wiring: settings, urls, asgi, celery, and the commands that run everything on one machine."""

# Loaded with Django, so that @shared_task finds the configured broker in the web process too.
from vidsite.celery import app as celery_app

__all__ = ["celery_app"]
