"""Cameras, set up by the owners of their household."""

from django.contrib import admin

from households.admin import OwnersAdmin
from streaming import services
from streaming.forms import CameraForm
from streaming.models import Camera


@admin.register(Camera)
class CameraAdmin(OwnersAdmin):
    form = CameraForm
    list_display = ["name", "household", "place", "source_kind", "is_enabled", "position"]
    list_select_related = ["household"]
    search_fields = ["name", "place"]
    fieldsets = [
        (None, {"fields": ["household", "name", "place", "is_enabled"]}),
        (
            "Where the pictures come from",
            {
                "fields": [
                    "source_kind",
                    "source_address",
                    "rtsp_transport",
                    "allows_transcoding",
                ]
            },
        ),
        ("More", {"classes": ["collapse"], "fields": ["slug", "position", "ring_megabytes"]}),
    ]

    def rows_of(self, user):
        return Camera.objects.owned_by(user)

    def lookup_allowed(self, lookup, value, request) -> bool:
        """No filter by address: its answers would spell the password out."""
        return not lookup.startswith("source_address") and super().lookup_allowed(
            lookup, value, request
        )

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change, **kwargs)
        return type(form.__name__, (form,), {"actor": request.user})

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        """With a live preview for those who live with the camera: superusers need not."""
        if obj is not None:
            context["watchable"] = (
                Camera.objects.watchable_by(request.user).filter(pk=obj.pk).first()
            )
        return super().render_change_form(request, context, add, change, form_url, obj)

    def save_model(self, request, camera: Camera, form: CameraForm, change: bool) -> None:
        services.save_camera(camera)

    def delete_model(self, request, camera: Camera) -> None:
        services.remove_camera(camera)

    def delete_queryset(self, request, cameras) -> None:
        for camera in cameras:
            services.remove_camera(camera)
