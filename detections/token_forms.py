"""What owners type about a token."""

from django import forms
from django.utils import timezone

from detections.models import IngestToken
from streaming.models import Camera


class TokenForm(forms.ModelForm):
    """`cameras` are those that the person may set up."""

    cameras = Camera.objects.none()

    class Meta:
        model = IngestToken
        fields = ["household", "camera", "name", "expires_at", "is_revoked"]

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        if "camera" in self.fields:
            self.fields["camera"].queryset = self.cameras
            self.fields["camera"].empty_label = "All of the household's"
        if "household" in self.fields:
            households = list(self.fields["household"].queryset[:2])
            if len(households) == 1:
                self.fields["household"].initial = households[0]

    def clean(self) -> dict:
        told = super().clean()
        camera, household = told.get("camera"), told.get("household")
        if camera and household and camera.household_id != household.pk:
            self.add_error("camera", "This camera belongs to another household.")
        return told

    def clean_expires_at(self):
        expires_at = self.cleaned_data["expires_at"]
        if expires_at and "expires_at" in self.changed_data and expires_at <= timezone.now():
            raise forms.ValidationError("Choose a moment to come.")
        return expires_at

    def clean_is_revoked(self) -> bool:
        """What has been taken back may be in wrong hands: it never holds again."""
        return self.cleaned_data["is_revoked"] or self.instance.is_revoked
