"""Pets, places and visits; what was seen, and what people said about it."""

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models

from households.models import Household
from streaming.models import Camera


class OfHousehold(models.QuerySet):
    """Rows with a `household`: seen by its members, changed by owners and members."""

    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> "OfHousehold":
        if not user.is_authenticated or not user.is_active:
            return self.none()
        return self.filter(household__members__user=user)


class Pet(models.Model):
    """Somebody with four legs, or two wings."""

    class Species(models.TextChoices):
        CAT = "cat", "Cat"
        DOG = "dog", "Dog"
        BIRD = "bird", "Bird"
        OTHER = "other", "Another animal"

    household = models.ForeignKey(Household, models.CASCADE, related_name="pets")
    name = models.CharField(max_length=40)
    species = models.CharField(max_length=8, choices=Species.choices, default=Species.CAT)
    colour = models.CharField(
        max_length=7,
        default="#c2570c",
        validators=[RegexValidator(r"^#[0-9a-f]{6}$", "A colour like #c2570c.")],
        help_text="Of the pet's boxes and marks.",
    )
    # A file name in the pictures folder, empty for none.
    photo = models.CharField(max_length=80, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = OfHousehold.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["household", "name"], name="one_pet_of_a_name"),
        ]

    def __str__(self) -> str:
        return self.name


class Place(models.Model):
    """Part of a camera's picture that means something."""

    class Kind(models.TextChoices):
        FOOD = "food", "Food bowl"
        WATER = "water", "Water"
        LITTER = "litter", "Litter box"
        DOOR = "door", "Door"
        SOFA = "sofa", "Sofa or bed"
        OTHER = "other", "Another place"
        IGNORE = "ignore", "Ignore: nothing here counts"

    camera = models.ForeignKey(Camera, models.CASCADE, related_name="places")
    name = models.CharField(max_length=40)
    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.OTHER)
    # [[x, y], ...]: 3 to 32 corners as shares (0..1) of the picture; a box counts by its foot.
    outline = models.JSONField(default=list)
    min_stay_s = models.FloatField(
        "shortest stay (s)",
        default=3,
        validators=[MinValueValidator(0), MaxValueValidator(600)],
        help_text="A shorter stay is passing by.",
    )
    end_grace_s = models.FloatField(
        "may be away for (s)",
        default=10,
        validators=[MinValueValidator(0), MaxValueValidator(600)],
        help_text="Who comes back sooner has not left.",
    )
    pet = models.ForeignKey(
        Pet,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="places",
        help_text="Whoever is here is this pet. Empty when several pets come.",
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["camera", "name"], name="one_place_of_a_name"),
        ]

    def __str__(self) -> str:
        return self.name


class Boot(models.Model):
    """A run of a capturing machine: its media times count from here, those of others do not."""

    name = models.CharField(max_length=64, unique=True)
    # The wall clock at media time 0; corrected when the machine's clock is set.
    zero_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} since {self.zero_at:%Y-%m-%d %H:%M}"


class Sighting(models.Model):
    """What a source saw in one picture, as it was told: kept for a day, to build visits from.

    The same message again is the same row. `seen` is [[label, score, x, y, w, h], ...].
    """

    camera = models.ForeignKey(Camera, models.CASCADE, related_name="sightings")
    boot = models.ForeignKey(Boot, models.PROTECT, related_name="+", db_index=False)
    source = models.CharField(max_length=40)
    t_90k = models.BigIntegerField()
    digest = models.BinaryField(max_length=16)
    seen = models.JSONField()
    is_built = models.BooleanField(default=False)
    told_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["camera", "boot", "source", "t_90k", "digest"], name="one_sighting_each"
            ),
        ]
        indexes = [
            models.Index(
                fields=["camera", "boot", "source", "t_90k"],
                name="sightings_to_build",
                condition=models.Q(is_built=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source} at {self.t_90k}"


class Motion(models.Model):
    """How much moved in a camera's picture, in an hour of media time.

    By media time, as visits and recordings, so that all of them lie at the same moment when the
    clock is set: then `started_at` follows.
    """

    camera = models.ForeignKey(Camera, models.CASCADE, related_name="+", db_index=False)
    boot = models.ForeignKey(Boot, models.PROTECT, related_name="+")
    # Since the media time 0 of the boot.
    hour = models.IntegerField()
    started_at = models.DateTimeField()
    # A byte for each 10 s: vision.motion_levels.
    levels = models.BinaryField(max_length=360)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["camera", "boot", "hour"], name="one_motion_an_hour"),
        ]
        indexes = [models.Index(fields=["camera", "started_at"], name="motion_of_camera")]

    def __str__(self) -> str:
        return f"{self.camera} at {self.started_at:%Y-%m-%d %H:%M}"


class Visit(models.Model):
    """An animal or person was there, from when to when: at a place, or anywhere in the picture."""

    class PetBy(models.TextChoices):
        NOBODY = "", "Unknown"
        HAND = "hand", "Told by a person"
        PLACE = "place", "By the place"
        LOOK = "look", "By its looks"

    household = models.ForeignKey(Household, models.CASCADE, related_name="visits")
    camera = models.ForeignKey(Camera, models.CASCADE, related_name="visits")
    # Made of camera, boot, source, first moment and place: building again makes the same one.
    key = models.CharField(max_length=80, unique=True)
    boot = models.ForeignKey(Boot, models.PROTECT, null=True, related_name="+", db_index=False)
    source = models.CharField(max_length=40)
    label = models.CharField(max_length=20)
    pet = models.ForeignKey(Pet, models.SET_NULL, null=True, blank=True, related_name="visits")
    pet_by = models.CharField(max_length=5, choices=PetBy.choices, default=PetBy.NOBODY, blank=True)
    # With its place a visit goes: the one of the whole picture remains.
    place = models.ForeignKey(Place, models.CASCADE, null=True, blank=True, related_name="visits")
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    start_90k = models.BigIntegerField()
    end_90k = models.BigIntegerField()
    is_open = models.BooleanField(default=False)
    best_score = models.FloatField(default=0)
    best_90k = models.BigIntegerField(default=0)
    # [x, y, w, h] as shares of the picture.
    best_box = models.JSONField(default=list)
    # File names in the pictures folder, empty for none.
    picture = models.CharField(max_length=80, blank=True)
    is_starred = models.BooleanField(default=False)
    # "Not a cat": stays out of history and counts, and teaches matching.
    is_refuted = models.BooleanField(default=False)
    # The label was told by a person: building again leaves it.
    is_label_by_hand = models.BooleanField(default=False)
    # How it looked in the best moment: float32 values of vision.appearance, empty for unknown.
    look = models.BinaryField(default=bytes)
    # vision.path packs it: boxes by media time. Last, so that SQLite reads the rest without it.
    path = models.BinaryField(default=bytes)

    objects = OfHousehold.as_manager()

    class Meta:
        ordering = ["-started_at", "-pk"]
        indexes = [
            # What history reads, newest first. It leaves out what was refuted.
            *(
                models.Index(
                    fields=[*fields, "-started_at", "-id"],
                    name=name,
                    condition=models.Q(is_refuted=False),
                )
                for name, fields in {
                    "visits_newest": ["household"],
                    "visits_of_camera": ["camera"],
                    "visits_of_label": ["household", "label"],
                    "visits_of_pet": ["pet"],
                    "visits_of_place": ["place"],
                }.items()
            ),
            models.Index(
                fields=["household", "-started_at", "-id"],
                name="visits_starred",
                condition=models.Q(is_starred=True, is_refuted=False),
            ),
            models.Index(
                fields=["household", "-started_at", "-id"],
                name="visits_refuted",
                condition=models.Q(is_refuted=True),
            ),
            # What building again may touch.
            models.Index(fields=["camera", "boot", "end_90k"], name="visits_to_rebuild"),
            models.Index(
                fields=["camera", "boot", "source"],
                name="visits_going_on",
                condition=models.Q(is_open=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pet or self.label} on {self.camera} at {self.started_at:%Y-%m-%d %H:%M}"


class DeletedVisit(models.Model):
    """A visit that a person deleted: building again leaves it out. Kept as long as sightings."""

    camera = models.ForeignKey(Camera, models.CASCADE, related_name="+")
    boot = models.ForeignKey(Boot, models.PROTECT, related_name="+", db_index=False)
    source = models.CharField(max_length=40)
    key = models.CharField(max_length=80)
    # 0 for none.
    place_id = models.BigIntegerField(default=0)
    start_90k = models.BigIntegerField()
    end_90k = models.BigIntegerField()
    best_90k = models.BigIntegerField()
    best_box = models.JSONField()

    class Meta:
        indexes = [
            models.Index(fields=["camera", "boot", "end_90k"], name="deleted_to_leave_out"),
        ]

    def __str__(self) -> str:
        return self.key


class Unreviewed(models.Model):
    """A visit that this person has not looked at yet: a row for each member when it is made."""

    visit = models.ForeignKey(Visit, models.CASCADE, related_name="unreviewed")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="unreviewed")
    started_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "unreviewed"
        constraints = [
            models.UniqueConstraint(fields=["visit", "user"], name="unreviewed_once"),
        ]
        indexes = [models.Index(fields=["user", "-started_at", "-visit"], name="unreviewed_newest")]

    def __str__(self) -> str:
        return f"{self.visit} for {self.user}"


class DayCount(models.Model):
    """Visits and minutes of a day, kept with the visits: nobody counts history again.

    `pet_id` and `place_id` are 0 for none, so that a row is unique on every database.
    """

    household = models.ForeignKey(Household, models.CASCADE, related_name="day_counts")
    camera = models.ForeignKey(Camera, models.CASCADE, related_name="day_counts")
    day = models.DateField(help_text="In the portal's time zone, by the visit's start.")
    label = models.CharField(max_length=20)
    pet_id = models.BigIntegerField(default=0)
    place_id = models.BigIntegerField(default=0)
    visits = models.IntegerField(default=0)
    # Each visit's rounded to whole ones, so that sums are exact.
    seconds = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["household", "camera", "day", "label", "pet_id", "place_id"],
                name="one_count_each",
            ),
        ]
        indexes = [models.Index(fields=["household", "-day"], name="counts_newest")]

    def __str__(self) -> str:
        return f"{self.visits} on {self.day}"


class Look(models.Model):
    """How a pet looked once, as a person confirmed it, or what it is not.

    Without a pet: something that a person said is nobody at all.
    """

    household = models.ForeignKey(Household, models.CASCADE, related_name="looks")
    pet = models.ForeignKey(Pet, models.CASCADE, null=True, related_name="looks")
    visit = models.ForeignKey(Visit, models.SET_NULL, null=True, blank=True, related_name="looks")
    # float32 values of vision.appearance.
    vector = models.BinaryField()
    is_counterexample = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{'not ' if self.is_counterexample else ''}{self.pet or 'nobody'}"


class IngestToken(models.Model):
    """Leave for a program to tell what it saw. The token itself is shown once and never kept."""

    household = models.ForeignKey(Household, models.CASCADE, related_name="ingest_tokens")
    camera = models.ForeignKey(
        Camera,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="ingest_tokens",
        help_text="Only this camera; empty for all of the household's.",
    )
    name = models.CharField(max_length=60, help_text="Which program or machine uses it.")
    # First characters, so that people can tell tokens apart; SHA-256 of all of it, hexadecimal.
    prefix = models.CharField(max_length=12, editable=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    is_revoked = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}...)"
