"""What people say when they want a clip, and what they do with one."""

from datetime import datetime, timedelta

from django import forms
from django.core.validators import MaxLengthValidator
from django.utils import timezone

from recordings.clips import FURTHEST_AHEAD
from recordings.models import Clip
from recordings.playback_forms import EARLIEST, LATEST, bounds_of

# Before and after a visit, so that one sees who comes and goes.
AROUND_VISIT = timedelta(seconds=5)
_MINUTE = timedelta(minutes=1)
_TIME_FORMAT = "%Y-%m-%dT%H:%M:%S"


class TimeField(forms.DateTimeField):
    """A moment, as a browser's own field or a script writes it; in the portal's time zone unless
    it says another."""

    def __init__(self, label: str) -> None:
        widget = forms.DateTimeInput(
            format=_TIME_FORMAT, attrs={"type": "datetime-local", "step": "1"}
        )
        super().__init__(label=label, required=False, widget=widget)

    def clean(self, value: object) -> datetime | None:
        at = super().clean(value)
        if at and not EARLIEST <= at.date() <= LATEST:
            raise forms.ValidationError("Choose a moment of our time.")
        return at


class ClipForm(forms.Form):
    """A clip of a camera: from when to when, or the next `next_s` seconds; or a day's time-lapse.

    `moment` is now.
    """

    kind = forms.ChoiceField(
        choices=Clip.Kind.choices, initial=Clip.Kind.CLIP, widget=forms.RadioSelect, required=False
    )
    title = forms.CharField(
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text="Empty: camera and time.",
    )
    is_exact = forms.BooleanField(
        required=False,
        label="Exact to the frame",
        help_text="Encodes the pictures again: takes longer. Without it the clip begins up to "
        "a few seconds early, as recorded.",
    )
    day = forms.DateField(required=False, widget=forms.DateInput(attrs={"type": "date"}))
    visit = forms.IntegerField(
        required=False, min_value=1, max_value=2**63 - 1, widget=forms.HiddenInput
    )
    next_s = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=FURTHEST_AHEAD // timedelta(seconds=1),
        widget=forms.HiddenInput,
    )
    field_order = ("kind", "from", "to", "day", "title", "is_exact")

    def __init__(self, data=None, *, moment: datetime, **kwargs) -> None:
        super().__init__(data, auto_id="clip-%s", **kwargs)
        self._moment = moment
        # "from" is no name for an attribute.
        self.fields |= {"from": TimeField("From"), "to": TimeField("To")}
        self.order_fields(self.field_order)

    def clean_kind(self) -> str:
        return self.cleaned_data["kind"] or Clip.Kind.CLIP

    def clean_day(self):
        day = self.cleaned_data["day"]
        if day and not EARLIEST <= day <= LATEST:
            raise forms.ValidationError("Choose a day of our time.")
        return day

    def clean(self) -> dict:
        told = super().clean()
        if self.errors:
            return told
        if told["kind"] == Clip.Kind.TIMELAPSE and told["day"]:
            start, end = bounds_of(told["day"])
            told["from"], told["to"] = start, min(end, self._moment)
            if start >= self._moment:
                self.add_error("day", "That day has not begun.")
        elif told["next_s"]:
            told["from"] = self._moment
            told["to"] = self._moment + timedelta(seconds=told["next_s"])
        for name in ("from", "to"):
            if not told.get(name):
                self.add_error(name, "Say when.")
        return told


def to_whole_second(end: datetime) -> datetime:
    """The end in whole seconds, as a browser's own field has it, and none of it lost."""
    whole = end.replace(microsecond=0)
    return whole if whole == end else whole + timedelta(seconds=1)


class SuggestForm(forms.Form):
    """What the address suggests for a clip: ?from= and ?to=, ?visit=, or ?day=."""

    day = forms.DateField(required=False)
    visit = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1)

    def __init__(self, data) -> None:
        super().__init__(data)
        self.fields |= {"from": TimeField("From"), "to": TimeField("To")}

    def suggestion(self, now: datetime) -> dict[str, object]:
        """For a ClipForm; the last minute if nothing is suggested."""
        told = {name: value for name, value in self.cleaned_data.items() if value}
        if "to" in told:
            told["to"] = to_whole_second(told["to"])
        if "day" in told:
            return told | {"kind": Clip.Kind.TIMELAPSE}
        end = now.replace(microsecond=0)
        usual = {"from": end - _MINUTE, "to": end, "day": timezone.localdate(now)}
        return usual | told


class ClipActForm(forms.Form):
    """What to do with a clip."""

    act = forms.ChoiceField(choices=[(act, act) for act in ("rename", "again", "stop", "delete")])
    title = forms.CharField(required=False, validators=[MaxLengthValidator(100)])


class ClipsForm(forms.Form):
    """Which clips are asked for: ?home=, ?page=; with ?part a piece of the page."""

    home = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    page = forms.IntegerField(required=False, min_value=1, max_value=1000)
    part = forms.BooleanField(required=False)
