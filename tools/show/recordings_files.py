"""Files that recording makes, as other programs see them: ffprobe, Chromium, ffmpeg by HLS."""

import json
import subprocess
import time
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Page

from tests.e2e.browser import Browser, Person
from tests.e2e.portal import Portal
from tests.e2e.waiting import until
from tests.streaming.media.moving_picture import encoded_units
from tools.show.recordings_cameras import CLIP, Filming, Taken, filmed_portal, record
from tools.show.stage import Stage
from tools.show.table import Table

S = 90_000
# Another picture size, nothing at all, the first size again.
SMALL_S, NOTHING_S, AGAIN_S = 8.0, 4.0, 8.0
# What an owner wants around a visit; how long that lasts, and how late it is known.
PRE_S, POST_S, SEEN_S, KNOWN_S = 5, 4, 3, 4
PROBE_S = 240
PLAYED = """
async ([url, rate, limit_s]) => {
  const video = document.createElement('video');
  Object.assign(video, { muted: true, playsInline: true, src: url });
  document.body.append(video);
  const outcome = await new Promise((resolve) => {
    video.onended = () => resolve('');
    video.onerror = () => resolve(`${video.error.code} ${video.error.message}`);
    setTimeout(() => resolve(`still at ${video.currentTime}`), limit_s * 1000);
    video.playbackRate = rate;
    video.play().catch((error) => resolve(`${error}`));
  });
  const { totalVideoFrames: frames } = video.getVideoPlaybackQuality();
  const { duration, videoWidth: width } = video;
  video.remove();
  return { outcome, frames, duration, width };
}
"""


@dataclass(frozen=True, slots=True)
class Segment:
    """A row, and where its file is."""

    uuid: str
    path: str
    start_90k: int
    end_90k: int
    frames: int
    width: int
    address: str


@dataclass(frozen=True, slots=True)
class Clip:
    """A clip that was made; `expected` pictures belong into it."""

    name: str
    pk: int
    path: str
    expected: int


@dataclass(frozen=True, slots=True)
class Probed:
    """What ffprobe says."""

    frames: int
    seconds: float
    errors: str


def files(on: Stage) -> None:
    """One camera: more than a minute, another picture size, a pause, and the first size again."""
    on.stop_portals()
    with filmed_portal(on, 1) as (portal, [slug], filming):
        film(filming, portal, 8.0 if on.is_short else 66.0)
        record(portal, [slug], "mode='off'")
        until(lambda: not _rows(portal, "writing"), "the end of the segments", within_s=20)
        segments = _rows(portal, "complete")
        rows_of_segments(on.table, segments, filming.taken)
        made = clips(portal, slug, segments, filming.taken)
        rows_of_clips(on.table, made)
        with Browser() as browser:
            person = browser.person(portal)
            page = person.log_in()
            rows_of_playing(on.table, page, segments, made)
            row_of_playlist(on.table, person, portal, slug, segments)


def visits(on: Stage) -> None:
    """A camera that is recorded on visits, and a visit."""
    on.stop_portals()
    policy = f"mode='visits', pre_s={PRE_S}, post_s={POST_S}"
    with filmed_portal(on, 1, policy=policy) as (portal, [slug], filming):
        time.sleep(PRE_S + KNOWN_S + 5)
        # It begins and ends between two pictures.
        start_90k = filming.taken[-1].t_90k - KNOWN_S * S - S // 60
        end_90k = start_90k + SEEN_S * S
        _see(portal, slug, start_90k, end_90k)
        until(lambda: _rows(portal, "complete"), "the visit's segment", within_s=40, every_s=1)
        segments = _rows(portal, "complete") + _rows(portal, "writing")
    keys = [one.t_90k for one in filming.taken if one.is_keyframe]
    since_90k = max(key for key in keys if key <= start_90k - PRE_S * S)
    until_90k = min(key for key in keys if key >= end_90k + POST_S * S)
    frames = sum(segment.frames for segment in segments)
    expected = len(_between(filming.taken, since_90k, until_90k))
    before_s = (start_90k - segments[0].start_90k) / S
    after_s = (segments[-1].end_90k - end_90k) / S
    has_ends = (segments[0].start_90k, segments[-1].end_90k) == (since_90k, until_90k)
    on.table.add(
        f"a visit, {PRE_S} s before and {POST_S} s after it",
        "from keyframe to keyframe around just that, every frame",
        f"{before_s:.2f} s before, {after_s:.2f} s after, {frames} of {expected} frames",
        has_ends and frames == expected and len(segments) == 1,
    )


def film(filming: Filming, portal: Portal, seconds: float) -> None:
    """What is recorded, beginning when recording has begun."""
    until(lambda: _rows(portal, "writing"), "a growing segment", within_s=30)
    time.sleep(seconds)
    small = [unit.data for unit in encoded_units(240, width=640, height=360, gop=30)]
    for units, lasting_s in ((small, SMALL_S), ([], NOTHING_S), (None, AGAIN_S)):
        filming.show(units)
        time.sleep(lasting_s)


def rows_of_segments(table: Table, segments: list[Segment], taken: list[Taken]) -> None:
    """Each file against ffprobe, its row, and what the ring had in its time."""
    wrong, frames, expected = [], 0, 0
    for segment in segments:
        probed = probe(segment.path)
        had = _between(taken, segment.start_90k, segment.end_90k)
        frames, expected = frames + probed.frames, expected + len(had)
        lasts_s = (segment.end_90k - segment.start_90k) / S
        is_right = probed.frames == segment.frames == len(had) and not probed.errors
        if not is_right or abs(probed.seconds - lasts_s) > 0.001:
            wrong.append(f"{segment.uuid}: {probed}, {len(had)} in the ring, {lasts_s:.3f} s")
    widths = [segment.width for segment in segments]
    table.add(
        f"segments pass ffprobe (widths {', '.join(map(str, widths))})",
        "0 errors, the ring's frame count, durations to the ms",
        f"{len(wrong)} of {len(segments)} wrong, {frames} of {expected} frames"
        + "".join(f"; {each}" for each in wrong[:2]),
        not wrong and frames == expected > 0 and len(set(widths)) == 2,
    )


def clips(portal: Portal, slug: str, segments: list[Segment], taken: list[Taken]) -> list[Clip]:
    """One of each kind, begun and ended between two pictures."""
    first, small = segments[0], next(s for s in segments if s.width != CLIP.width)
    half, end_90k = S // 60, segments[-1].end_90k
    before_90k = small.start_90k - 6 * S - half
    plain = (before_90k, small.start_90k - S - half)
    exact = (small.start_90k - 4 * S - half, end_90k - 4 * S - half)
    key_90k = max(t.t_90k for t in taken if t.is_keyframe and t.t_90k <= plain[0])
    of_exact = [t for s in segments for t in _between(taken, s.start_90k, s.end_90k)]
    wanted = [
        ("copied clip", plain, "", len(_between(taken, key_90k, plain[1]))),
        (
            "exact clip over sizes and a gap",
            exact,
            "is_exact=True",
            len(_between(of_exact, *exact)),
        ),
        (
            "time-lapse",
            (first.start_90k, end_90k),
            "kind='timelapse'",
            _in_timelapse(segments, taken),
        ),
    ]
    made = []
    for name, (since_90k, until_90k), more, expected in wanted:
        pk = _ask(portal, slug, since_90k, until_90k, more)
        path = until(lambda pk=pk: _ready(portal, pk), f"the {name}", within_s=240, every_s=0.5)
        made.append(Clip(name, pk, path, expected))
    return made


def _in_timelapse(segments: list[Segment], taken: list[Taken]) -> int:
    """Of each 1500th of what was recorded the first keyframe, if there is one."""
    total_90k = sum(segment.end_90k - segment.start_90k for segment in segments)
    parts, before_90k = set(), 0
    for segment in segments:
        for one in _between(taken, segment.start_90k, segment.end_90k):
            if one.is_keyframe:
                parts.add((before_90k + one.t_90k - segment.start_90k) // -(-total_90k // 1500))
        before_90k += segment.end_90k - segment.start_90k
    return len(parts)


def rows_of_clips(table: Table, made: list[Clip]) -> None:
    """Each clip against ffprobe, and what the ring had in its time."""
    for clip in made:
        probed = probe(clip.path)
        is_right = not probed.errors and probed.frames == clip.expected
        # A time-lapse has a pace of its own.
        is_long = clip.name == "time-lapse" or abs(probed.seconds - clip.expected / 30) < 0.01
        table.add(
            f"{clip.name} passes ffprobe",
            "0 errors, the ring's frame count, duration",
            f"{probed.frames} of {clip.expected} frames, {probed.seconds:.3f} s"
            + (f", {probed.errors[:200]}" if probed.errors else ""),
            is_right and is_long,
        )


def rows_of_playing(table: Table, page: Page, segments: list[Segment], made: list[Clip]) -> None:
    """Plain <video src>, to the end."""
    files = [(f"segment of {s.width} px", s.address, s.frames, 2.0) for s in segments]
    files += [(clip.name, f"/clips/{clip.pk}/clip.mp4", clip.expected, 1.0) for clip in made]
    for name, address, frames, rate in files:
        played: dict[str, Any] = page.evaluate(PLAYED, [address, rate, 120])
        table.add(
            f"Chromium plays the {name}",
            "to its end, every frame, no error",
            f"{played['frames']} of {frames} frames, {played['duration']:.2f} s"
            + (f", {played['outcome']}" if played["outcome"] else ""),
            not played["outcome"] and played["frames"] == frames,
        )


def row_of_playlist(
    table: Table, person: Person, portal: Portal, slug: str, segments: list[Segment]
) -> None:
    """All of it by HLS over HTTP, as ffmpeg reads it."""
    cookies = "; ".join(f"{c['name']}={c['value']}" for c in person.context.cookies())
    since, to = _wall(portal, segments[0].start_90k), _wall(portal, segments[-1].end_90k)
    address = f"{portal.url}cameras/{slug}/recordings/playlist.m3u8?from={since}&to={to}"
    probed = probe(address, "-headers", f"Cookie: {cookies}\r\n")
    frames = sum(segment.frames for segment in segments)
    table.add(
        "ffmpeg reads the HLS playlist over HTTP, over sizes and a gap",
        "every frame, 0 errors",
        f"{probed.frames} of {frames} frames in {len(segments)} segments"
        + (f", {probed.errors[:200]}" if probed.errors else ""),
        probed.frames == frames and not probed.errors,
    )


def probe(address: str, *options: str) -> Probed:
    """Decodes all of it."""
    told = "stream=nb_read_frames:format=duration"
    done = subprocess.run(
        ["ffprobe", "-v", "error", *options, "-count_frames", "-show_entries", told]
        + ["-of", "json", address],
        capture_output=True,
        text=True,
        timeout=PROBE_S,
        check=False,
    )
    found = json.loads(done.stdout or "{}")
    [stream] = found.get("streams") or [{}]
    return Probed(
        int(stream.get("nb_read_frames", 0)),
        float(found.get("format", {}).get("duration", 0)),
        done.stderr.strip(),
    )


def _between(taken: list[Taken], since_90k: int, until_90k: int) -> list[Taken]:
    return [one for one in taken if since_90k <= one.t_90k < until_90k]


def _rows(portal: Portal, state: str) -> list[Segment]:
    found = portal.django(
        f"""
        from django.urls import reverse
        from recordings.models import Segment
        from recordings.services import store
        answer = [
            [str(s.uuid), str(store().segment(s.folder, s.uuid)), s.start_90k, s.end_90k,
             s.frames, s.width, reverse("segment-file", args=[s.uuid])]
            for s in Segment.objects.filter(state={state!r}).order_by("start_90k")
        ]
        """
    )
    assert isinstance(found, list)
    return [Segment(*each) for each in found]


def _see(portal: Portal, slug: str, start_90k: int, end_90k: int) -> None:
    portal.django(
        f"""
        from detections.clocks import boot_of, this_machine, wall_of
        from streaming.models import Camera
        from tests.builders import make_visit
        boot = boot_of(this_machine())
        make_visit(
            Camera.objects.get(slug={slug!r}), boot=boot, is_open=False,
            start_90k={start_90k}, end_90k={end_90k}, best_90k={end_90k},
            started_at=wall_of(boot, {start_90k}), ended_at=wall_of(boot, {end_90k}),
        )
        """
    )


def _ask(portal: Portal, slug: str, since_90k: int, until_90k: int, more: str) -> int:
    pk = portal.django(
        f"""
        from django.utils import timezone
        from detections.clocks import boot_of, this_machine, wall_of
        from households.models import Household
        from recordings.clips import ask_for_clip
        from streaming.models import Camera
        camera = Camera.objects.get(slug={slug!r})
        boot, by = boot_of(this_machine()), camera.household.members.first().user
        since, until = wall_of(boot, {since_90k}), wall_of(boot, {until_90k})
        now = timezone.now()
        answer = ask_for_clip(camera, by=by, since=since, until=until, now=now, {more}).pk
        """
    )
    assert isinstance(pk, int)
    return pk


def _ready(portal: Portal, pk: int) -> str:
    found = portal.django(
        f"""
        from recordings.clips import file_of
        from recordings.models import Clip
        from recordings.services import store
        clip = Clip.objects.get(pk={pk})
        answer = [clip.state, clip.reason, str(file_of(store(), clip))]
        """
    )
    assert isinstance(found, list)
    state, reason, path = found
    assert state != "failed", reason
    return str(path) if state == "ready" else ""


def _wall(portal: Portal, t_90k: int) -> str:
    return str(
        portal.django(
            f"""
            from detections.clocks import boot_of, this_machine, wall_of
            answer = wall_of(boot_of(this_machine()), {t_90k}).isoformat().replace("+00:00", "Z")
            """
        )
    )
