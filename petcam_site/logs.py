"""How log lines look."""

import logging

# What could make one line look like two, or talk to the terminal.
CONTROL = {code: f"\\x{code:02x}" for code in (*range(9), *range(10, 32), *range(127, 160))}


class LineFormatter(logging.Formatter):
    """Time, level, logger, message: on one line, whatever a stranger has put into the message."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s", "%H:%M:%S")

    def formatMessage(self, record: logging.LogRecord) -> str:
        return super().formatMessage(record).translate(CONTROL)


LOGS = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": LineFormatter}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        # Django would write to handlers of its own.
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        "django.server": {"handlers": [], "propagate": True},
        # daphne tells how it was made.
        "daphne": {"level": "WARNING"},
        # These tell every peer's addresses at INFO.
        "aioice": {"level": "WARNING"},
        "aiortc": {"level": "WARNING"},
    },
}
