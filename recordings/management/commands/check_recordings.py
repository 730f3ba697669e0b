"""`manage.py check_recordings`: whether rows and files say the same, and what to do if not."""

from collections.abc import Iterable
from contextlib import ExitStack
from itertools import chain

from django.core.management.base import BaseCommand, CommandError, CommandParser

from recordings import repair, services
from recordings.files.names import Store, StoreRefused
from recordings.models import Segment
from recordings.repair import Difference


class Command(BaseCommand):
    help = (
        "Compares the recordings in the database with their files and lists what differs. "
        "Exits with 1 if something does. While Petcam records, only looks."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--repair",
            action="store_true",
            help="put it right: unknown files go to quarantine/, nothing is deleted",
        )
        parser.add_argument(
            "--contents",
            action="store_true",
            help="read every file and compare checks and digest, too",
        )
        parser.add_argument(
            "--adopt",
            action="store_true",
            help="make rows of recordings that the database does not know, as after a backup was "
            "put back; also of those in quarantine/, and of another Petcam's folder when this "
            "one has no recordings yet",
        )

        parser.add_argument(
            "--new-disk",
            action="store_true",
            help="go on in an empty folder, as on another disk when the one before is lost",
        )

    def handle(
        self, *, repair: bool, contents: bool, adopt: bool, new_disk: bool, **options: object
    ) -> None:
        with ExitStack() as stack:
            try:
                if new_disk:
                    services.store().make(services.storage().uuid)
                store = _adopted_store() if adopt else services.open_store()
                is_recording = self._lock(store, stack, is_needed=repair or adopt)
            except StoreRefused as refused:
                raise CommandError(f"{refused}.") from refused
            if adopt:
                self._adopt(store)
            found = self._found(store, is_recording=is_recording, with_contents=contents)
            left = self._mend(store, found) if repair else self._list(found)
        self.stdout.write(f"recordings: {Segment.objects.count()}, differences: {left}")
        if left:
            raise SystemExit(1)

    def _lock(self, store: Store, stack: ExitStack, *, is_needed: bool) -> bool:
        """Whether somebody records meanwhile."""
        try:
            stack.enter_context(store.lock())
        except StoreRefused as refused:
            if is_needed:
                raise CommandError(f"Stop Petcam first: {refused}.") from refused
            return True
        return False

    def _found(
        self, store: Store, *, is_recording: bool, with_contents: bool
    ) -> Iterable[Difference]:
        found = repair.differences(store, is_recording=is_recording)
        return chain(found, repair.changed_contents(store)) if with_contents else found

    def _list(self, found: Iterable[Difference]) -> int:
        count = 0
        for difference in found:
            self.stdout.write(str(difference))
            count += 1
        return count

    def _mend(self, store: Store, found: Iterable[Difference]) -> int:
        """How many could not be put right."""
        left = 0
        for difference in found:
            try:
                repair.mend(store, difference)
                self.stdout.write(f"{difference}: repaired")
            except OSError as error:
                left += 1
                self.stdout.write(f"{difference}: {error.strerror}")
        return left

    def _adopt(self, store: Store) -> None:
        for path in list(repair.adoptable(store)):
            try:
                outcome = "adopted" if repair.adopt(store, path) else "left alone"
            except OSError as error:
                outcome = f"left alone: {error.strerror}"
            self.stdout.write(f"{path.name}: {outcome}")


def _adopted_store() -> Store:
    """The folder, taken over when this Petcam has no recordings of its own."""
    store, storage = services.store(), services.storage()
    uuid = store.uuid()
    if uuid and uuid != storage.uuid and not Segment.objects.exists():
        storage.uuid = uuid
        storage.save(update_fields=["uuid"])
    return services.open_store()
