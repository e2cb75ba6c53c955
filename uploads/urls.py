from django.urls import path

from uploads import store_views, views

urlpatterns = [
    path("upload/", views.upload_page, name="upload"),
    path("store/<path:key>", store_views.store_object),
]
