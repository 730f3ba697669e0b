"""What happens to visits: what people say about them, with their counts and their news."""

from collections.abc import Iterable
from functools import partial
from types import EllipsisType

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import QuerySet

from detections import news, photos
from detections.counts import CountChanges
from detections.models import DayCount, DeletedVisit, Look, Pet, Place, Unreviewed, Visit
from detections.sightings import (
    SightingFromFuture,
    SightingRefused,
    SightingTooOld,
    Taken,
    purge_sightings,
    take_sightings,
)

__all__ = [
    "SightingFromFuture",
    "SightingRefused",
    "SightingTooOld",
    "Taken",
    "correct_visit",
    "delete_visits",
    "purge_sightings",
    "remove_pet",
    "remove_place",
    "review_visits",
    "star_visits",
    "take_sightings",
]

# Transactions stay short: more visits are changed in several.
_AT_ONCE = 500
# The newest looks of a pet teach; older ones go.
LOOKS_PER_PET = 200
MAX_LABEL = 20

Visits = QuerySet[Visit] | Iterable[Visit]


def correct_visit(
    visit: Visit,
    *,
    by: AbstractBaseUser,
    label: str | EllipsisType = ...,
    pet: Pet | None | EllipsisType = ...,
    refuted: bool | EllipsisType = ...,
) -> Visit:
    """Changes what a person knows better; what is left out stays as it is.

    `pet=None` is "somebody unknown". The counts follow, later visits are matched with what was
    learned, and the visit counts as looked at by this person. Raises ValueError for another
    household's pet and for an impossible label.
    """
    if isinstance(pet, Pet) and pet.household_id != visit.household_id:
        raise ValueError("The pet lives in another household.")
    if isinstance(label, str) and not 0 < len(label) <= MAX_LABEL:
        raise ValueError(f"A label has 1 to {MAX_LABEL} characters.")
    with transaction.atomic():
        visit = Visit.objects.select_for_update().get(pk=visit.pk)
        counts = CountChanges()
        counts.was(visit)
        mistaken_for = visit.pet_id
        if not isinstance(label, EllipsisType):
            visit.label, visit.is_label_by_hand = label, True
        if not isinstance(pet, EllipsisType):
            visit.pet, visit.pet_by = pet, Visit.PetBy.HAND
        if not isinstance(refuted, EllipsisType):
            visit.is_refuted = refuted
        visit.save(update_fields=["label", "is_label_by_hand", "pet", "pet_by", "is_refuted"])
        counts.becomes(visit)
        counts.write()
        _learn(visit, mistaken_for)
        visit.unreviewed.filter(user_id=by.pk).delete()
        news.visits_changed([visit])
    return visit


def _learn(visit: Visit, mistaken_for: int | None) -> None:
    """Keep what the person's word says about looks; an earlier word about this visit goes."""
    if not visit.look:
        return
    was_not = set(
        visit.looks.filter(is_counterexample=True, pet__isnull=False).values_list("pet", flat=True)
    )
    visit.looks.all().delete()
    if visit.is_refuted:
        _keep_look(visit, None, is_counterexample=False)
    elif visit.pet_by == Visit.PetBy.HAND and visit.pet_id:
        _keep_look(visit, visit.pet_id, is_counterexample=False)
    if visit.is_refuted or visit.pet_by == Visit.PetBy.HAND:
        is_now = None if visit.is_refuted else visit.pet_id
        for pet_id in sorted((was_not | {mistaken_for}) - {None, is_now}):
            _keep_look(visit, pet_id, is_counterexample=True)


def _keep_look(visit: Visit, pet_id: int | None, *, is_counterexample: bool) -> None:
    Look.objects.create(
        household_id=visit.household_id,
        pet_id=pet_id,
        visit=visit,
        vector=visit.look,
        is_counterexample=is_counterexample,
    )
    known = Look.objects.filter(household_id=visit.household_id, pet_id=pet_id).order_by("-pk")
    too_many = list(known.values_list("pk", flat=True)[LOOKS_PER_PET : LOOKS_PER_PET + 100])
    Look.objects.filter(pk__in=too_many).delete()


def star_visits(visits: Visits, *, is_starred: bool = True) -> int:
    """Stars the visits, or takes the stars away; how many there were."""
    return sum(_star(part, is_starred) for part in _parts(visits))


def _star(pks: list[int], is_starred: bool) -> int:
    with transaction.atomic():
        starred = Visit.objects.filter(pk__in=pks).update(is_starred=is_starred)
        news.visits_changed(_for_news(pks))
    return starred


def review_visits(visits: Visits, *, by: AbstractBaseUser, is_reviewed: bool = True) -> int:
    """Marks the visits as looked at by this person alone, or as not; how many there were."""
    return sum(_review(part, by, is_reviewed) for part in _parts(visits))


def _review(pks: list[int], by: AbstractBaseUser, is_reviewed: bool) -> int:
    with transaction.atomic():
        if is_reviewed:
            Unreviewed.objects.filter(visit__in=pks, user_id=by.pk).delete()
            return len(pks)
        visits = Visit.objects.filter(pk__in=pks).only("started_at")
        Unreviewed.objects.bulk_create(
            [
                Unreviewed(visit=visit, user_id=by.pk, started_at=visit.started_at)
                for visit in visits
            ],
            ignore_conflicts=True,
        )
    return len(pks)


def delete_visits(visits: Visits) -> int:
    """Takes the visits out of history and counts for good; how many there were.

    They stay away when late sightings have their time built again.
    """
    return sum(_delete(part) for part in _parts(visits))


def _delete(pks: list[int]) -> int:
    with transaction.atomic():
        visits = list(Visit.objects.select_for_update().filter(pk__in=pks).defer("path", "look"))
        DeletedVisit.objects.bulk_create(_left_out(visit) for visit in visits if visit.boot_id)
        _take_away(visits)
    return len(visits)


def _left_out(visit: Visit) -> DeletedVisit:
    return DeletedVisit(
        camera_id=visit.camera_id,
        boot_id=visit.boot_id,
        source=visit.source,
        key=visit.key,
        place_id=visit.place_id or 0,
        start_90k=visit.start_90k,
        end_90k=visit.end_90k,
        best_90k=visit.best_90k,
        best_box=visit.best_box,
    )


def _take_away(visits: list[Visit]) -> None:
    """Rows and counts, inside the caller's transaction."""
    counts = CountChanges()
    for visit in visits:
        counts.was(visit)
    counts.write()
    news.visits_changed(visits)
    Visit.objects.filter(pk__in=[visit.pk for visit in visits]).delete()
    transaction.on_commit(partial(photos.drop_all, [visit.picture for visit in visits]))


def remove_pet(pet: Pet) -> None:
    """The pet goes, its visits stay as somebody's unknown."""
    own = Visit.objects.filter(pet=pet)
    while pks := list(own.values_list("pk", flat=True)[:_AT_ONCE]):
        with transaction.atomic():
            visits = list(
                Visit.objects.select_for_update().filter(pk__in=pks).defer("path", "look")
            )
            counts = CountChanges()
            for visit in visits:
                counts.was(visit)
                visit.pet, visit.pet_by = None, Visit.PetBy.NOBODY
                counts.becomes(visit)
            Visit.objects.bulk_update(visits, ["pet", "pet_by"])
            counts.write()
    pet.delete()
    DayCount.objects.filter(household_id=pet.household_id, pet_id=pet.pk, visits=0).delete()


def remove_place(place: Place) -> None:
    """The place goes with the visits at it; those of the whole picture stay."""
    own = Visit.objects.filter(place=place)
    while pks := list(own.values_list("pk", flat=True)[:_AT_ONCE]):
        with transaction.atomic():
            _take_away(
                list(Visit.objects.select_for_update().filter(pk__in=pks).defer("path", "look"))
            )
    place_id = place.pk
    place.delete()
    DayCount.objects.filter(camera_id=place.camera_id, place_id=place_id, visits=0).delete()


def _parts(visits: Visits) -> Iterable[list[int]]:
    # Of a query only the keys: it may find all of history.
    pks = (
        list(visits.values_list("pk", flat=True))
        if isinstance(visits, QuerySet)
        else [visit.pk for visit in visits]
    )
    for start in range(0, len(pks), _AT_ONCE):
        yield pks[start : start + _AT_ONCE]


def _for_news(pks: list[int]) -> Iterable[Visit]:
    return Visit.objects.filter(pk__in=pks).only("household_id")
