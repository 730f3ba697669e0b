"""Cameras: where their pictures come from and whose they are."""

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from households.models import Household


class CameraQuerySet(models.QuerySet):
    def watchable_by(self, user: AbstractBaseUser | AnonymousUser) -> "CameraQuerySet":
        """The enabled and disabled cameras of the households that `user` is an active member of.

        A superuser who is not a member sees nothing: running the box is not living with the pet.
        """
        if not user.is_authenticated or not user.is_active:
            return self.none()
        return self.filter(household__members__user=user)

    def owned_by(self, user: AbstractBaseUser | AnonymousUser) -> "CameraQuerySet":
        """The cameras that `user` may set up."""
        return self.filter(household__in=Household.objects.owned_by(user))


class Camera(models.Model):
    """One source of H.264 pictures."""

    class SourceKind(models.TextChoices):
        DEMO = "demo", "Demo: a drawn living room with a cat"
        RTSP = "rtsp", "RTSP: a network camera"
        USB = "usb", "USB: a camera plugged into this machine"
        FILE = "file", "File: a video played over and over"
        SHARED_MEMORY = "shared_memory", "Shared memory: written by another program"

    class RtspTransport(models.TextChoices):
        TCP = "tcp", "TCP: nothing gets lost (usual)"
        UDP = "udp", "UDP: for cameras that know nothing else"

    household = models.ForeignKey(Household, models.CASCADE, related_name="cameras")
    name = models.CharField(max_length=60)
    slug = models.SlugField(
        "name in addresses",
        max_length=60,
        unique=True,
        blank=True,
        help_text="Part of the camera's page address. Left empty, it is made from the name.",
    )
    place = models.CharField(max_length=60, blank=True, help_text="Where it hangs, e.g. Kitchen.")
    source_kind = models.CharField(
        "source", max_length=20, choices=SourceKind.choices, default=SourceKind.RTSP
    )
    # May hold a password: never shown again, masked by streaming.media.redact wherever it appears.
    source_address = models.CharField("address", max_length=500, blank=True)
    rtsp_transport = models.CharField(
        "RTSP over", max_length=3, choices=RtspTransport.choices, default=RtspTransport.TCP
    )
    allows_transcoding = models.BooleanField(
        "convert what browsers cannot play",
        default=False,
        help_text="Decode and encode H.265 or B-frames again. Costs most of a processor core.",
    )
    ring_megabytes = models.PositiveSmallIntegerField(
        "frame ring (MB)",
        default=16,
        validators=[MinValueValidator(4), MaxValueValidator(256)],
        help_text="Memory for the newest seconds of video. 16 MB hold 16 s at 8 Mbit/s.",
    )
    is_enabled = models.BooleanField("enabled", default=True)
    finds_pets = models.BooleanField(
        "look for pets",
        default=True,
        help_text="Petcam looks for pets and people in the pictures. Switch it off where another "
        "program tells what it saw: otherwise each visit is there twice.",
    )
    position = models.PositiveSmallIntegerField("order", default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = CameraQuerySet.as_manager()

    class Meta:
        ordering = ["position", "name", "pk"]

    def __str__(self) -> str:
        return self.name
