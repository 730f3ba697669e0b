"""Answers of the test client, read as a server reads them."""

from asgiref.sync import async_to_sync
from django.http.response import HttpResponseBase


def body_of(answer: HttpResponseBase) -> bytes:
    """All of it, to the end; a file that it comes from is closed then.

    Closing the answer itself also ends the database's connection, and with it a test's transaction.
    """

    async def read() -> bytes:
        return b"".join([piece async for piece in answer.streaming_content])

    return async_to_sync(read)() if answer.streaming else answer.content
