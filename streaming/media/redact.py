"""Masks what is secret in a camera's address, before it reaches a page, a log or an error."""

import re

# Up to the last @ of the word: passwords contain @ and / more often than paths contain @.
_CREDENTIALS = re.compile(r"([a-z][a-z0-9+.-]*://)\S*@", re.IGNORECASE)
_QUERY = re.compile(r"([a-z][a-z0-9+.-]*://[^\s?]*\?)\S+", re.IGNORECASE)
# Some cameras want rtsp://address/user=admin&password=secret&channel=1.
_ASSIGNMENT = re.compile(
    r"\b(user|login|pass|passwd|password|pwd|token|auth|key)=[^&/\s]+", re.IGNORECASE
)


def redact(text: str) -> str:
    """`text` with the secrets of every address in it masked: rtsp://***@192.168.1.20/stream."""
    text = _CREDENTIALS.sub(r"\1***@", text)
    text = _QUERY.sub(r"\1***", text)
    return _ASSIGNMENT.sub(r"\1=***", text)
