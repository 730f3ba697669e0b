"""Cameras for a running portal: made in the admin as a person does it, or quickly by code."""

import json
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page

from petcam_site.paths import run_dir_for
from tests.e2e.browser import Person
from tests.e2e.portal import CHECKOUT, Portal
from tests.e2e.waiting import until


def add_camera(portal: Portal, **fields: object) -> str:
    """Make a camera row in the demo household, with its news; returns its slug."""
    slug = portal.django(
        f"""
        import json
        from households.models import Household
        from streaming.models import Camera
        from streaming.services import save_camera
        camera = Camera(household=Household.objects.first(), **json.loads({json.dumps(fields)!r}))
        camera.full_clean(exclude=["slug"])
        save_camera(camera)
        answer = camera.slug
        """
    )
    return str(slug)


def change_camera(portal: Portal, slug: str, **fields: object) -> None:
    """Change a camera; the processes follow at once."""
    portal.django(
        f"""
        import json
        from streaming.models import Camera
        from streaming.services import save_camera
        camera = Camera.objects.get(slug={slug!r})
        for name, value in json.loads({json.dumps(fields)!r}).items():
            setattr(camera, name, value)
        save_camera(camera)
        """
    )


def remove_camera(portal: Portal, slug: str) -> None:
    """Take a camera away."""
    portal.django(
        f"""
        from streaming.models import Camera
        from streaming.services import remove_camera
        remove_camera(Camera.objects.get(slug={slug!r}))
        """
    )


def add_camera_in_admin(person: Person, *, name: str, kind: str, address: str) -> str:
    """Fill in the admin's form as a person would; returns the slug that was made.

    Raises AssertionError with the form's own words when it is refused.
    """
    page = person.context.new_page()
    page.goto(f"{person.portal.url}admin/streaming/camera/add/")
    household = page.locator("select[name=household]")
    if household.count():
        household.select_option(index=household.locator("option").count() - 1)
    page.fill("input[name=name]", name)
    choose_source(page, kind)
    page.fill("[name=source_address]", address)
    with page.expect_navigation():
        page.click("input[name=_save]")
    errors = page.locator(".errornote, .errorlist").all_inner_texts()
    assert not errors, f"the form was refused: {errors}"
    page.close()
    slug = person.portal.django(
        f"from streaming.models import Camera; answer = Camera.objects.get(name={name!r}).slug"
    )
    return str(slug)


def choose_source(page: Page, kind: str) -> None:
    """Pick the source kind, be it a menu or radio buttons."""
    menu = page.locator("select[name=source_kind]")
    if menu.count():
        menu.select_option(kind)
    else:
        page.check(f"input[name=source_kind][value={kind}]")


@contextmanager
def running(command: list[str], *, ready: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A helper process, and the line with `ready` that it printed; ended when left."""
    with tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(
            command, cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=errors, text=True
        )
        try:
            yield process, _line_with(ready, process)
        except BaseException as error:
            errors.seek(0)
            error.add_note(f"{command[:3]} said: {errors.read()[-2000:]}")
            raise
        finally:
            process.terminate()
            try:
                process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(timeout=5)
            if process.stdout is not None:
                process.stdout.close()


def _line_with(ready: str, process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    for line in process.stdout:
        if ready in line:
            return line.strip()
    raise AssertionError(f"{process.args} ended with code {process.wait(timeout=5)}")


def camera_key(portal: Portal, slug: str) -> int:
    """The camera's primary key."""
    key = portal.django(
        f"from streaming.models import Camera; answer = Camera.objects.get(slug={slug!r}).pk"
    )
    assert isinstance(key, int)
    return key


def ring_of(portal: Portal, slug: str) -> Path:
    """The frame ring that the bridge writes for the camera."""
    return run_dir_for(portal.data_dir) / f"camera-{camera_key(portal, slug)}.ring"


def wait_until_known(portal: Portal, slug: str, *, within_s: float = 20) -> None:
    """Until bridge or streamer say that the camera is live."""
    until(
        lambda: any(part.get("state") == "live" for part in portal.health(slug).values()),
        f"camera {slug} live",
        within_s=within_s,
        every_s=0.5,
    )
