"""Every page of the portal."""

from django.contrib import admin
from django.urls import include, path

from detections import api
from petcam_site.views import healthz

urlpatterns = [
    path("", include("streaming.urls")),
    path("", include("households.urls")),
    path("", include("detections.urls")),
    path("", include("recordings.urls")),
    path("api/", include((api.urlpatterns(), "api"))),
    path("admin/", admin.site.urls),
    path("healthz", healthz, name="healthz"),
]
