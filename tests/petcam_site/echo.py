"""An ASGI application for trying the web server's own limits: pages say ok.

/long answers with LONG_BYTES in pieces, and /taken with how much of that the server has taken so
far; /short promises more than it sends.

Sockets answer with the length of what they got, and "send 9" with nine letters. "flood" makes
them send on and on until the page has left; the next socket is told by "left?" what came of that.
"""

import asyncio

LONG_BYTES = 100 * 1024 * 1024
PIECE = b"x" * 65536

came_of_it: list[str] = []
taken = 0


async def application(scope, receive, send) -> None:
    if scope["type"] == "http":
        await page(scope["path"], send)
        return
    await receive()
    await send({"type": "websocket.accept"})
    while (event := await receive())["type"] == "websocket.receive":
        text = event["text"]
        if text == "left?":
            await send({"type": "websocket.send", "text": " ".join(came_of_it) or "nobody left"})
            continue
        if text == "flood":
            await flood(receive, send)
            return
        is_order = text.startswith("send ")
        answer = "x" * int(text.removeprefix("send ")) if is_order else str(len(text))
        await send({"type": "websocket.send", "text": answer})


async def page(path: str, send) -> None:
    global taken
    bodies = {"/long": PIECE, "/short": b"ok", "/taken": str(taken).encode()}
    body = bodies.get(path, b"ok")
    count = LONG_BYTES // len(PIECE) if path == "/long" else 1
    length = 100 if path == "/short" else count * len(body)
    headers = [(b"content-length", str(length).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    for _ in range(count):
        await send({"type": "http.response.body", "body": body, "more_body": True})
        taken += len(body) if path == "/long" else 0
    await send({"type": "http.response.body"})


async def flood(receive, send) -> None:
    """Sends until the page's leaving is heard of."""
    leaving = asyncio.ensure_future(receive())
    try:
        while not leaving.done():
            await send({"type": "websocket.send", "text": "x" * 1000})
            await asyncio.sleep(0.0005)
    except Exception as error:  # noqa: BLE001  (whatever it is, the test shall see it)
        came_of_it.append(type(error).__name__)
    else:
        came_of_it.append("fine")
    finally:
        leaving.cancel()
