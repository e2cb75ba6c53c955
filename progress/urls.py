from django.contrib.auth.views import LogoutView
from django.urls import path

from progress import accounts, playback_views, views

urlpatterns = [
    path("", views.library, name="library"),
    path("videos/<uuid:video_id>/", views.watch, name="watch"),
    path("videos/<uuid:video_id>/hls/multivariant.m3u8", playback_views.multivariant, name="multivariant"),
    path("videos/<uuid:video_id>/hls/<slug:quality>.m3u8", playback_views.media, name="media-playlist"),
    path("videos/<uuid:video_id>/poster.jpg", playback_views.poster, name="poster"),
    path("videos/<uuid:video_id>/storyboard.vtt", playback_views.storyboard, name="storyboard"),
    path("accounts/login/", accounts.SignInView.as_view(), name="login"),
    path("accounts/logout/", LogoutView.as_view(), name="logout"),
    path("accounts/signup/", accounts.sign_up, name="signup"),
]
