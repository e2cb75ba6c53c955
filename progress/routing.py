from django.urls import path, re_path

from progress.consumers import Nowhere, VideoConsumer

websocket_urlpatterns = [
    path("ws/videos/", VideoConsumer.as_asgi()),
    path("ws/videos/<uuid:video_id>/", VideoConsumer.as_asgi()),
    re_path("", Nowhere.as_asgi()),
]
