"""Measures the table of access: see tests/access_table.py."""

import ast
import inspect
import json
import re
import textwrap
from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer
from channels.testing import WebsocketCommunicator
from django.core.cache import cache
from django.db import transaction
from django.http import HttpResponse
from django.test import Client, TestCase
from django.urls import get_resolver, resolve
from django.urls.resolvers import URLPattern, URLResolver
from django.utils import timezone

from detections import photos
from detections.models import Boot, DayCount, IngestToken, Look, Pet, Place, Visit
from detections.tokens import make_token
from households.models import Household, Member
from petcam_site.asgi import application, websocket_urlpatterns
from recordings.models import Alert, Clip, Policy, Segment, Storage
from recordings.services import storage
from recordings.thumbnails import thumbnailer
from streaming.loads import FIRST
from streaming.messages import STREAMERS_GROUP, streamer_group
from streaming.models import Camera
from tests.access_table import (
    CHANGES_BY_OTHERS,
    DOCUMENT,
    FORMS,
    MESSAGES,
    PAGES,
    PEOPLE,
    QUERIES,
    SOCKETS,
    document,
    rows,
)
from tests.builders import make_camera, make_pet, make_visit
from tests.cast import PASSWORD, make_cast
from tests.recordings.rows import folder_of_recordings, make_clip_of, record
from tests.streaming.media.moving_picture import encoded_units

BOX = [[0.1, 0.1], [0.3, 0.1], [0.3, 0.3]]
PLAYED_BY = dict(zip(PEOPLE, (None, "mallory", "vera", "bob", "alice", "root"), strict=True))


def routes(resolver: URLResolver | None = None, prefix: str = "") -> Iterator[str]:
    """Every route of the portal as it is written in urlpatterns."""
    for pattern in (resolver or get_resolver()).url_patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield f"/{route}"
        else:
            yield from routes(pattern, route)


def answer_of(response: HttpResponse) -> str:
    """The status, or where a redirect leads by name."""
    if response.status_code not in (301, 302):
        return str(response.status_code)
    return f"→ {resolve(response['Location'].partition('?')[0]).view_name}"


def comparable(response: HttpResponse) -> tuple[dict[str, str], str]:
    """Headers and text without what differs between any two answers to the same question."""
    headers = {
        name: value for name, value in response.items() if name not in ("Location", "Expires")
    }
    return headers, re.sub(r'value="\w{64}"', "", response.content.decode())


class PageAccessTests(TestCase):
    maxDiff = None

    @classmethod
    def setUpTestData(cls):
        cls.cast = make_cast()
        cls.camera = make_camera(cls.cast.home, name="Kitchen", slug="kitchen")
        cls.place = cls.cast.home.members.get(user=cls.cast.bob)
        cls.bowl = Place.objects.create(camera=cls.camera, name="Bowl", outline=BOX)
        cls.photo = photos.keep(b"a photo")
        cls.addClassCleanup(photos.drop, cls.photo)
        cls.pet = make_pet(cls.cast.home, name="Miso", photo=cls.photo)
        cls.visit = make_visit(cls.camera, pet=cls.pet, picture=cls.photo)
        cls.look = Look.objects.create(household=cls.cast.home, pet=cls.pet, vector=b"")
        cls.token, _ = make_token(cls.cast.home, name="Board")
        cls.enterClassContext(folder_of_recordings())
        cls.addClassCleanup(thumbnailer.close)
        boot = Boot.objects.create(name="boot", zero_at=timezone.now() - timedelta(hours=1))
        cls.segment = record(cls.camera, boot, encoded_units(1))
        cls.clip = make_clip_of(cls.segment)
        cls.policy = Policy.objects.create(camera=cls.camera)
        cls.alert = Alert.objects.create(camera=cls.camera, code="slow", since=timezone.now())
        storage()

    def setUp(self):
        cache.clear()
        self.addCleanup(cache.clear)
        self.clients = {person: Client() for person in PEOPLE}
        for person, name in PLAYED_BY.items():
            if name:
                self.clients[person].force_login(getattr(self.cast, name))

    def url_of(self, route: str, *, missing: bool = False) -> str:
        model = re.search(
            r"/(household|member|camera|place|pet|visit|daycount|look|ingesttoken|policy|storage"
            r"|segment|clip|alert)/",
            route,
        )
        pk = {
            "household": self.cast.home.pk,
            "member": self.place.pk,
            "camera": self.camera.pk,
            "place": self.bowl.pk,
            "pet": self.pet.pk,
            "visit": self.visit.pk,
            "daycount": self.visit.household.day_counts.get().pk,
            "look": self.look.pk,
            "ingesttoken": self.token.pk,
            "policy": self.policy.pk,
            "storage": Storage.ONLY,
            "segment": self.segment.pk,
            "clip": self.clip.pk,
            "alert": self.alert.pk,
        }
        named = {
            "<slug:slug>": "nowhere" if missing else "kitchen",
            "<int:place_id>": "999999" if missing else str(self.bowl.pk),
            "<int:pet>": "999999" if missing else str(self.pet.pk),
            "<int:visit>": "999999" if missing else str(self.visit.pk),
            "<int:clip>": "999999" if missing else str(self.clip.pk),
            "<uuid:segment>": str(uuid4() if missing else self.segment.pk),
            "<path:object_id>": "999999" if missing or not model else str(pk[model[1]]),
            "(?P<url>.*)$": "nowhere",
        }
        for name, value in named.items():
            route = route.replace(name, value)
        return re.sub(r"\^\(\?P<app_label>[\w|]+\)/\$", "streaming/", route)

    def response_to(self, person: str, route: str, method: str, **which) -> HttpResponse:
        client = self.clients[person]
        cookies = client.cookies.copy()
        names = {
            "home": self.cast.home.pk,
            "place": self.place.pk,
            "camera": self.camera.pk,
            "bowl": self.bowl.pk,
            "pet": self.pet.pk,
            "visit": self.visit.pk,
            "look": self.look.pk,
            "token": self.token.pk,
            "password": PASSWORD,
        }
        form = {key: value.format(**names) for key, value in FORMS.get(route, {}).items()}
        before = self.home_as_it_is()
        with transaction.atomic():
            send = client.post if method == "POST" else client.get
            told = form if method == "POST" else QUERIES.get(route)
            response = send(self.url_of(route, **which), told)
            if response.streaming:
                # As a server does at the end.
                response.close()
            if person not in ("owner", "superuser") and (person, route) not in CHANGES_BY_OTHERS:
                self.assertEqual(self.home_as_it_is(), before, f"{person} changed something")
            transaction.set_rollback(True)
        client.cookies = cookies
        cache.clear()
        return response

    def home_as_it_is(self) -> list[object]:
        home = Household.objects.filter(pk=self.cast.home.pk)
        return [
            list(rows.values())
            for rows in (
                home,
                Member.objects.filter(household__in=home),
                Camera.objects.filter(household__in=home),
                Place.objects.filter(camera__household__in=home),
                Pet.objects.filter(household__in=home),
                Visit.objects.filter(household__in=home),
                DayCount.objects.filter(household__in=home),
                Look.objects.filter(household__in=home),
                IngestToken.objects.filter(household__in=home),
                Segment.objects.filter(camera__household__in=home),
                Clip.objects.filter(household__in=home),
                Policy.objects.filter(camera__household__in=home),
                Storage.objects.all(),
            )
        ]

    def measured(self, route: str, method: str) -> tuple[str, ...]:
        return tuple(answer_of(self.response_to(person, route, method)) for person in PEOPLE)

    def test_every_route_has_its_rows(self):
        listed = [row.what for row in rows(PAGES)]

        expected = {(route, method) for route in routes() for method in ("GET", "POST")}
        self.assertEqual(set(listed), expected)
        self.assertEqual(len(listed), len(expected))

    def test_a_foreign_row_is_answered_like_a_missing_one(self):
        for row in rows(PAGES):
            route, method = row.what
            if not re.search("<path:object_id>/|<slug:slug>|<int:|<uuid:", route):
                continue
            if "/storage/" in route:
                # There is one, of all households.
                continue
            with self.subTest(row.what):
                foreign = self.response_to("stranger", route, method)
                missing = self.response_to("stranger", route, method, missing=True)
                self.assertEqual(answer_of(foreign), answer_of(missing))
                self.assertEqual(comparable(foreign), comparable(missing))

    def test_the_document_is_current(self):
        self.assertEqual(DOCUMENT.read_text(encoding="utf-8"), document())

    def test_everybody_gets_the_answer_in_the_table(self):
        for row in rows(PAGES):
            with self.subTest(row.what):
                self.assertEqual(self.measured(*row.what), row.answers)


def messages_of(consumer: type) -> Iterator[str]:
    """The message types that the consumer's receive_command matches, read from its source."""
    source = textwrap.dedent(inspect.getsource(consumer.receive_command))
    for pattern in ast.walk(ast.parse(source)):
        if isinstance(pattern, ast.MatchMapping):
            typed = zip(pattern.keys, pattern.patterns, strict=True)
            for kind in (value for key, value in typed if ast.unparse(key) == "'type'"):
                yield from (
                    node.value.value for node in ast.walk(kind) if isinstance(node, ast.MatchValue)
                )


class SocketAccessTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.cast = make_cast()
        make_camera(cls.cast.home, slug="kitchen")

    def path_of(self, route: str, *, missing: bool = False) -> str:
        home = 999999 if missing else self.cast.home.pk
        named = {"<slug:slug>": "nowhere" if missing else "kitchen", "<int:household>": str(home)}
        for name, value in named.items():
            route = route.replace(name, value)
        return route

    async def measured(self, route: str, message: str, person: str, **which: bool) -> str:
        """What comes back for one message, with everything in order until the goodbye."""
        layer = get_channel_layer()
        await layer.flush()
        for group in (STREAMERS_GROUP, streamer_group(FIRST)):
            await layer.group_add(group, "streamer")
        browser = Client()
        if name := PLAYED_BY[person]:
            await sync_to_async(browser.force_login)(getattr(self.cast, name))
        socket = WebsocketCommunicator(
            application,
            self.path_of(route, **which),
            headers=[
                (b"host", b"localhost"),
                (b"origin", b"http://localhost"),
                (b"cookie", browser.cookies.output(header="", sep=";").strip().encode()),
            ],
        )
        await socket.connect(timeout=5)
        await socket.send_json_to({"type": message} | MESSAGES.get(message, {}))
        await socket.disconnect(timeout=5)
        await layer.send("streamer", {"type": "end"})
        passed_on = []
        while not passed_on or passed_on[-1] != "end":
            passed_on.append((await layer.receive("streamer"))["type"])
        return self.outcome(message, passed_on, socket)

    @staticmethod
    def outcome(message: str, passed_on: list[str], socket: WebsocketCommunicator) -> str:
        said = []
        while not socket.output_queue.empty():
            event = socket.output_queue.get_nowait()
            if event["type"] == "websocket.close":
                return f"closed {event['code']}"
            said.append(json.loads(event.get("text") or "{}").get("type"))
        if message in passed_on:
            return "to the streamer"
        return "pong" if "pong" in said else "taken"

    def test_every_message_of_every_socket_has_its_row(self):
        expected = {
            (f"/{pattern.pattern}", message)
            for pattern in websocket_urlpatterns
            for message in {*messages_of(pattern.callback.consumer_class), "anything else"}
        }
        listed = [row.what for row in rows(SOCKETS)]

        self.assertEqual(set(listed), expected)
        self.assertEqual(len(listed), len(expected))

    async def test_everybody_gets_the_answer_in_the_table(self):
        for row in rows(SOCKETS):
            with self.subTest(row.what):
                answers = [await self.measured(*row.what, person) for person in PEOPLE]
                self.assertEqual(tuple(answers), row.answers)

    async def test_what_is_missing_is_answered_like_what_is_foreign(self):
        for route in {row.what[0] for row in rows(SOCKETS)}:
            for person in PEOPLE[1:]:
                with self.subTest(route, person=person):
                    answer = await self.measured(route, "ping", person, missing=True)
                    self.assertEqual(answer, "closed 4404")
