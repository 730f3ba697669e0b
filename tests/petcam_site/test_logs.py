import logging
import sys

from petcam_site.logs import LineFormatter


def formatted(message: str, *arguments: object, **fields: object) -> str:
    record = logging.LogRecord("petcam", logging.WARNING, "", 0, message, arguments, None)
    record.__dict__.update(fields)
    return LineFormatter().format(record)


def test_a_line_has_time_level_logger_and_message():
    line = formatted("camera %s is back", "Küche")

    assert line[8:] == " WARNING petcam: camera Küche is back"


def test_a_stranger_cannot_forge_a_line_or_talk_to_the_terminal():
    line = formatted("Invalid HTTP_HOST header: %r %s", "a\nb", "\r\n12:00:00 ERROR \x1b[2J\x9b")

    assert line.isprintable()
    assert "\\x0d\\x0a12:00:00 ERROR \\x1b[2J\\x9b" in line


def test_a_trace_keeps_its_lines():
    try:
        raise ValueError("wrong")
    except ValueError:
        text = formatted("failed", exc_info=sys.exc_info())

    assert text.splitlines()[-1] == "ValueError: wrong"
    assert len(text.splitlines()) > 2
