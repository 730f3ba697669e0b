"""What owners draw: places on a camera's picture."""

import json

from django import forms
from django.contrib.auth.models import User
from django.template.loader import render_to_string
from django.urls import reverse

from detections.models import Pet, Place
from detections.places import HABITS, MOST_PLACES, free_name, lately_at
from detections.vision.outlines import (
    MAX_CORNERS,
    MIN_AREA,
    MIN_CORNERS,
    STEPS,
    area,
    first_crossing,
    in_steps,
)
from streaming.models import Camera

LONGEST_S = 600
_TOO_LONG = "Ten minutes (600 s) at most."
_NEGATIVE = "Zero seconds at least."


class PlaceEditor(forms.Textarea):
    """A textarea of JSON that place_editor.js turns into a picture to draw on.

    `scenes` has what the editor shows for each camera that can be chosen, see `scene_of`;
    `camera_id` the one it begins with.
    """

    class Media:
        css = {"all": ["detections/css/place_editor.css"]}
        js = [forms.Script("detections/js/place_editor.js", type="module")]

    def __init__(self, attrs=None) -> None:
        super().__init__({"rows": 3, "spellcheck": "false", "autocomplete": "off"} | (attrs or {}))
        self.scenes: dict[int, dict[str, object]] = {}
        self.camera_id: int | None = None

    def format_value(self, value: object) -> str:
        return value if isinstance(value, str) else json.dumps(value or [])

    def render(self, name, value, attrs=None, renderer=None) -> str:
        context = {
            "name": name,
            "text": self.format_value(value),
            "attrs": self.build_attrs(self.attrs, attrs),
            "scenes": json.dumps(self.scenes),
            "camera_id": self.camera_id,
            "habits": json.dumps({kind: habit._asdict() for kind, habit in HABITS.items()}),
        }
        return render_to_string("detections/_place_editor.html", context)


class OutlineField(forms.CharField):
    """3 to 32 corners as JSON, [[x, y], ...] in shares of the picture; a list when cleaned."""

    widget = PlaceEditor

    def __init__(self, **options) -> None:
        super().__init__(max_length=4000, **options)
        self.error_messages["required"] = "Draw the place on the picture."
        self.error_messages["max_length"] = f"A place has at most {MAX_CORNERS} corners."

    def clean(self, value: object) -> list[list[float]]:
        corners = [in_steps(x, y) for x, y in _shares(super().clean(value))]
        if not corners:
            raise forms.ValidationError(self.error_messages["required"], code="required")
        if len(corners) < MIN_CORNERS:
            raise forms.ValidationError(f"A place needs at least {MIN_CORNERS} corners.")
        if len(corners) > MAX_CORNERS:
            raise forms.ValidationError(self.error_messages["max_length"])
        if first_crossing(corners):
            raise forms.ValidationError(
                "The outline crosses itself. Move a corner so that it does not."
            )
        if area(corners) <= MIN_AREA:
            raise forms.ValidationError("The place is too small to stand in. Draw it larger.")
        return [[x / STEPS, y / STEPS] for x, y in corners]

    def has_changed(self, initial: object, data: object) -> bool:
        try:
            return self.clean(data) != initial
        except forms.ValidationError:
            return True


def _shares(text: str) -> list[tuple[float, float]]:
    try:
        points = json.loads(text)
    except (ValueError, RecursionError):
        points = None
    if not isinstance(points, list) or not all(_is_corner(point) for point in points):
        raise forms.ValidationError("This is no outline. Draw the place anew.")
    return [(x, y) for x, y in points]


def _is_corner(point: object) -> bool:
    return (
        isinstance(point, list)
        and len(point) == 2
        # NaN is not between; true and false are numbers for Python only.
        and all(type(value) in (int, float) and 0 <= value <= 1 for value in point)
    )


def _seconds(label: str, help_text: str) -> forms.FloatField:
    field = forms.FloatField(
        label=label, help_text=help_text, required=False, min_value=0, max_value=LONGEST_S
    )
    for validator, words in zip(field.validators, (_TOO_LONG, _NEGATIVE), strict=True):
        validator.message = words
    field.widget.attrs["inputmode"] = "decimal"
    return field


class PlaceForm(forms.ModelForm):
    """A place of `camera`. What is left empty is as usual for the kind."""

    min_stay_s = _seconds("Shortest stay (s)", "Shorter is passing by.")
    end_grace_s = _seconds("May be away (s)", "Back sooner is not gone.")
    outline = OutlineField(label="Outline")

    class Meta:
        model = Place
        fields = ["kind", "name", "min_stay_s", "end_grace_s", "pet", "outline"]
        widgets = {"kind": forms.RadioSelect}
        labels = {"pet": "Whose is it?"}

    def __init__(self, *args, camera: Camera | None = None, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        if camera is not None:
            self.instance.camera = camera
            scene = scene_of(camera, but=self.instance) | {"lately": lately_at(camera)}
            self.show({camera.pk: scene}, camera)
            pets = camera.household.pets.all()
            self.fields["pet"].queryset = pets
            self.fields["pet"].empty_label = "Nobody's in particular"
            if not pets:
                del self.fields["pet"]
        self.fields["name"].required = False
        self.fields["name"].widget.attrs["autocomplete"] = "off"
        if self.instance.pk is None:
            habit = HABITS[Place.Kind.FOOD]
            self.initial = {
                "kind": Place.Kind.FOOD,
                "min_stay_s": habit.min_stay_s,
                "end_grace_s": habit.end_grace_s,
                **({"name": free_name(camera, Place.Kind.FOOD)} if camera else {}),
                **(kwargs.get("initial") or {}),
            }

        for name in ("min_stay_s", "end_grace_s"):
            # 3, not 3.0.
            if float(self.initial[name]).is_integer():
                self.initial[name] = int(self.initial[name])

    def show(self, scenes: dict[int, dict[str, object]], camera: Camera | None) -> None:
        """Gives the editor its pictures."""
        editor = self.fields["outline"].widget
        editor.scenes = scenes
        editor.camera_id = camera and camera.pk

    def camera(self, cleaned: dict) -> Camera | None:
        """Whose place it is to be; None while that is not known."""
        return self.instance.camera if self.instance.camera_id else None

    def clean(self) -> dict:
        cleaned = super().clean()
        camera, kind = self.camera(cleaned), cleaned.get("kind")
        if camera is None or kind is None:
            return cleaned
        others = camera.places.exclude(pk=self.instance.pk)
        if self.instance.pk is None and others.count() >= MOST_PLACES:
            self.add_error(None, f"This camera has {MOST_PLACES} places. Remove one first.")
        for name in ("min_stay_s", "end_grace_s"):
            if cleaned.get(name, 0) is None:
                cleaned[name] = getattr(HABITS[kind], name)
        if not cleaned.get("name", " "):
            cleaned["name"] = free_name(camera, kind)
        elif others.filter(name__iexact=cleaned.get("name", "")).exists():
            self.name_is_taken()
        return cleaned

    def name_is_taken(self) -> None:
        self.add_error("name", "This camera has a place of this name.")


class PlaceOfAnyForm(PlaceForm):
    """A place of one of the cameras that `actor` owns; a superuser's may be anybody's."""

    actor: User

    class Meta(PlaceForm.Meta):
        fields = ["camera", *PlaceForm.Meta.fields]

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        watched = set(Camera.objects.watchable_by(self.actor).values_list("pk", flat=True))
        if self.instance.pk is None:
            rows = (
                Camera.objects if self.actor.is_superuser else Camera.objects.owned_by(self.actor)
            )
            cameras = rows.prefetch_related("places")
            self.fields["camera"].queryset = cameras
            chosen = None
        else:
            chosen = self.instance.camera
            cameras = [chosen]
        scenes = {
            camera.pk: scene_of(camera, but=self.instance, still=camera.pk in watched)
            for camera in cameras
        }
        if chosen and chosen.pk in watched:
            scenes[chosen.pk]["lately"] = lately_at(chosen)
        self.show(scenes, chosen)
        pets = Pet.objects.filter(household__in={camera.household_id for camera in cameras})
        self.fields["pet"].queryset = pets

    def clean_pet(self) -> Pet | None:
        pet, camera = self.cleaned_data["pet"], self.camera(self.cleaned_data)
        if pet and camera and pet.household_id != camera.household_id:
            raise forms.ValidationError("This pet lives in another household than the camera.")
        return pet

    def camera(self, cleaned: dict) -> Camera | None:
        return cleaned.get("camera") or super().camera(cleaned)


def scene_of(camera: Camera, *, but: Place | None = None, still: bool = True) -> dict[str, object]:
    """What the editor shows of a camera: its still and its other places.

    Without `still` nothing is asked of the camera: the person does not live with it.
    """
    return {
        "still": reverse("still", args=[camera.slug]) if still else "",
        "places": [
            {
                "name": place.name,
                "kind": place.kind,
                "outline": place.outline,
                "url": reverse("place", args=[camera.slug, place.pk]),
            }
            for place in camera.places.all()
            if but is None or place.pk != but.pk
        ],
    }
