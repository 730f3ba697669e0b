"""What owners type about a camera; each source kind has an address of its own shape."""

import os
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from django import forms
from django.conf import settings
from django.contrib.auth.models import User

from households.models import Household
from streaming.media.redact import redact
from streaming.models import Camera

_Kind = Camera.SourceKind
_DEVICE = re.compile(r"/dev/(video\d{1,3}|v4l/by-(id|path)/[\w.:+-]+)", re.ASCII)
_SHARED_MEMORY = re.compile(r"/?(?!\.)[\w.-]{1,100}", re.ASCII)
# What exists once on this machine and belongs to whoever has set it up.
_OF_THIS_MACHINE = (_Kind.USB, _Kind.FILE, _Kind.SHARED_MEMORY)


def _rtsp_address(address: str) -> str:
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError:
        parts = host = None
    if not parts or parts.scheme != "rtsp" or not host or re.search(r"[\s\x00-\x1f]", address):
        raise forms.ValidationError(
            "Write it like rtsp://192.168.1.20/stream, or with a user name and password like "
            "rtsp://user:password@192.168.1.20:554/stream. The camera's manual has its address."
        )
    return address


def _device(address: str) -> str:
    if not _DEVICE.fullmatch(address):
        raise forms.ValidationError(
            "Write the camera's device, like /dev/video0. “v4l2-ctl --list-devices” lists them."
        )
    return address


def _file(address: str) -> str:
    if "\x00" in address or not address.startswith("/"):
        raise forms.ValidationError("Write the file's whole path, like /home/ann/cat.mp4.")
    path = Path(os.path.realpath(address))
    # Recordings and rings of other households lie there.
    if any(path.is_relative_to(own) for own in (settings.PETCAM_DATA_DIR, settings.PETCAM_RUN_DIR)):
        raise forms.ValidationError("Petcam's own files cannot be a camera's source.")
    if not path.is_file():
        raise forms.ValidationError("There is no such file on the machine that runs Petcam.")
    if not os.access(path, os.R_OK):
        raise forms.ValidationError("Petcam has no right to read this file.")
    return str(path)


def _shared_memory(address: str) -> str:
    if not _SHARED_MEMORY.fullmatch(address):
        raise forms.ValidationError(
            "Write the name of the shared memory, like /rdk_h264_stream: letters, digits, "
            "“_”, “-” and “.”, no directories."
        )
    return address.removeprefix("/")


_CLEAN: dict[str, Callable[[str], str]] = {
    _Kind.RTSP: _rtsp_address,
    _Kind.USB: _device,
    _Kind.FILE: _file,
    _Kind.SHARED_MEMORY: _shared_memory,
}


class _NeverShown(forms.TextInput):
    """Shows what is being typed, and never what has been sent or stored."""

    def format_value(self, value: object) -> None:
        return None


class SourceForm(forms.ModelForm):
    """Where a camera's pictures come from. An empty address keeps the stored one.

    `actor` is who fills it in; the admin sets it on a subclass.
    """

    actor: User

    class Meta:
        model = Camera
        fields = ["source_kind", "source_address", "rtsp_transport", "allows_transcoding"]
        widgets = {
            "source_address": _NeverShown(
                attrs={"autocomplete": "off", "spellcheck": "false", "class": "vTextField"}
            )
        }

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self._stored_kind = self.instance.source_kind
        self._stored_address = self.instance.source_address
        self.fields["source_address"].help_text = (
            f"Now {redact(self._stored_address)}. Leave it empty to keep it."
            if self._stored_address
            else "rtsp://user:password@192.168.1.20/stream, /dev/video0, /home/ann/cat.mp4 or the "
            "name of a shared memory."
        )

    def clean(self) -> dict:
        cleaned = super().clean()
        kind = cleaned.get("source_kind")
        if kind is None or "source_address" in self.errors:
            return cleaned
        try:
            cleaned["source_address"] = self._address(kind, cleaned["source_address"])
        except forms.ValidationError as error:
            self.add_error("source_address", error)
        return cleaned

    def _address(self, kind: str, typed: str) -> str:
        if kind == _Kind.DEMO:
            return ""
        if not typed and kind == self._stored_kind and self._stored_address:
            return self._stored_address
        if not typed:
            raise forms.ValidationError("Enter the address of the camera.", code="required")
        address = _CLEAN[kind](typed)
        if kind in _OF_THIS_MACHINE and self._is_used_elsewhere(kind, address):
            raise forms.ValidationError("Another household uses this already.")
        return address

    def _is_used_elsewhere(self, kind: str, address: str) -> bool:
        theirs = Camera.objects.exclude(household__in=Household.objects.owned_by(self.actor))
        return (
            not self.actor.is_superuser
            and theirs.filter(source_kind=kind, source_address=address).exists()
        )


class CameraForm(SourceForm):
    """A whole camera, of one of the households that `actor` owns."""

    class Meta(SourceForm.Meta):
        fields = [
            "household",
            "name",
            "place",
            *SourceForm.Meta.fields,
            "is_enabled",
            "finds_pets",
            "slug",
            "position",
            "ring_megabytes",
        ]

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        if "household" in self.fields and not self.actor.is_superuser:
            owned = Household.objects.owned_by(self.actor)
            self.fields["household"].queryset = owned
            self.fields["household"].initial = owned.first()
