from channels.testing import WebsocketCommunicator
from django.test import TestCase, override_settings

from petcam_site.origin import SameOrigin
from tests.petcam_site.echo import application

HOSTS = ["localhost", "127.0.0.1", "[::1]", "petcam.home"]


async def is_let_in(*headers: tuple[bytes, bytes]) -> bool:
    communicator = WebsocketCommunicator(SameOrigin(application), "/", headers=list(headers))
    connected, _ = await communicator.connect()
    await communicator.disconnect()
    return connected


def origin(value: str) -> tuple[bytes, bytes]:
    return b"origin", value.encode()


def host(value: str) -> tuple[bytes, bytes]:
    return b"host", value.encode()


@override_settings(ALLOWED_HOSTS=HOSTS, PETCAM_ORIGINS=[], PETCAM_HTTPS=False)
class SameOriginTests(TestCase):
    LET_IN = [
        ("http://localhost:8000", "localhost:8000"),
        ("http://127.0.0.1:8000", "127.0.0.1:8000"),
        ("http://[::1]:8000", "[::1]:8000"),
        ("http://petcam.home", "petcam.home"),
    ]
    KEPT_OUT = [
        ("null", "localhost:8000"),
        ("", "localhost:8000"),
        ("http://", "localhost:8000"),
        ("file://", "localhost:8000"),
        ("https://localhost:8000", "localhost:8000"),
        ("http://localhost:8001", "localhost:8000"),
        ("http://localhost", "localhost:8000"),
        ("http://evil-petcam.home", "petcam.home"),
        ("http://petcam.home.evil.example", "petcam.home"),
        ("http://petcam.home@evil.example", "petcam.home"),
        ("http://evil.example", "petcam.home"),
        ("http://evil.example", "evil.example"),
        ("http://petcam.home:80a", "petcam.home:80a"),
        ("http://[", "["),
        ("http://user@petcam.home", "user@petcam.home"),
        ("http://localhost:8000/path", "localhost:8000"),
        ("http://localhost:8000 http://evil.example", "localhost:8000"),
    ]

    async def test_the_portals_own_pages_open_sockets(self):
        refused = [
            (page, server)
            for page, server in self.LET_IN
            if not await is_let_in(origin(page), host(server))
        ]

        self.assertEqual(refused, [])

    async def test_no_other_page_does(self):
        let_in = [
            (page, server)
            for page, server in self.KEPT_OUT
            if await is_let_in(origin(page), host(server))
        ]

        self.assertEqual(let_in, [])

    async def test_a_socket_without_or_with_two_origins_is_refused(self):
        own = origin("http://localhost:8000")
        server = host("localhost:8000")

        self.assertFalse(await is_let_in(server))
        self.assertFalse(await is_let_in(own))
        self.assertFalse(await is_let_in(own, own, server))
        self.assertFalse(await is_let_in(own, server, server))

    @override_settings(PETCAM_HTTPS=True)
    async def test_behind_https_the_page_must_be_https(self):
        server = host("petcam.home")

        self.assertTrue(await is_let_in(origin("https://petcam.home"), server))
        self.assertFalse(await is_let_in(origin("http://petcam.home"), server))

    @override_settings(PETCAM_ORIGINS=["https://pets.example"])
    async def test_a_configured_origin_is_let_in_as_it_is_written(self):
        server = host("127.0.0.1:8000")

        self.assertTrue(await is_let_in(origin("https://pets.example"), server))
        self.assertFalse(await is_let_in(origin("http://pets.example"), server))
        self.assertFalse(await is_let_in(origin("https://pets.example:444"), server))
