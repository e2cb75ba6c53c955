from django.urls import path

from uploads import hooks, store_views, views

urlpatterns = [
    path("upload/", views.upload_page, name="upload"),
    path("hooks/s3/", hooks.s3),
    path("store/<path:key>", store_views.store_object),
]
