"""What people choose and type about visits."""

from datetime import date, datetime, time, timedelta

from django import forms
from django.utils import timezone

from detections import photos
from detections.history import Moment, VisitFilter
from detections.homes import Home
from detections.models import Pet, Visit

SCORES = ("50", "60", "70", "80", "90")
MOST_VISITS = 200
EARLIEST, LATEST = date(1970, 1, 2), date(9000, 1, 1)


class FilterForm(forms.Form):
    """Which visits the address asks for; whatever is foreign to the household is an error."""

    camera = forms.ChoiceField(required=False)
    pet = forms.TypedChoiceField(required=False, coerce=int, empty_value=None)
    place = forms.TypedChoiceField(required=False, coerce=int, empty_value=None)
    label = forms.CharField(required=False, max_length=20, label="Animal or person")
    since = forms.DateField(required=False, label="From")
    until = forms.DateField(required=False, label="To")
    score = forms.ChoiceField(
        required=False,
        label="How sure",
        choices=[("", "However sure"), *((s, f"{s} % or more") for s in SCORES)],
    )
    starred = forms.BooleanField(required=False)
    new = forms.BooleanField(required=False)
    refuted = forms.BooleanField(required=False)

    def __init__(self, data, *, home: Home, labels: tuple[str, ...] = ()) -> None:
        super().__init__(data, auto_id="filter-%s")
        self._home = home
        choices = {
            "camera": [("", "Every camera"), *((c.slug, c.name) for c in home.cameras)],
            "pet": [
                ("", "Everybody"),
                *((str(pet.pk), pet.name) for pet in home.pets),
                ("0", "Not recognised"),
            ],
            "place": [
                ("", "Everywhere"),
                *((str(p.pk), f"{p.name} ({p.camera.name})") for p in home.places),
                ("0", "No place in particular"),
            ],
        }
        for name, options in choices.items():
            self.fields[name].choices = options
        offered = dict.fromkeys((*labels, *filter(None, [self.data.get("label")])))
        self.fields["label"].widget = forms.Select(
            choices=[("", "Whoever"), *((label, label.capitalize()) for label in offered)]
        )
        for name in ("since", "until"):
            self.fields[name].widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")

    def clean(self) -> dict:
        cleaned = super().clean()
        for name in ("since", "until"):
            day = cleaned.get(name)
            if day and not EARLIEST <= day <= LATEST:
                self.add_error(name, "Choose a day of our time.")
        return cleaned

    def visit_filter(self) -> VisitFilter:
        """The filter, once the form is valid; days are those of the portal's time zone."""
        told = self.cleaned_data
        slugs = {camera.slug: camera.pk for camera in self._home.cameras}
        return VisitFilter(
            household_id=self._home.household.pk,
            reader_id=self._home.user_id,
            camera_id=slugs.get(told["camera"]),
            label=told["label"],
            pet_id=told["pet"],
            place_id=told["place"],
            since=_midnight(told["since"]),
            until=_midnight(told["until"] and told["until"] + timedelta(days=1)),
            min_score=int(told["score"] or 0) / 100,
            is_starred=told["starred"],
            is_unreviewed=told["new"],
            is_refuted=told["refuted"],
        )


def _midnight(day: date | None) -> datetime | None:
    return timezone.make_aware(datetime.combine(day, time.min)) if day else None


class MomentField(forms.CharField):
    """Where a page of history begins, as history.Moment writes it."""

    def __init__(self) -> None:
        super().__init__(required=False, max_length=40)

    def clean(self, value: object) -> Moment | None:
        text = super().clean(value)
        try:
            return Moment.parsed(text) if text else None
        except ValueError:
            raise forms.ValidationError("Not a place in history.") from None


class NumbersField(forms.CharField):
    """Some primary keys, comma-separated."""

    def __init__(self, *, most: int) -> None:
        super().__init__(required=False, max_length=20 * most)
        self._most = most

    def clean(self, value: object) -> list[int]:
        parts = [part for part in super().clean(value).split(",") if part]
        if len(parts) > self._most or not all(p.isascii() and p.isdigit() for p in parts):
            raise forms.ValidationError("Not a list of visits.")
        return [number for number in map(int, parts) if number < 2**63]


class PartForm(forms.Form):
    """Which part of the history page is asked for: from where on, or some visits only."""

    home = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    before = MomentField()
    only = NumbersField(most=50)
    part = forms.BooleanField(required=False)


class ActForm(forms.Form):
    """What to do with the chosen visits."""

    ACTS = ("star", "unstar", "reviewed", "unreviewed", "delete")

    act = forms.ChoiceField(choices=[(act, act) for act in ACTS])
    visits = forms.Field()

    def clean_visits(self) -> list[int]:
        chosen = self.data.getlist("visits")
        if len(chosen) > MOST_VISITS or not all(c.isascii() and c.isdigit() for c in chosen):
            raise forms.ValidationError(f"Choose at most {MOST_VISITS} visits.")
        return [number for number in map(int, (c[:20] for c in chosen)) if number < 2**63]


class ChangeForm(forms.Form):
    """One tap on a visit's page: what it is, who it is, or what shall happen to it."""

    ACTS = ("star", "unstar", "reviewed", "unreviewed", "delete", "refute", "restore")

    act = forms.ChoiceField(required=False, choices=[(act, act) for act in ACTS])
    pet = forms.TypedChoiceField(required=False, coerce=int, empty_value=None)
    label = forms.RegexField(r"^[\w -]+$", required=False, max_length=20)

    def __init__(self, data, *, home: Home) -> None:
        super().__init__(data)
        self.pets = {pet.pk: pet for pet in home.pets}
        self.fields["pet"].choices = [("0", ""), *((str(pk), "") for pk in self.pets)]

    def clean(self) -> dict:
        cleaned = super().clean()
        given = [name for name in ("act", "label") if cleaned.get(name)]
        given += ["pet"] if cleaned.get("pet") is not None else []
        if len(given) != 1:
            raise forms.ValidationError("One change at a time.")
        return cleaned


class PetForm(forms.ModelForm):
    """A pet with its photo."""

    photo = forms.FileField(
        required=False,
        help_text="A JPEG, PNG or WebP file, cut to a square. When and where it was taken goes.",
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp"}),
    )
    without_photo = forms.BooleanField(required=False, label="Take the photo away")

    class Meta:
        model = Pet
        fields = ["name", "species", "colour"]
        widgets = {"colour": forms.TextInput(attrs={"type": "color"})}

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance.photo:
            del self.fields["without_photo"]

    def clean_name(self) -> str:
        name = self.cleaned_data["name"].strip()
        others = Pet.objects.filter(household=self.instance.household_id)
        if others.exclude(pk=self.instance.pk).filter(name__iexact=name).exists():
            raise forms.ValidationError("Another pet has this name already.")
        return name

    def clean_colour(self) -> str:
        return self.cleaned_data["colour"].lower()

    def clean_photo(self) -> bytes | None:
        """The photo as it will be kept."""
        file = self.cleaned_data["photo"]
        if not file:
            return None
        if file.size > photos.MAX_BYTES:
            raise forms.ValidationError("The photo is too large: 8 MB at most.")
        try:
            return photos.jpeg_of(file)
        except photos.NotAPhoto as reason:
            raise forms.ValidationError(str(reason)) from reason


class VisitForm(forms.ModelForm):
    """What a person may say of a visit in the admin."""

    class Meta:
        model = Visit
        fields = ["label", "pet", "is_starred", "is_refuted"]

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        if "pet" in self.fields:
            pets = Pet.objects.filter(household=self.instance.household_id)
            self.fields["pet"].queryset = pets
