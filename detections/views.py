"""History: what was seen, and what people say about it."""

from collections.abc import Sequence

from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBadRequest,
    JsonResponse,
    QueryDict,
)
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from detections import photos, services
from detections.access import VisitNotFound, visit_for, visits_for
from detections.cards import Card, days_of, labels_of, today_of
from detections.filters import Filters
from detections.forms import ActForm, ChangeForm, FilterForm, PartForm
from detections.history import Moment, Page, mark_new, matching, page_of
from detections.homes import Home, HomeNotFound, home_for
from detections.models import Visit
from detections.tracks import track_of

READERS_ACTS = ("reviewed", "unreviewed")


@require_safe
def history(request: HttpRequest) -> HttpResponse:
    """The newest visits that the address asks for; with ?part a piece of that page."""
    if any(not value for _, values in request.GET.lists() for value in values):
        return _without_empty_values(request)
    asked = PartForm(request.GET)
    if not asked.is_valid():
        raise Http404
    told = asked.cleaned_data
    try:
        home = home_for(request.user, told["home"])
    except HomeNotFound:
        if told["home"]:
            raise Http404 from None
        return render(request, "detections/no_home.html")
    labels = () if told["part"] else labels_of(home)
    filters = _filters(request, home, labels)
    if told["only"]:
        page = Page(matching(filters.wanted, told["only"]), None)
    else:
        page = page_of(filters.wanted, told["before"])
    mark_new(page.visits, reader_id=home.user_id)
    context = {
        "home": home,
        "filters": filters,
        "days": days_of(page.visits, filters.wanted, home),
        "page": page,
        "is_first": told["before"] is None,
    }
    if told["part"]:
        return render(request, "detections/_days.html", context)
    is_plain = told["before"] is None and not filters.chips
    context["today"] = today_of(home) if is_plain else []
    return render(request, "detections/history.html", context)


@require_safe
def visit(request: HttpRequest, visit: int) -> HttpResponse:
    """One visit: its picture with the path, and its neighbours under the same filter."""
    seen = _visit(request, visit)
    home = home_for(request.user, seen.household_id)
    filters = _filters(request, home)
    here = Moment.of(seen)
    older, newer = (
        page_of(filters.wanted, here, size=1, is_backwards=is_newer).visits
        for is_newer in (False, True)
    )
    return render(
        request,
        "detections/visit.html",
        {
            "home": home,
            "filters": filters,
            "card": Card.of(seen),
            "is_new": seen.unreviewed.filter(user=request.user).exists(),
            "track": track_of(seen),
            "older": older and Card.of(older[0]),
            "newer": newer and Card.of(newer[0]),
            "pets": _likely_first(home, seen),
            "other_labels": [label for label in labels_of(home) if label != seen.label],
        },
    )


@require_safe
def picture(request: HttpRequest, visit: int) -> HttpResponse:
    """The visit's best moment, 404 without one."""
    jpeg = photos.read(_visit(request, visit).picture)
    if jpeg is None:
        raise Http404
    return HttpResponse(jpeg, content_type="image/jpeg")


@require_POST
def act(request: HttpRequest) -> HttpResponse:
    """Stars, reviews or deletes the chosen visits; those that are not the person's stay."""
    form = ActForm(request.POST)
    if not form.is_valid():
        return HttpResponseBadRequest("Choose up to 200 visits and what to do with them.")
    act = form.cleaned_data["act"]
    mine = visits_for(request.user, to_change=act not in READERS_ACTS)
    chosen = list(mine.filter(pk__in=form.cleaned_data["visits"]).only("pk", "started_at"))
    if not chosen:
        raise Http404
    _do(request, act, chosen)
    if request.accepts("text/html"):
        return redirect(_history_url(request))
    return JsonResponse({"act": act, "visits": [visit.pk for visit in chosen]})


@require_POST
def change(request: HttpRequest, visit: int) -> HttpResponse:
    """One tap on a visit's page."""
    is_review = request.POST.get("act") in READERS_ACTS
    seen = _visit(request, visit, to_change=not is_review)
    form = ChangeForm(request.POST, home=home_for(request.user, seen.household_id))
    if not form.is_valid():
        return HttpResponseBadRequest("That cannot be done with a visit.")
    told = form.cleaned_data
    if told["act"] == "delete":
        services.delete_visits([seen])
        return redirect(_history_url(request))
    if told["act"] in ("refute", "restore"):
        services.correct_visit(seen, by=request.user, refuted=told["act"] == "refute")
    elif told["act"]:
        _do(request, told["act"], [seen])
    else:
        _correct(request, form, seen)
    if not request.accepts("text/html"):
        return HttpResponse(status=204)
    query = _kept_query(request)
    return redirect(f"{reverse('visit', args=[seen.pk])}{f'?{query}' if query else ''}")


def _correct(request: HttpRequest, form: ChangeForm, seen: Visit) -> None:
    told = form.cleaned_data
    if told["label"]:
        services.correct_visit(seen, by=request.user, label=told["label"])
    else:
        pet = form.pets.get(told["pet"])
        services.correct_visit(seen, by=request.user, pet=pet, refuted=False)


def _do(request: HttpRequest, act: str, visits: Sequence[Visit]) -> None:
    if act == "delete":
        services.delete_visits(visits)
    elif act in READERS_ACTS:
        services.review_visits(visits, by=request.user, is_reviewed=act == "reviewed")
    else:
        services.star_visits(visits, is_starred=act == "star")


def _visit(request: HttpRequest, pk: int, *, to_change: bool = False) -> Visit:
    try:
        return visit_for(request.user, pk, to_change=to_change)
    except VisitNotFound:
        raise Http404 from None


def _filters(request: HttpRequest, home: Home, labels: Sequence[str] = ()) -> Filters:
    """What the address asks for; what is foreign to the home is answered like what is missing."""
    form = FilterForm(request.GET, home=home, labels=tuple(labels))
    if not form.is_valid():
        raise Http404
    return Filters(form, home, request.GET)


def _without_empty_values(request: HttpRequest) -> HttpResponse:
    """A form without a script sends every field; addresses name only what is wanted."""
    query = QueryDict(mutable=True)
    for name, values in request.GET.lists():
        query.setlist(name, [value for value in values if value])
    return redirect(f"{request.path}{f'?{query.urlencode()}' if any(query.values()) else ''}")


def _kept_query(request: HttpRequest) -> str:
    """The filter that the form's page had."""
    return QueryDict(request.POST.get("back", "")[:2000]).urlencode()


def _history_url(request: HttpRequest) -> str:
    query = _kept_query(request)
    return f"{reverse('history')}{f'?{query}' if query else ''}"


def _likely_first(home: Home, seen: Visit) -> list:
    """The home's pets that the visit is not of, those of its kind first."""
    others = [pet for pet in home.pets if pet.pk != seen.pet_id]
    return sorted(others, key=lambda pet: pet.species != seen.label)
