from django.urls import path

from transcoding import hooks

urlpatterns = [path("hooks/ecs/", hooks.ecs)]
