"""What players and pages ask of recordings."""

from datetime import date, datetime, time, timedelta

from django import forms
from django.utils import timezone
from django.utils.dateparse import parse_datetime

EARLIEST, LATEST = date(1970, 1, 2), date(9000, 1, 1)


class InstantField(forms.CharField):
    """A moment as ISO 8601 with its time zone: 2026-11-22T12:04:00.250Z."""

    def __init__(self, *, required: bool = True) -> None:
        super().__init__(required=required, max_length=40)

    def clean(self, value: object) -> datetime | None:
        text = super().clean(value)
        if not text:
            return None
        try:
            # A + in an address is a blank, unless it was written as %2B.
            at = parse_datetime(text.replace(" ", "+"))
        except ValueError:
            at = None
        if at is None or at.tzinfo is None or not EARLIEST <= at.date() <= LATEST:
            raise forms.ValidationError("Not a moment like 2026-11-22T12:04:00Z.")
        return at


class RangeForm(forms.Form):
    """?from= and ?to=, moments at most `most` apart."""

    def __init__(self, data, *, most: timedelta) -> None:
        super().__init__(data)
        self._most = most
        # "from" is no name for an attribute.
        self.fields |= {"from": InstantField(), "to": InstantField()}

    def clean(self) -> dict:
        told = super().clean()
        since, until = told.get("from"), told.get("to")
        if since and until and not timedelta() < until - since <= self._most:
            raise forms.ValidationError("The range is empty or too long.")
        return told


class DayForm(forms.Form):
    """?day=2026-11-22, a day of the portal's time zone, or ?at=, a moment of it."""

    day = forms.DateField(required=False, input_formats=["%Y-%m-%d"])
    at = InstantField(required=False)

    def clean_day(self) -> date | None:
        day = self.cleaned_data["day"]
        if day and not EARLIEST <= day <= LATEST:
            raise forms.ValidationError("Choose a day of our time.")
        return day

    def chosen_day(self, now: datetime) -> date:
        """Once the form is valid: the day, else that of the moment, else today."""
        told = self.cleaned_data
        return told["day"] or timezone.localdate(told["at"] or now)


class ThumbnailForm(forms.Form):
    """`t`: a media time (90 kHz)."""

    t = forms.IntegerField(min_value=0, max_value=2**53)


class ShiftForm(forms.Form):
    """`shift`: how much later decode times shall be (90 kHz)."""

    shift = forms.IntegerField(required=False, min_value=0, max_value=2**53)


def bounds_of(day: date) -> tuple[datetime, datetime]:
    """From midnight to midnight in the portal's time zone: 23 to 25 hours."""
    midnights = (datetime.combine(d, time.min) for d in (day, day + timedelta(days=1)))
    start, end = (timezone.make_aware(midnight) for midnight in midnights)
    return start, end
