"""Cameras, set up by the owners of their household."""

from django.contrib import admin
from django.http import Http404
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from households.admin import OwnersAdmin
from streaming import camera_test, services
from streaming.forms import CameraForm, SourceForm
from streaming.models import Camera


@admin.register(Camera)
class CameraAdmin(OwnersAdmin):
    form = CameraForm
    list_display = ["name", "now", "place", "source", "household"]
    list_select_related = ["household"]
    search_fields = ["name", "place"]
    fieldsets = [
        (None, {"fields": ["household", "name", "place", "is_enabled", "finds_pets"]}),
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

    @admin.display(description="source", ordering="source_kind")
    def source(self, camera: Camera) -> str:
        return camera.get_source_kind_display().partition(":")[0]

    @admin.display(description="now")
    def now(self, camera: Camera) -> str:
        """What viewers are told: the problem in words, or the state."""
        known = services.known_state(camera)
        return known["text"] or known["state"]

    def lookup_allowed(self, lookup, value, request) -> bool:
        """No filter by address: its answers would spell the password out."""
        return not lookup.startswith("source_address") and super().lookup_allowed(
            lookup, value, request
        )

    def get_readonly_fields(self, request, obj=None):
        """What a camera has seen and recorded is its household's: another one adds it anew."""
        return ["household"] if obj else []

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change, **kwargs)
        return type(form.__name__, (form,), {"actor": request.user})

    def get_urls(self):
        test = self.admin_site.admin_view(self.test_connection)
        return [
            path("test/", test, name="streaming_camera_test_new"),
            path("<path:object_id>/test/", test, name="streaming_camera_test"),
            *super().get_urls(),
        ]

    @method_decorator(require_POST)
    @method_decorator(sensitive_post_parameters("source_address"))
    def test_connection(self, request, object_id=None):
        """Tests the source as it stands in the form, saved or not; the answer is part of a page."""
        camera = self.get_object(request, object_id) if object_id else Camera()
        if camera is None or not self.has_module_permission(request):
            raise Http404
        form_class = type("Form", (SourceForm,), {"actor": request.user})
        form = form_class(request.POST, instance=camera)
        found = {"form": form}
        if form.is_valid():
            try:
                found["report"] = camera_test.run(camera, asked_by=request.user)
            except camera_test.AlreadyTesting:
                found["is_busy"] = True
        return render(request, "admin/streaming/camera/_report.html", found)

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        """With a live preview for those who live with the camera: superusers need not."""
        context["probe_seconds"] = camera_test.SECONDS
        context["test_url"] = (
            reverse("admin:streaming_camera_test", args=[obj.pk])
            if obj
            else reverse("admin:streaming_camera_test_new")
        )
        if obj is not None:
            context["is_owner"] = self.rows_of(request.user).filter(pk=obj.pk).exists()
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
