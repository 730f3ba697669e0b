"""How pages are answered: by Django in its request's thread."""

import threading
from collections.abc import Callable

from asgiref.sync import iscoroutinefunction
from asgiref.testing import ApplicationCommunicator
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.test import SimpleTestCase, override_settings
from django.utils.decorators import sync_and_async_middleware

from petcam_site.asgi import Pages

threads: list[int] = []


@sync_and_async_middleware
def noting_threads(get_response: Callable) -> Callable:
    """Notes who calls it; as a coroutine, where it may be one."""
    if iscoroutinefunction(get_response):

        async def middleware(request: HttpRequest) -> HttpResponseBase:
            threads.append(threading.get_ident())
            return await get_response(request)

    else:

        def middleware(request: HttpRequest) -> HttpResponseBase:
            threads.append(threading.get_ident())
            return get_response(request)

    return middleware


@sync_and_async_middleware
def answering(get_response: Callable) -> Callable:
    """Answers in place of all views, likewise."""
    if iscoroutinefunction(get_response):

        async def middleware(request: HttpRequest) -> HttpResponseBase:
            return HttpResponse("Here.")

    else:

        def middleware(request: HttpRequest) -> HttpResponseBase:
            return HttpResponse("Here.")

    return middleware


NOTING, ANSWERING = (f"{__name__}.{each.__name__}" for each in (noting_threads, answering))


class PagesTests(SimpleTestCase):
    @override_settings(MIDDLEWARE=[NOTING, *settings.MIDDLEWARE, NOTING, ANSWERING])
    async def test_a_request_stays_in_one_thread_through_all_of_the_middleware(self):
        threads.clear()
        page = ApplicationCommunicator(
            Pages(),
            {
                "type": "http",
                "method": "GET",
                "path": "/",
                "query_string": b"",
                "headers": [(b"host", b"localhost")],
            },
        )

        await page.send_input({"type": "http.request", "body": b""})
        answer = await page.receive_output(timeout=5)
        await page.receive_output(timeout=5)
        await page.wait()

        self.assertEqual(answer["status"], 200)
        self.assertEqual(len(threads), 2)
        self.assertEqual(len(set(threads)), 1)
        self.assertNotIn(threading.get_ident(), threads)
