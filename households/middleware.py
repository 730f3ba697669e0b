"""What every answer of the portal carries, and what an overloaded portal answers."""

from asgiref.sync import iscoroutinefunction
from django.shortcuts import render
from django.utils.decorators import sync_and_async_middleware
from redis.exceptions import RedisError

from households.hashers import TooManyPasswords

HEADERS = {
    # Every page shows somebody's home: no cache keeps it, not even the browser's own.
    "Cache-Control": "no-store, private",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


@sync_and_async_middleware
def personal_responses(get_response):
    """Adds HEADERS to everything but static files, which are answered before."""
    if iscoroutinefunction(get_response):

        async def middleware(request):
            return _personal(await get_response(request))

    else:

        def middleware(request):
            return _personal(get_response(request))

    middleware.process_exception = _busy
    return middleware


def _personal(response):
    for name, value in HEADERS.items():
        response.headers[name] = value
    return response


def _busy(request, exception):
    """503 in words where a part is missing for a moment; None leaves it to Django."""
    if isinstance(exception, TooManyPasswords | RedisError):
        response = render(request, "503.html", status=503)
        response.headers["Retry-After"] = "5"
        return response
    return None
