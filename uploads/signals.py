"""News from uploads to the layers above.

`upload_completed(video: Video)` — the source is whole in the store and its row says UPLOADED. Sent inside the
transaction that says so: a receiver that raises rolls it back, and the event is delivered again.
"""

from django.dispatch import Signal

upload_completed = Signal()
