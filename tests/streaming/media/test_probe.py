import threading
from dataclasses import replace

import pytest

from streaming.media.access_unit import AccessUnit
from streaming.media.annexb import is_keyframe
from streaming.media.clock import media_time_90k
from streaming.media.probe import probe
from streaming.media.probe_words import Facts, findings
from streaming.media.problems import NOT_FOUND, RING_MISSING, WRONG_PASSWORD
from streaming.media.ring import RingWriter
from streaming.media.sps import SpsInfo
from tests.streaming.media.cameras import make_config, make_video, rtsp_server
from tests.streaming.media.h264 import encoded

GOOD = Facts(
    codec="H.264",
    sps=SpsInfo(0, 100, 0, 31, 1280, 720, 0),
    width=1280,
    height=720,
    fps=30.0,
    kbps=2000.0,
    keyframe_s=1.0,
    keyframes=3,
    watched_s=4.0,
    has_b_frames=False,
    has_audio=False,
)


def verdicts(facts, *, converts=False):
    return {each.name: each.severity for each in findings(facts, converts=converts)}


def test_a_good_camera_is_good_in_everything():
    assert set(verdicts(GOOD).values()) == {"ok"}


@pytest.mark.parametrize(
    ("changes", "name", "severity"),
    [
        ({"codec": "H.265", "sps": None}, "Codec", "bad"),
        ({"codec": "MJPEG", "sps": None}, "Codec", "bad"),
        ({"sps": SpsInfo(0, 110, 0, 31, 1280, 720, 0)}, "Profile", "bad"),
        ({"sps": SpsInfo(0, 100, 0, 51, 1280, 720, 0)}, "Level", "warn"),
        ({"width": 3840, "height": 2160}, "Resolution", "warn"),
        ({"fps": 10.0}, "Frame rate", "warn"),
        ({"keyframe_s": 4.0}, "Keyframes", "warn"),
        ({"keyframe_s": 8.0}, "Keyframes", "bad"),
        ({"keyframe_s": None, "keyframes": 1, "watched_s": 9.0}, "Keyframes", "bad"),
        ({"keyframe_s": None, "keyframes": 0, "watched_s": 1.0}, "Keyframes", "bad"),
        ({"has_b_frames": True}, "B-frames", "bad"),
        ({"kbps": 8000.0}, "Bitrate", "warn"),
        ({"kbps": 30_000.0}, "Bitrate", "bad"),
        ({"has_audio": True}, "Sound", "ok"),
    ],
)
def test_each_weakness_has_its_verdict(changes, name, severity):
    assert verdicts(replace(GOOD, **changes))[name] == severity


@pytest.mark.parametrize("changes", [{"codec": "H.265", "sps": None}, {"has_b_frames": True}])
def test_what_is_converted_is_no_failure(changes):
    assert "bad" not in verdicts(replace(GOOD, **changes), converts=True).values()


def test_a_long_gop_is_put_in_words():
    words = [each.meaning for each in findings(replace(GOOD, keyframe_s=8.0), converts=False)]

    assert any("every 8.0 s" in each and "GOP to 1-2 s" in each for each in words)


def test_a_file_is_measured(tmp_path):
    path = make_video(tmp_path / "a.mp4", frames=60)

    report = probe(make_config(tmp_path, kind="file", address=str(path)))

    facts = report.facts
    assert (facts.codec, facts.width, facts.height) == ("H.264", 320, 240)
    assert facts.fps == pytest.approx(20, abs=0.5)
    assert facts.keyframe_s == pytest.approx(0.5, abs=0.01)
    assert not facts.has_b_frames


def test_b_frames_of_a_file_are_seen(tmp_path):
    path = make_video(tmp_path / "a.mp4", preset="medium", tune="film", bf="2")

    assert probe(make_config(tmp_path, kind="file", address=str(path))).facts.has_b_frames


def test_an_rtsp_camera_is_measured(tmp_path):
    options = ("--width", "320", "--height", "240", "--kbps", "300", "--gop", "60")
    with rtsp_server(*options, "--profile", "main") as server:
        report = probe(make_config(tmp_path, kind="rtsp", address=server.url))

    assert report.facts.sps.profile_idc == 77
    assert report.facts.keyframe_s == pytest.approx(2.0, abs=0.1)
    assert report.facts.fps == pytest.approx(30, abs=1)


def test_a_refused_password_is_a_report(tmp_path):
    options = ("--width", "320", "--height", "240", "--user", "anna", "--password", "right")
    with rtsp_server(*options) as server:
        address = server.url.replace("right", "wrong")
        report = probe(make_config(tmp_path, kind="rtsp", address=address))

    assert report.problem is WRONG_PASSWORD


def test_a_missing_file_is_a_report(tmp_path):
    report = probe(make_config(tmp_path, kind="file", address=str(tmp_path / "no.mp4")))

    assert (report.problem, report.facts, report.findings) == (NOT_FOUND, None, ())


def test_the_demo_camera_keeps_its_promises(tmp_path):
    report = probe(make_config(tmp_path, kind="demo"))

    # Its frame rate is the machine's matter as well: an overloaded one leaves pictures out.
    verdict = verdicts(replace(report.facts, fps=30.0))
    assert set(verdict.values()) == {"ok"}
    assert (report.facts.width, report.facts.height) == (1280, 720)


def test_shared_memory_is_measured(tmp_path):
    path = tmp_path / "foreign"
    stop = threading.Event()

    def write():
        writer = RingWriter(path, payload_bytes=1 << 20)
        number = 0
        while not stop.wait(0.01):
            data = encoded()[number % 30]
            capture_ns = 10**12 + number * 33_333_333
            pts = media_time_90k(capture_ns)
            writer.write(AccessUnit(data, capture_ns, pts, is_keyframe(data), 320, 240))
            number += 1
        writer.close()

    producer = threading.Thread(target=write)
    producer.start()
    try:
        report = probe(make_config(tmp_path, kind="shared_memory", ring_path=path))
    finally:
        stop.set()
        producer.join()

    assert report.facts.width == 320
    assert report.facts.fps == pytest.approx(30, abs=0.5)


def test_missing_shared_memory_is_a_report(tmp_path):
    config = make_config(tmp_path, kind="shared_memory", ring_path=tmp_path / "nobody")

    assert probe(config, seconds=0.2).problem is RING_MISSING
