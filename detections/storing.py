"""Visits as rows: what was built again is written over what was there, in one transaction."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from django.db import transaction

from detections import news, photos
from detections.clocks import wall_of
from detections.counts import CountChanges
from detections.models import Boot, DeletedVisit, Unreviewed, Visit
from detections.vision.boxes import Box
from detections.vision.matching import KnownVisit, Matched, match
from detections.vision.path import pack
from detections.vision.rules import CLOCK_RATE
from detections.vision.visits import VisitDraft
from detections.whose import Whose
from households.models import Member
from streaming.models import Camera

# A visit that goes on is written this often, its path every minute: a card wears out.
_GROWS_90K = 5 * CLOCK_RATE
_PATH_GROWS_90K = 60 * CLOCK_RATE


class Picture(NamedTuple):
    """A kept picture: its file's name, and how the animal in the box looks (float32 values)."""

    name: str
    look: bytes = b""


# Camera, media time and box of the best moment; None when that picture is not at hand.
KeepPicture = Callable[[int, int, Box], Picture | None]


class Part(NamedTuple):
    """The visits of one stream of sightings within a time.

    Who ended before `from_90k` or began after `to_90k` is not touched. The first sighting that
    was not built before is of `new_90k`.
    """

    camera: Camera
    boot: Boot
    source: str
    from_90k: int
    to_90k: int
    new_90k: int
    drafts: Sequence[VisitDraft]

    @property
    def key_prefix(self) -> str:
        """Of its visits' keys."""
        source = hashlib.blake2b(self.source.encode(), digest_size=4).hexdigest()
        return f"{self.camera.pk}-{self.boot.pk}-{source}-"

    def key(self, draft: VisitDraft) -> str:
        """What its row has."""
        return self.key_prefix + draft.key_part

    def rows(self, model: type, *, locked: bool) -> list[Visit | DeletedVisit]:
        """Those that the drafts may continue."""
        rows = model.objects.filter(
            camera=self.camera,
            boot=self.boot,
            source=self.source,
            # The row of a visit that goes on may lag behind.
            end_90k__gte=self.from_90k - _GROWS_90K,
            start_90k__lte=self.to_90k,
        ).order_by("pk")
        rows = rows.select_for_update() if locked else rows
        return list(rows.defer("path", "look") if model is Visit else rows)

    def match(self, rows: Sequence[Visit | DeletedVisit]) -> Matched:
        """Which of the rows each draft continues."""
        return match(self.drafts, [_known(row) for row in rows], prefix=self.key_prefix)

    def is_due(self, draft: VisitDraft, row: Visit | DeletedVisit) -> bool:
        """Whether the row is behind by more than it may."""
        if row.key != self.key(draft):
            return True
        grown_90k = draft.end_90k - row.end_90k
        if isinstance(row, DeletedVisit):
            return grown_90k != 0
        return (
            not 0 <= grown_90k < _GROWS_90K
            or draft.is_open != row.is_open
            or (draft.label != row.label and not row.is_label_by_hand)
            or row.started_at != wall_of(self.boot, draft.start_90k)
            or (not draft.is_open and (grown_90k > 0 or draft.end_90k >= self.new_90k))
        )


class Stored(NamedTuple):
    visit: Visit
    is_new: bool


def store(part: Part, keep_picture: KeepPicture) -> list[Stored]:
    """Makes the rows say what the drafts say. What people said of a visit stays with it."""
    # Before the transaction, for others want to write: a picture may have to be decoded, and
    # choosing the points of a long path takes a while.
    due = list(_due(part))
    pictures = {
        draft.key_part: keep_picture(part.camera.pk, draft.best_90k, draft.best_box)
        for draft, row in due
        if _is_picture_due(draft, row)
    }
    paths = {draft.key_part: pack(draft.path) for draft, row in due if _is_path_due(draft, row)}
    with transaction.atomic():
        stored = _Storing(part, pictures, paths).run()
        news.visits_changed([one.visit for one in stored if one.is_new], is_new=True)
        news.visits_changed([one.visit for one in stored if not one.is_new])
    return stored


def _due(part: Part) -> Iterator[tuple[VisitDraft, Visit | DeletedVisit | None]]:
    """Drafts that will be written, with the rows that they continue."""
    rows = [*part.rows(Visit, locked=False), *part.rows(DeletedVisit, locked=False)]
    continued = part.match(rows).continued
    for at, draft in enumerate(part.drafts):
        row = rows[continued[at]] if at in continued else None
        if row is None or part.is_due(draft, row):
            yield draft, row


def _is_picture_due(draft: VisitDraft, row: Visit | DeletedVisit | None) -> bool:
    """Whether its best moment has no picture yet."""
    if isinstance(row, Visit):
        return not (row.picture and row.best_90k == draft.best_90k)
    return row is None


def _is_path_due(draft: VisitDraft, row: Visit | DeletedVisit | None) -> bool:
    """Whether its path is to be written."""
    if isinstance(row, Visit):
        has_grown = row.end_90k // _PATH_GROWS_90K != draft.end_90k // _PATH_GROWS_90K
        return has_grown or not draft.is_open
    return row is None


class _Storing:
    """One part's transaction."""

    def __init__(
        self, part: Part, pictures: Mapping[str, Picture | None], paths: Mapping[str, bytes]
    ) -> None:
        self._part = part
        self._pictures, self._paths = pictures, paths
        self._counts = CountChanges()
        self._whose = Whose(part.camera)

    def run(self) -> list[Stored]:
        part = self._part
        drafts = part.drafts
        rows = [*part.rows(Visit, locked=True), *part.rows(DeletedVisit, locked=True)]
        matched = part.match(rows)
        continued = {draft_at: rows[row_at] for draft_at, row_at in matched.continued.items()}
        for draft_at, others in matched.swallowed.items():
            swallowed = [rows[row_at] for row_at in others]
            continued[draft_at] = self._swallow(continued[draft_at], swallowed)
        kept = {id(row) for row in continued.values()}
        self._take_away([row for row in rows if id(row) not in kept])
        self._free_keys([(drafts[at], row) for at, row in continued.items()])
        changed, new = [], []
        for at, draft in enumerate(drafts):
            row = continued.get(at)
            if row is None:
                new.append(self._begin(draft))
            elif part.is_due(draft, row):
                changed += self._go_on(draft, row)
        self._insert(new)
        self._counts.write()
        return [Stored(one, True) for one in new] + [Stored(one, False) for one in changed]

    def _swallow(self, row: Visit | DeletedVisit, others: list[Visit | DeletedVisit]) -> object:
        """What remains of visits that turn out to be one, with all that people said of them."""
        visits = [one for one in (row, *others) if isinstance(one, Visit)]
        if not visits:
            return row
        visit, *gone = visits
        self._counts.was(visit)
        for one in gone:
            visit.is_starred |= one.is_starred
            if one.pet_by == Visit.PetBy.HAND and visit.pet_by != Visit.PetBy.HAND:
                visit.pet_id, visit.pet_by = one.pet_id, one.pet_by
            if one.is_label_by_hand and not visit.is_label_by_hand:
                visit.label, visit.is_label_by_hand = one.label, True
            one.looks.update(visit=visit)
        visit.save(update_fields=["is_starred", "pet", "pet_by", "label", "is_label_by_hand"])
        self._counts.becomes(visit)
        return visit

    def _take_away(self, rows: list[Visit | DeletedVisit]) -> None:
        for row in rows:
            # Earlier ones are here only because they might have lagged.
            if row.end_90k < self._part.from_90k:
                continue
            if isinstance(row, Visit):
                self._counts.was(row)
                news.visits_changed([row])
                transaction.on_commit(partial(photos.drop, row.picture))
            type(row).objects.filter(pk=row.pk).delete()

    def _free_keys(self, pairs: list[tuple[VisitDraft, Visit | DeletedVisit]]) -> None:
        """Keys may change hands, and are unique at every moment."""
        for draft, row in pairs:
            if isinstance(row, Visit) and row.key != self._part.key(draft):
                Visit.objects.filter(pk=row.pk).update(key=f"~{row.pk}")

    def _begin(self, draft: VisitDraft) -> Visit:
        part = self._part
        visit = Visit(
            household_id=part.camera.household_id,
            camera=part.camera,
            boot=part.boot,
            source=part.source,
            place_id=draft.place_id,
            path=self._path(draft),
        )
        self._say(draft, visit)
        return visit

    def _go_on(self, draft: VisitDraft, row: Visit | DeletedVisit) -> list[Visit]:
        if isinstance(row, DeletedVisit):
            row.key, row.best_box = self._part.key(draft), list(draft.best_box)
            row.start_90k, row.end_90k, row.best_90k = (
                draft.start_90k,
                draft.end_90k,
                draft.best_90k,
            )
            row.save()
            return []
        self._counts.was(row)
        fields = set(_SAID)
        if _is_path_due(draft, row):
            row.path = self._path(draft)
            fields.add("path")
        if self._say(draft, row):
            fields.add("look")
        row.save(update_fields=fields)
        self._counts.becomes(row)
        return [row]

    def _say(self, draft: VisitDraft, visit: Visit) -> bool:
        """Puts into the row what the draft says; whether there is a new picture."""
        boot = self._part.boot
        visit.key = self._part.key(draft)
        visit.start_90k, visit.end_90k = draft.start_90k, draft.end_90k
        visit.started_at = wall_of(boot, draft.start_90k)
        visit.ended_at = wall_of(boot, draft.end_90k)
        visit.is_open = draft.is_open
        if not visit.is_label_by_hand:
            visit.label = draft.label
        has_picture = self._picture(draft, visit)
        self._whose.tell(visit, has_new_look=has_picture)
        return has_picture

    def _path(self, draft: VisitDraft) -> bytes:
        packed = self._paths.get(draft.key_part)
        # Somebody has changed the rows since: it was not known to be due.
        return pack(draft.path) if packed is None else packed

    def _picture(self, draft: VisitDraft, visit: Visit) -> bool:
        """Best moment and picture change together: the box belongs to the picture."""
        if visit.picture and draft.best_90k == visit.best_90k:
            return False
        kept = self._pictures.get(draft.key_part)
        if kept is None and visit.picture:
            return False
        visit.best_score, visit.best_90k = draft.best_score, draft.best_90k
        visit.best_box = list(draft.best_box)
        if kept is not None:
            transaction.on_commit(partial(photos.drop, visit.picture))
            visit.picture, visit.look = kept
        return kept is not None

    def _insert(self, visits: list[Visit]) -> None:
        Visit.objects.bulk_create(visits)
        for visit in visits:
            self._counts.becomes(visit)
        if visits:
            people = Member.objects.filter(household_id=self._part.camera.household_id)
            Unreviewed.objects.bulk_create(
                Unreviewed(visit=visit, user_id=user_id, started_at=visit.started_at)
                for user_id in people.values_list("user_id", flat=True)
                for visit in visits
            )


# What `_say` puts into a row, besides its look.
_SAID = (
    "key", "label", "start_90k", "end_90k", "started_at", "ended_at", "is_open",
    "best_score", "best_90k", "best_box", "picture", "pet", "pet_by", "is_refuted",
)  # fmt: skip


def _known(row: Visit | DeletedVisit) -> KnownVisit:
    return KnownVisit(
        key=row.key,
        place_id=row.place_id or None,
        start_90k=row.start_90k,
        end_90k=row.end_90k,
        best_90k=row.best_90k,
        best_box=tuple(row.best_box),
    )
