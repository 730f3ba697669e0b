import av
import pytest

from streaming.media.annexb import Sanitiser, is_keyframe, nal_type, split_nal_units
from streaming.media.problems import (
    B_FRAMES,
    BAD_ADDRESS,
    H265,
    NO_VIDEO,
    NOT_A_FILE,
    NOT_FOUND,
    OTHER_CODEC,
    UNREADABLE,
    CameraProblem,
)
from streaming.media.sources import source_for
from tests.streaming.media.cameras import collect, make_config, make_video


def play(tmp_path, path, count, **overrides):
    config = make_config(tmp_path, kind="file", address=str(path), **overrides)
    return collect(source_for(config), count)


def problem_with(tmp_path, path, **overrides):
    with pytest.raises(CameraProblem) as caught:
        play(tmp_path, path, 12, **overrides)
    return caught.value.problem


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.ts", "a.avi", "a.flv", "a.h264"])
def test_every_container_gives_annex_b(tmp_path, name):
    units = play(tmp_path, make_video(tmp_path / name), 12)

    kinds = {nal_type(nal) for nal in split_nal_units(units[0].data)}
    assert {5, 7, 8} <= kinds
    assert is_keyframe(units[10].data)
    sanitiser = Sanitiser()
    assert all(sanitiser.clean(unit.data) for unit in units)
    assert (sanitiser.sps.width, sanitiser.sps.height) == (320, 240)


def test_nothing_is_encoded_again(tmp_path):
    path = make_video(tmp_path / "a.h264")

    units = play(tmp_path, path, 10)

    assert path.read_bytes().startswith(b"".join(unit.data for unit in units))


def test_it_plays_over_and_over_at_its_own_speed(tmp_path):
    units = play(tmp_path, make_video(tmp_path / "a.mp4"), 50)

    steps = [
        after.pts_90k - before.pts_90k for before, after in zip(units, units[1:], strict=False)
    ]
    assert all(abs(step - 4500) <= 1 for step in steps), steps
    assert is_keyframe(units[20].data)
    assert is_keyframe(units[40].data)


def test_b_frames_are_named(tmp_path):
    path = make_video(tmp_path / "a.mp4", preset="medium", tune="film", bf="2")

    assert problem_with(tmp_path, path) is B_FRAMES


def test_b_frames_are_converted_if_the_owner_allows_it(tmp_path):
    path = make_video(tmp_path / "a.mp4", preset="medium", tune="film", bf="2")

    units = play(tmp_path, path, 15, allows_transcoding=True)

    decoder = av.CodecContext.create("h264", "r")
    # What came before the last keyframe was sent until the first B-frame was met.
    first = max(number for number, unit in enumerate(units) if is_keyframe(unit.data))
    pictures = [p for unit in units[first:] for p in decoder.decode(av.Packet(unit.data))]
    pictures += decoder.decode(None)
    assert len(pictures) == len(units) - first > 8
    assert not decoder.has_b_frames


def test_h265_is_named(tmp_path):
    path = make_video(tmp_path / "a.mp4", codec="libx265", **{"x265-params": "log-level=none"})

    assert problem_with(tmp_path, path) is H265


def test_h265_is_converted_if_the_owner_allows_it(tmp_path):
    path = make_video(tmp_path / "a.mp4", codec="libx265", **{"x265-params": "log-level=none"})

    units = play(tmp_path, path, 3, allows_transcoding=True)

    assert is_keyframe(units[0].data)


def test_another_codec_is_named(tmp_path):
    assert problem_with(tmp_path, make_video(tmp_path / "a.avi", codec="mpeg4")) is OTHER_CODEC


def test_a_cut_off_file_plays_as_far_as_it_goes(tmp_path):
    path = make_video(tmp_path / "a.ts")
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])

    assert len(play(tmp_path, path, 30)) >= 30


def test_a_missing_file_is_named(tmp_path):
    assert problem_with(tmp_path, tmp_path / "no.mp4") is NOT_FOUND


def test_a_folder_is_no_file(tmp_path):
    assert problem_with(tmp_path, tmp_path) is NOT_A_FILE


def test_a_device_is_no_file(tmp_path):
    assert problem_with(tmp_path, "/dev/zero") is NOT_A_FILE


@pytest.mark.parametrize("address", ["rtsp://camera/", "clip.mp4", "concat:/a|/b", ""])
def test_only_a_whole_path_is_an_address(tmp_path, address):
    assert problem_with(tmp_path, address) is BAD_ADDRESS


def test_a_text_is_no_video(tmp_path):
    path = tmp_path / "a.mp4"
    path.write_text("not a video\n" * 1000)

    assert problem_with(tmp_path, path) is UNREADABLE


def test_a_playlist_opens_nothing(tmp_path):
    inner = make_video(tmp_path / "inner.ts")
    path = tmp_path / "list.m3u8"
    path.write_text(
        f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile://{inner}\n#EXT-X-ENDLIST\n"
    )

    assert problem_with(tmp_path, path) is UNREADABLE


def test_sound_alone_is_no_video(tmp_path):
    path = tmp_path / "a.mka"
    with av.open(str(path), "w") as file:
        stream = file.add_stream("pcm_s16le", rate=8000)
        frame = av.AudioFrame(format="s16", layout="mono", samples=1024)
        frame.rate = 8000
        frame.pts = 0
        file.mux(stream.encode(frame))
        file.mux(stream.encode(None))

    assert problem_with(tmp_path, path) is NO_VIDEO


def test_an_empty_file_is_no_video(tmp_path):
    path = tmp_path / "a.mp4"
    path.touch()

    assert problem_with(tmp_path, path) is UNREADABLE
