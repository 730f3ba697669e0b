"""What is recorded, what lies on the disk and for how long, for the owners of a household."""

import logging
from datetime import datetime

from django.contrib import admin, messages
from django.db.models import BigIntegerField, ExpressionWrapper, F, Sum
from django.db.models.lookups import In
from django.http import HttpResponseRedirect
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.http import urlencode

from detections.admin import OfManyAdmin
from households.admin import OwnersAdmin
from households.models import Household
from recordings import services, usage
from recordings.models import Alert, Clip, Policy, Segment, Storage
from streaming.models import Camera

log = logging.getLogger(__name__)


class ReadOnlyAdmin(OfManyAdmin):
    """Rows that follow from what happened."""

    def has_change_permission(self, request, obj=None) -> bool:
        return False

    def has_delete_permission(self, request, obj=None) -> bool:
        return False


def _owned_cameras(user) -> list[int]:
    return list(Camera.objects.owned_by(user).values_list("pk", flat=True))


def _now(policy: Policy, health: dict[str, object]) -> str:
    """What the recorder says: the problem in words, or the state."""
    if policy.mode == Policy.Mode.OFF and not health:
        return "off"
    return str(health.get("text") or health.get("state") or "the recorder says nothing")


class OwnCameras(admin.RelatedFieldListFilter):
    """Nobody reads the names of others' cameras in a filter."""

    include_empty_choice = False

    def field_choices(self, field, request, model_admin):
        cameras = Camera.objects.all()
        if not request.user.is_superuser:
            cameras = Camera.objects.owned_by(request.user)
        return [(camera.pk, str(camera)) for camera in cameras]


@admin.register(Policy)
class PolicyAdmin(OwnersAdmin):
    """A row for each camera, with how its recording is."""

    fields = ["camera", "mode", ("pre_s", "post_s"), ("keep_days", "quota_mb")]
    readonly_fields = ["camera"]
    list_display = ["camera", "mode", "now", "keep_days", "quota_mb", "takes"]
    list_select_related = ["camera"]

    def rows_of(self, user):
        return Policy.objects.filter(camera__household__in=Household.objects.owned_by(user))

    def changelist_view(self, request, extra_context=None):
        services.make_policies()
        return super().changelist_view(request, extra_context)

    def get_changelist_instance(self, request):
        """With health and bytes of all the rows at once."""
        changes = super().get_changelist_instance(request)
        cameras = [policy.camera_id for policy in changes.result_list]
        health = services.health_of(cameras)
        taken = Segment.objects.filter(folder__in=cameras).order_by().values_list("folder")
        sizes = dict(taken.annotate(Sum("bytes")))
        for policy in changes.result_list:
            policy.health = health[policy.camera_id]
            policy.taken = sizes.get(policy.camera_id, 0)
        return changes

    @admin.display(description="now")
    def now(self, policy: Policy) -> str:
        return _now(policy, policy.health)

    @admin.display(description="takes")
    def takes(self, policy: Policy) -> str:
        return filesizeformat(policy.taken)

    def has_add_permission(self, request) -> bool:
        return False

    def has_delete_permission(self, request, obj=None) -> bool:
        """It goes with its camera."""
        return False

    def save_model(self, request, policy: Policy, form, change: bool) -> None:
        services.save_policy(policy)


@admin.register(Segment)
class SegmentAdmin(ReadOnlyAdmin):
    """To be read only: files follow the recorder, and retention lets them go."""

    list_display = ["began", "camera", "lasts", "state", "size", "picture", "notes", "watch"]
    list_select_related = ["camera"]
    list_filter = ["state", ("camera", OwnCameras)]
    fields = [
        *("uuid", "camera", "boot", "state", "started_at", "ended_at", "lasts", "size", "frames"),
        *("picture", "codec", "start_90k", "end_90k", "is_after_gap", "is_protected"),
    ]
    ordering = ["-started_at"]

    def rows_of(self, user):
        """Of several cameras no index has the newest first: + 0 keeps SQLite from sorting a month
        of them, and lets it walk through the newest of all."""
        camera = ExpressionWrapper(F("camera") + 0, BigIntegerField())
        return Segment.objects.filter(In(camera, _owned_cameras(user)))

    def get_queryset(self, request):
        return super().get_queryset(request).defer("digest")

    @admin.display(description="began", ordering="started_at")
    def began(self, segment: Segment) -> str:
        return date_format(timezone.localtime(segment.started_at), "j M Y, H:i:s")

    @admin.display(description="notes")
    def notes(self, segment: Segment) -> str:
        notes = {"after a gap": segment.is_after_gap, "kept": segment.is_protected}
        return ", ".join(note for note, holds in notes.items() if holds)

    @admin.display(description="watch")
    def watch(self, segment: Segment) -> str:
        """To the moment in the portal, where there is something to see."""
        if segment.camera is None or segment.state not in Segment.PLAYABLE:
            return ""
        page = reverse("recordings", args=[segment.camera.slug])
        at = {"at": segment.started_at.isoformat()}
        return format_html('<a href="{}?{}">Watch</a>', page, urlencode(at))

    @admin.display(description="lasts")
    def lasts(self, segment: Segment) -> str:
        return f"{(segment.ended_at - segment.started_at).total_seconds():.1f} s"

    @admin.display(description="size")
    def size(self, segment: Segment) -> str:
        return filesizeformat(segment.bytes)

    @admin.display(description="picture")
    def picture(self, segment: Segment) -> str:
        return f"{segment.width} × {segment.height}"


@admin.register(Clip)
class ClipAdmin(OfManyAdmin):
    """Clips are made in the portal; here they get other titles, and go."""

    fields = [
        *("title", "camera", "kind", "started_at", "ended_at", "is_exact", "state", "progress"),
        *("reason", "size", "created_by", "created_at"),
    ]
    readonly_fields = fields[1:]
    list_display = ["__str__", "camera", "kind", "started_at", "state", "progress", "size"]
    list_select_related = ["camera", "created_by"]
    list_filter = ["state", "kind"]

    @admin.display(description="size")
    def size(self, clip: Clip) -> str:
        return filesizeformat(clip.bytes)

    def save_model(self, request, clip: Clip, form, change: bool) -> None:
        services.rename_clip(clip, clip.title)

    def delete_model(self, request, clip: Clip) -> None:
        self._delete(request, [clip])

    def delete_queryset(self, request, clips) -> None:
        self._delete(request, clips)

    def _delete(self, request, clips) -> None:
        try:
            services.delete_clips(clips)
        except OSError as error:
            log.warning("clips not deleted: %s", error)
            text = "The disk refused to delete files: some clips are still there."
            self.message_user(request, text, messages.ERROR)


@admin.register(Storage)
class StorageAdmin(OwnersAdmin):
    """One page: what is taken by what, how long it lasts, and the limits.

    Every owner sees it. Who may change it owns all that would go: a superuser, or the owner of
    every household.
    """

    fields = ["quota_mb", "keep_free_mb", "warn_percent"]
    change_form_template = "admin/recordings/storage/change_form.html"

    def rows_of(self, user):
        is_owner = Household.objects.owned_by(user).exists()
        return Storage.objects.all() if is_owner else Storage.objects.none()

    def changelist_view(self, request, extra_context=None):
        """There is one row: straight to it."""
        page = reverse("admin:recordings_storage_change", args=[services.storage().pk])
        return HttpResponseRedirect(page)

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        context |= {
            "storage": _told_storage(obj, request.user),
            "title": "Storage",
            "subtitle": None,
        }
        return super().render_change_form(request, context, add, change, form_url, obj)

    def has_add_permission(self, request) -> bool:
        return False

    def has_delete_permission(self, request, obj=None) -> bool:
        return False

    def has_change_permission(self, request, obj=None) -> bool:
        user = request.user
        owned = Household.objects.owned_by(user)
        return user.is_superuser or (
            owned.exists() and not Household.objects.exclude(pk__in=owned).exists()
        )


def _told_storage(storage: Storage, user) -> dict[str, object]:
    """For the storage's page: figures of all, and those of the cameras that the person owns."""
    policies = services.policies()
    try:
        taken = usage.measure(services.store())
    except OSError as error:
        log.info("the folder of recordings cannot be measured: %s", error)
        return {"is_away": True}
    outlook = usage.outlook(taken, storage, policies, timezone.now())
    shown = Camera.objects.all() if user.is_superuser else Camera.objects.owned_by(user)
    health = services.health_of(shown.values_list("pk", flat=True))
    return {
        "taken": taken,
        "most": taken.most(storage),
        "lasts": usage.in_words(outlook.reach),
        "by": outlook.by,
        "cameras": [
            {
                "policy": policies[camera.pk],
                "segments": taken.segments.get(camera.pk, 0),
                "clips": taken.clips.get(camera.pk, 0),
                "lasts": usage.in_words(outlook.cameras.get(camera.pk)),
                "now": _now(policies[camera.pk], health[camera.pk]),
            }
            for camera in shown
        ],
    }


@admin.register(Alert)
class AlertAdmin(ReadOnlyAdmin):
    """What was, and is, in the way of recording."""

    list_display = ["text", "camera", "since", "until"]
    empty_value_display = "all"
    list_select_related = ["camera"]
    fields = ["camera", "code", "text", "since", "ended"]

    def rows_of(self, user):
        own = Alert.objects.filter(camera__in=_owned_cameras(user))
        return own | Alert.objects.filter(camera=None)

    @admin.display(description="until", ordering="ended", empty_value="now")
    def until(self, alert: Alert) -> datetime | None:
        return alert.ended
