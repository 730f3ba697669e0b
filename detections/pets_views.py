"""The household's pets."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from detections import photos
from detections.access import PetNotFound, pet_for
from detections.forms import PetForm
from detections.homes import Home, HomeNotFound, home_for
from detections.models import Pet
from detections.pets import NameTaken, TooManyPets, save_pet, take_pet_away


@require_safe
def pets(request: HttpRequest) -> HttpResponse:
    """Who lives here, in each of the person's households."""
    try:
        first = home_for(request.user)
    except HomeNotFound:
        return render(request, "detections/no_home.html")
    homes = [first, *(home_for(request.user, other.pk) for other in first.others)]
    return render(request, "detections/pets.html", {"homes": homes})


@require_http_methods(["GET", "HEAD", "POST"])
def add_pet(request: HttpRequest) -> HttpResponse:
    """A new pet of the household that ?home names, else of the first."""
    home = _home(request)
    return _edit(request, home, Pet(household=home.household))


@require_http_methods(["GET", "HEAD", "POST"])
def change_pet(request: HttpRequest, pet: int) -> HttpResponse:
    """Name, species, colour and photo."""
    own = _pet(request, pet, to_change=True)
    return _edit(request, home_for(request.user, own.household_id), own)


@require_POST
def remove_pet(request: HttpRequest, pet: int) -> HttpResponse:
    """Takes the pet away; its visits stay."""
    own = _pet(request, pet, to_change=True)
    name = own.name
    take_pet_away(own)
    messages.success(request, f"{name} is taken away. The visits stay, as somebody's unknown.")
    return redirect("pets")


@require_safe
def photo(request: HttpRequest, pet: int) -> HttpResponse:
    """The pet's photo, 404 without one."""
    jpeg = photos.read(_pet(request, pet).photo)
    if jpeg is None:
        raise Http404
    return HttpResponse(jpeg, content_type="image/jpeg")


def _edit(request: HttpRequest, home: Home, pet: Pet) -> HttpResponse:
    stored_name = pet.name
    is_post = request.method == "POST"
    form = PetForm(
        request.POST if is_post else None, request.FILES if is_post else None, instance=pet
    )
    if is_post and form.is_valid() and _is_saved(form):
        messages.success(request, f"{pet.name} is saved.")
        return redirect("pets")
    return render(
        request,
        "detections/pet.html",
        {"home": home, "form": form, "pet": pet, "stored_name": stored_name},
    )


def _is_saved(form: PetForm) -> bool:
    told = form.cleaned_data
    try:
        save_pet(
            form.instance,
            photo=told["photo"],
            without_photo=told.get("without_photo", False),
        )
    except NameTaken:
        form.add_error("name", "Another pet has this name already.")
    except TooManyPets:
        form.add_error(None, "A household keeps at most 50 pets.")
    return form.is_valid()


def _home(request: HttpRequest) -> Home:
    text = request.GET.get("home", "")
    if text and not (text.isascii() and text.isdigit() and len(text) < 19):
        raise Http404
    try:
        home = home_for(request.user, int(text) if text else None)
    except HomeNotFound:
        raise Http404 from None
    if not home.may_change:
        raise Http404
    return home


def _pet(request: HttpRequest, pk: int, *, to_change: bool = False) -> Pet:
    try:
        return pet_for(request.user, pk, to_change=to_change)
    except PetNotFound:
        raise Http404 from None
