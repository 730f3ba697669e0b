"""What a camera's measured facts mean for the people who watch it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from streaming.media.problems import B_FRAMES, H265, OTHER_CODEC
from streaming.media.sps import SpsInfo

Severity = Literal["ok", "warn", "bad"]

_PROFILES = {
    66: "Baseline", 77: "Main", 88: "Extended", 100: "High",
    110: "High 10", 122: "High 4:2:2", 244: "High 4:4:4",
}  # fmt: skip
_PLAYABLE_PROFILES = (66, 77, 100)
_CONSTRAINED = 0x40
_LEVEL_41 = 41
_GOOD_KEYFRAME_S = 2.2
_BAD_KEYFRAME_S = 5.0
_GOOD_FPS = 24
_MANY_KBPS = 6000
_TOO_MANY_KBPS = 16_000


@dataclass(frozen=True, slots=True)
class Facts:
    """Measured during `watched_s`. `keyframe_s` is the longest gap, None when none was whole."""

    codec: str
    sps: SpsInfo | None
    width: int
    height: int
    fps: float
    kbps: float
    keyframe_s: float | None
    keyframes: int
    watched_s: float
    has_b_frames: bool
    has_audio: bool


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report: what, how much, how good, and what it means for viewers."""

    name: str
    value: str
    severity: Severity
    meaning: str


def findings(facts: Facts, *, converts: bool) -> tuple[Finding, ...]:
    """The report, most important first. `converts`: the owner lets Petcam encode again."""
    return tuple(_findings(facts, converts))


def _findings(facts: Facts, converts: bool) -> Iterator[Finding]:
    yield _codec(facts, converts)
    if facts.sps is not None:
        yield _profile(facts.sps)
        yield _level(facts.sps)
    yield _resolution(facts)
    yield _rate(facts)
    yield _keyframes(facts)
    yield _b_frames(facts, converts)
    yield _bits(facts)
    yield _audio(facts)


def _converted(value: str, name: str) -> Finding:
    return Finding(
        name,
        value,
        "warn",
        "Petcam decodes and encodes it again: it plays, and costs most of a processor core.",
    )


def _codec(facts: Facts, converts: bool) -> Finding:
    if facts.codec == "H.264":
        return Finding("Codec", facts.codec, "ok", "Every browser plays it, nothing is converted.")
    if converts:
        return _converted(facts.codec, "Codec")
    problem = H265 if facts.codec == "H.265" else OTHER_CODEC
    return Finding("Codec", facts.codec, "bad", f"{problem.text} {problem.hint}")


def _profile(sps: SpsInfo) -> Finding:
    name = _PROFILES.get(sps.profile_idc, f"number {sps.profile_idc}")
    if sps.profile_idc == 66 and sps.constraints & _CONSTRAINED:
        name = "Constrained Baseline"
    if sps.profile_idc in _PLAYABLE_PROFILES:
        return Finding("Profile", name, "ok", "Browsers play it.")
    return Finding(
        "Profile", name, "bad", "Browsers cannot play it. Set the camera to High, Main or Baseline."
    )


def _level(sps: SpsInfo) -> Finding:
    value = f"{sps.level_idc // 10}.{sps.level_idc % 10}"
    if sps.level_idc <= _LEVEL_41:
        return Finding("Level", value, "ok", "Phones and old computers play it.")
    return Finding("Level", value, "warn", "Phones and old computers may stutter or refuse.")


def _resolution(facts: Facts) -> Finding:
    value = f"{facts.width} × {facts.height}"
    if facts.width * facts.height <= 1920 * 1088:
        return Finding("Resolution", value, "ok", "Sharp enough, and light enough for phones.")
    return Finding(
        "Resolution",
        value,
        "warn",
        "More than phones show; they may stutter. Choose the camera's 1080p or 720p stream.",
    )


def _rate(facts: Facts) -> Finding:
    value = f"{facts.fps:.1f} frames/s"
    if facts.fps >= _GOOD_FPS:
        return Finding("Frame rate", value, "ok", "Movement looks smooth.")
    return Finding(
        "Frame rate", value, "warn", "Movement looks jerky. Set the camera to 25 or 30 frames/s."
    )


def _keyframes(facts: Facts) -> Finding:
    hint = "set the camera's GOP to 1-2 s."
    if facts.keyframe_s is not None:
        value = f"every {facts.keyframe_s:.1f} s"
        if facts.keyframe_s <= _GOOD_KEYFRAME_S:
            return Finding("Keyframes", value, "ok", "Pictures start at once.")
        severity: Severity = "warn" if facts.keyframe_s <= _BAD_KEYFRAME_S else "bad"
        return Finding(
            "Keyframes",
            value,
            severity,
            f"A keyframe only {value}: pictures start late and recover late; {hint}",
        )
    value = f"{facts.keyframes or 'none'} in {facts.watched_s:.0f} s"
    if facts.watched_s <= _GOOD_KEYFRAME_S and facts.keyframes:
        return Finding("Keyframes", value, "ok", "Too short to measure how often they come.")
    return Finding(
        "Keyframes", value, "bad", f"Keyframes are rare: pictures start very late; {hint}"
    )


def _b_frames(facts: Facts, converts: bool) -> Finding:
    if not facts.has_b_frames:
        return Finding("B-frames", "none", "ok", "Pictures can be shown as soon as they come.")
    if converts:
        return _converted("yes", "B-frames")
    return Finding("B-frames", "yes", "bad", f"{B_FRAMES.text} {B_FRAMES.hint}")


def _bits(facts: Facts) -> Finding:
    value = f"{facts.kbps / 1000:.1f} Mbit/s"
    if facts.kbps <= _MANY_KBPS:
        return Finding("Bitrate", value, "ok", "Several viewers at once are no problem.")
    if facts.kbps <= _TOO_MANY_KBPS:
        return Finding(
            "Bitrate", value, "warn", "Each viewer needs this much; a weak Wi-Fi may not carry it."
        )
    return Finding(
        "Bitrate", value, "bad", "Too much for most home networks; set the camera to 2-6 Mbit/s."
    )


def _audio(facts: Facts) -> Finding:
    if facts.has_audio:
        return Finding("Sound", "yes", "ok", "Petcam shows pictures only; the sound is left out.")
    return Finding("Sound", "none", "ok", "Petcam shows pictures only.")
