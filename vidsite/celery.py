"""The Celery application; tasks are declared with @shared_task, so nobody imports this but the worker."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vidsite.settings")

app = Celery("vidsite")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
