"""The queue of clips: one after the other, in a program that takes only what nobody else wants."""

import asyncio
import json
import logging
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from channels.db import database_sync_to_async
from django.conf import settings
from django.utils import timezone

from recordings import services
from recordings.clips import file_of, has_room, job_of
from recordings.files.clip_writer import PART_SUFFIX
from recordings.files.jobs import Job
from recordings.files.names import CLIPS, Store
from recordings.models import Clip

log = logging.getLogger(__name__)

PROGRAM = (sys.executable, "-m", "recordings.files.export_program")
# What was recorded last is committed by then.
SETTLES = timedelta(seconds=3)
TELL_EVERY_S = 1.0
# Moving the index of a long clip to its front takes long on a slow disk, and tells nothing.
SILENT_AT_MOST_S = 900.0
NO_ROOM = "There is no room on the disk. Make some, and try again."
BROKEN = "It could not be made; Petcam's log says more."
SKIPPED = "Some of it was damaged or gone, and is left out."
TOO_SLOW = "It took too long and was given up."


class Exporter:
    """Makes what people asked for, the oldest first. One per store: whoever holds its lock.

    Where it was cut off, by whatever, it begins again; of a clip there is all or nothing.
    """

    def __init__(
        self,
        *,
        now: Callable[[], datetime] = timezone.now,
        program: Sequence[str] = PROGRAM,
        silent_at_most_s: float = SILENT_AT_MOST_S,
    ) -> None:
        self._now = now
        self._program, self._silent_at_most_s = program, silent_at_most_s
        self._is_fresh = True

    def waits_s(self) -> float | None:
        """How long there is nothing to do for `work`; None if nobody wants a clip. Asks the
        database."""
        if self._is_fresh:
            return 0.0
        waiting = Clip.objects.filter(state=Clip.State.WAITING).order_by("ended_at")
        ends_at = waiting.values_list("ended_at", flat=True).first()
        if ends_at is None:
            return None
        return max(0.0, (ends_at + SETTLES - self._now()).total_seconds())

    async def work(self, store: Store) -> None:
        """Makes all clips whose time has come, then returns; may be cancelled at any point.

        Raises what database and disk raise, and StoreRefused; the clips still wait then.
        """
        if self._is_fresh:
            await database_sync_to_async(_take_back)(store)
            self._is_fresh = False
        while clip := await database_sync_to_async(_next)(self._now()):
            await self._make(store, clip)

    async def _make(self, store: Store, clip: Clip) -> None:
        try:
            job = await database_sync_to_async(_begin)(store, clip)
            if job is not None:
                run = _Run(clip, self._silent_at_most_s)
                outcome = await run.outcome(self._program, job)
                await database_sync_to_async(_end)(store, clip, outcome)
        except BaseException:
            # Next time from the start.
            self._is_fresh = True
            raise
        finally:
            _remove_drafts(store, clip)


class _Run:
    """One run of the program, for one clip."""

    def __init__(self, clip: Clip, silent_at_most_s: float) -> None:
        self._clip, self._silent_at_most_s = clip, silent_at_most_s
        self._told_s = 0.0

    async def outcome(self, program: Sequence[str], job: Job) -> dict[str, Any]:
        """{"made": ...}, {"refused": why}, or {} when nobody wants it any more."""
        child = await asyncio.create_subprocess_exec(
            *program,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            cwd=settings.BASE_DIR,
        )
        try:
            assert child.stdin is not None and child.stdout is not None
            child.stdin.write(job.as_json().encode())
            # A program that ends at once says why by its lines.
            with suppress(ConnectionError):
                await child.stdin.drain()
            child.stdin.close()
            return await self._listen(child.stdout)
        except TimeoutError:
            return {"refused": TOO_SLOW}
        finally:
            if child.returncode is None:
                with suppress(ProcessLookupError):
                    child.kill()
            await child.wait()

    async def _listen(self, lines: asyncio.StreamReader) -> dict[str, Any]:
        while True:
            async with asyncio.timeout(self._silent_at_most_s):
                line = await lines.readline()
            try:
                told = json.loads(line)
            except ValueError:
                return {"refused": BROKEN}
            if "progress" not in told:
                return told
            if not await self._is_wanted(told["progress"]):
                return {}

    async def _is_wanted(self, percent: int) -> bool:
        """Tells how far it is; whether the row is still there."""
        if time.monotonic() - self._told_s < TELL_EVERY_S:
            return True
        self._told_s = time.monotonic()
        return await database_sync_to_async(_say)(self._clip, progress=percent)


def _take_back(store: Store) -> None:
    """What somebody was making when he died is to be made again."""
    Clip.objects.filter(state=Clip.State.WORKING).update(state=Clip.State.WAITING, progress=0)
    for draft in _drafts(store, "*"):
        draft.unlink(missing_ok=True)


def _next(now: datetime) -> Clip | None:
    waiting = Clip.objects.filter(state=Clip.State.WAITING, ended_at__lte=now - SETTLES)
    return waiting.select_related("camera").order_by("created_at", "pk").first()


def _begin(store: Store, clip: Clip) -> Job | None:
    """What is to be done; None when there is nothing, and then the row says why."""
    store.check(services.storage().uuid)
    waiting = Clip.objects.filter(pk=clip.pk, state=Clip.State.WAITING)
    if not waiting.update(state=Clip.State.WORKING, progress=0, reason=""):
        return None
    if not has_room(store, clip):
        _say(clip, state=Clip.State.FAILED, reason=NO_ROOM)
        return None
    store.folder("clips")
    return job_of(store, clip)


def _end(store: Store, clip: Clip, outcome: dict[str, Any]) -> None:
    """Tells what came of it; the file of a clip that was deleted meanwhile goes."""
    if "made" in outcome:
        made = outcome["made"]
        reason = SKIPPED if made["skipped"] else ""
        is_wanted = _say(
            clip, state=Clip.State.READY, progress=100, bytes=made["bytes"], reason=reason
        )
    else:
        reason = outcome.get("refused", "")
        log.info("clip %d was not made: %s", clip.pk, reason or "it was deleted meanwhile")
        is_wanted = _say(clip, state=Clip.State.FAILED, reason=reason[:200])
    if not is_wanted:
        store.remove(file_of(store, clip))


def _say(clip: Clip, **fields: object) -> bool:
    """Writes the row of a clip that is being made; whether it is still there."""
    return bool(Clip.objects.filter(pk=clip.pk, state=Clip.State.WORKING).update(**fields))


def _remove_drafts(store: Store, clip: Clip) -> None:
    """What a program that was killed has left."""
    for draft in _drafts(store, str(clip.file)):
        draft.unlink(missing_ok=True)


def _drafts(store: Store, name: str) -> list[Path]:
    return list((store.root / CLIPS).glob(f"{name}.mp4.*{PART_SUFFIX}"))
