"""What is recorded when, the segments and clips that there are, and what went wrong with them.

docs/recordings.md says how rows and files belong together.
"""

import uuid
from datetime import timedelta

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from detections.models import Boot, Visit
from households.models import Household
from streaming.models import Camera


class Policy(models.Model):
    """What of a camera is recorded, and how long it is kept. A camera without one: off."""

    class Mode(models.TextChoices):
        OFF = "off", "Off"
        VISITS = "visits", "On visits: whenever somebody is there"
        ALWAYS = "always", "Always"

    camera = models.OneToOneField(Camera, models.CASCADE, related_name="recording_policy")
    mode = models.CharField("record", max_length=6, choices=Mode.choices, default=Mode.OFF)
    pre_s = models.PositiveSmallIntegerField(
        "before a visit (s)",
        default=10,
        validators=[MaxValueValidator(60)],
        help_text="Recorded from so many seconds before somebody came, as far as they are at hand.",
    )
    post_s = models.PositiveSmallIntegerField(
        "after a visit (s)", default=15, validators=[MaxValueValidator(600)]
    )
    keep_days = models.PositiveSmallIntegerField(
        "keep for (days)",
        default=14,
        validators=[MinValueValidator(1), MaxValueValidator(3650)],
        help_text="Older recordings go by themselves. Starred visits and clips stay.",
    )
    quota_mb = models.PositiveIntegerField(
        "at most (MB)",
        null=True,
        blank=True,
        validators=[MinValueValidator(100)],
        help_text="The oldest recordings of this camera go when they take more. Empty: only the "
        "limit for all cameras counts.",
    )

    class Meta:
        ordering = ["camera__position", "camera__name", "pk"]
        verbose_name = "camera's recording"
        verbose_name_plural = "cameras' recording"

    def __str__(self) -> str:
        return f"{self.camera}: {self.get_mode_display()}"


class Storage(models.Model):
    """The one folder that recordings lie in: a single row, made with the folder."""

    ONLY = 1

    # The same as in the folder's meta.json: another disk mounted there is not taken for ours.
    uuid = models.UUIDField(default=uuid.uuid4, editable=False)
    quota_mb = models.PositiveIntegerField(
        "at most (MB)",
        null=True,
        blank=True,
        validators=[MinValueValidator(100)],
        help_text="For recordings and clips of all cameras. The oldest recordings go "
        "when they take more. Empty: as much as the disk has.",
    )
    keep_free_mb = models.PositiveIntegerField(
        "keep free (MB)",
        default=1000,
        help_text="Of the disk, for everything else; at most a twentieth of it.",
    )
    warn_percent = models.PositiveSmallIntegerField(
        "warn when clips and stars take (%)",
        default=80,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text="Clips and starred visits are never deleted: what they take, new recordings "
        "cannot have.",
    )
    # Of retention, kept over restarts: the clock when it last looked, and the time by which it
    # counts ages, which follows the clock slowly when that has jumped ahead.
    looked_at = models.DateTimeField(null=True, editable=False)
    ages_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name_plural = "storage"
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="one_storage")]

    def __str__(self) -> str:
        return "Storage"


class Segment(models.Model):
    """A file of about a minute of one camera's video: <folder>/<uuid>.mp4 in the storage."""

    class State(models.TextChoices):
        # Grows, or the recorder was killed and has not started again.
        WRITING = "writing", "Being written"
        # The file has `bytes`, `frames` and `digest`.
        COMPLETE = "complete", "Complete"
        # The disk failed while it was written, or the file is not what was written: it may play.
        SUSPECT = "suspect", "Damaged"
        # It was whole once, and its file is gone.
        MISSING = "missing", "Missing"
        # Not one whole fragment reached the disk: no file.
        LOST = "lost", "Lost"
        # On its way out: nobody is shown it.
        DELETING = "deleting", "Being deleted"

    # None lasts longer, and no two of a camera overlap: what covers a moment began within this.
    LONGEST = timedelta(hours=2)
    PLAYABLE = (State.WRITING, State.COMPLETE, State.SUSPECT)

    uuid = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # Empty when the camera was taken away: the segment follows it soon.
    camera = models.ForeignKey(
        Camera, models.SET_NULL, null=True, related_name="segments", db_index=False
    )
    # The camera's number, which names the folder, and outlives the camera.
    folder = models.PositiveBigIntegerField()
    boot = models.ForeignKey(Boot, models.PROTECT, related_name="+", db_index=False)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WRITING)
    # Media time of the first frame, and where the last one ends.
    start_90k = models.BigIntegerField()
    end_90k = models.BigIntegerField()
    # The same by the wall clock as it was known when the segment began.
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    # As far as it is committed, while it is written; 0 when there is no file.
    bytes = models.BigIntegerField(default=0)
    frames = models.PositiveIntegerField(default=0)
    # BLAKE2b of the file, for whose samples their checks stand; empty until it is complete.
    digest = models.BinaryField(max_length=64, default=b"")
    # As MSE wants it: "avc1.64001f".
    codec = models.CharField(max_length=20)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    # How long ftyp and moov are: the first fragment begins there.
    init_bytes = models.PositiveIntegerField(default=0)
    # Media time of decode time 0 in the file.
    pts_origin = models.BigIntegerField()
    # Something before it was not recorded.
    is_after_gap = models.BooleanField(default=False)
    # A starred visit or a clip being made needs it: retention leaves it alone.
    is_protected = models.BooleanField(default=False)

    class Meta:
        ordering = ["-started_at"]
        indexes = [
            # A stretch of a timeline, without reading the rows' other columns first.
            models.Index(
                fields=["camera", "started_at", "ended_at", "state"], name="segments_of_camera"
            ),
            models.Index(fields=["-started_at"], name="segments_newest"),
            # Order that no clock changes: no two of a camera overlap in it.
            models.Index(fields=["camera", "boot", "start_90k"], name="segments_by_media"),
            # What retention looks at, oldest first, and what all of it takes.
            models.Index(fields=["boot", "start_90k", "is_protected"], name="segments_to_let_go"),
            models.Index(fields=["folder", "is_protected", "bytes"], name="segments_bytes"),
            models.Index(fields=["state", "-started_at"], name="segments_of_state"),
            models.Index(fields=["camera"], name="segments_kept", condition=Q(is_protected=True)),
        ]

    def __str__(self) -> str:
        return f"{self.camera or 'a camera'} at {self.started_at:%Y-%m-%d %H:%M:%S}"


class Clip(models.Model):
    """A piece of video that somebody keeps, as an MP4 of its own: until somebody deletes it."""

    class Kind(models.TextChoices):
        CLIP = "clip", "Clip"
        TIMELAPSE = "timelapse", "Time-lapse"

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        WORKING = "working", "Being made"
        READY = "ready", "Ready"
        FAILED = "failed", "Failed"

    # Without a household nobody can see it: it goes soon.
    household = models.ForeignKey(Household, models.SET_NULL, null=True, related_name="clips")
    # Empty when the camera was taken away: the clip stays.
    camera = models.ForeignKey(Camera, models.SET_NULL, null=True, blank=True, related_name="clips")
    visit = models.ForeignKey(Visit, models.SET_NULL, null=True, blank=True, related_name="clips")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    title = models.CharField(max_length=100, blank=True)
    kind = models.CharField(max_length=9, choices=Kind.choices, default=Kind.CLIP)
    # What was asked for.
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    is_exact = models.BooleanField(
        "exact to the frame", default=False, help_text="Encoded again: takes longer."
    )
    state = models.CharField(max_length=7, choices=State.choices, default=State.WAITING)
    # Percent.
    progress = models.PositiveSmallIntegerField(default=0, validators=[MaxValueValidator(100)])
    # Why it failed, for people.
    reason = models.CharField(max_length=200, blank=True)
    bytes = models.BigIntegerField(default=0)
    # Names its file in the storage's folder of clips.
    file = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)

    class Meta:
        ordering = ["-created_at", "-pk"]
        indexes = [
            models.Index(fields=["household", "-created_at", "-id"], name="clips_newest"),
            models.Index(
                fields=["state"],
                name="clips_to_make",
                condition=Q(state__in=["waiting", "working"]),
            ),
        ]

    def __str__(self) -> str:
        return self.title or f"{self.camera or 'A camera'} at {self.started_at:%Y-%m-%d %H:%M}"


class Alert(models.Model):
    """Something about recording that people should know, from when to when."""

    # Empty: all cameras.
    camera = models.ForeignKey(
        Camera, models.CASCADE, null=True, blank=True, related_name="recording_alerts"
    )
    code = models.SlugField(max_length=40)
    # What happened and what can be done, for people.
    text = models.CharField(max_length=300)
    since = models.DateTimeField()
    ended = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-since", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["camera", "code"],
                name="one_alert_each",
                condition=Q(ended__isnull=True, camera__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["code"],
                name="one_alert_for_all",
                condition=Q(ended__isnull=True, camera__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return self.text
