"""An ASGI application for trying the web server's own limits: pages say ok.

Sockets answer with the length of what they got, and "send 9" with nine letters.
"""


async def application(scope, receive, send) -> None:
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"ok"})
        return
    await receive()
    await send({"type": "websocket.accept"})
    while (event := await receive())["type"] == "websocket.receive":
        text = event["text"]
        is_order = text.startswith("send ")
        answer = "x" * int(text.removeprefix("send ")) if is_order else str(len(text))
        await send({"type": "websocket.send", "text": answer})
