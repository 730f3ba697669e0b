import pytest

from streaming.media.redact import redact


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("rtsp://192.168.1.20/stream", "rtsp://192.168.1.20/stream"),
        ("rtsp://ann:s3cret@192.168.1.20:554/stream", "rtsp://***@192.168.1.20:554/stream"),
        ("rtsp://ann@192.168.1.20/", "rtsp://***@192.168.1.20/"),
        ("rtsp://ann:s3@cret@host/a", "rtsp://***@host/a"),
        ("rtsp://ann:s3/cret@host/a", "rtsp://***@host/a"),
        ("RTSP://ann:s3cret@host/a", "RTSP://***@host/a"),
        ("rtsp://host/a?token=s3cret&b=1", "rtsp://host/a?***"),
        (
            "rtsp://host/user=ann&password=s3cret&channel=1",
            "rtsp://host/user=***&password=***&channel=1",
        ),
        (
            "cannot open rtsp://a:s3cret@one/ and rtsp://b:s3cret@two/",
            "cannot open rtsp://***@one/ and rtsp://***@two/",
        ),
        ("/dev/video0", "/dev/video0"),
        ("", ""),
    ],
)
def test_it_masks_secrets_and_nothing_else(text, shown):
    assert redact(text) == shown
