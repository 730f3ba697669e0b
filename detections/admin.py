"""What was seen, for the owners of a household. One section for each kind of row."""

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import OuterRef, QuerySet, Subquery
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import cached_property

from detections import access, places, services, tokens
from detections.forms import VisitForm
from detections.models import DayCount, IngestToken, Look, Pet, Place, Visit
from detections.pets import take_pet_away
from detections.places_forms import PlaceOfAnyForm
from detections.token_forms import TokenForm
from households.admin import OwnersAdmin
from households.models import Household
from streaming.models import Camera


@admin.register(Place)
class PlaceAdmin(OwnersAdmin):
    form = PlaceOfAnyForm
    fields = ["camera", "kind", "name", "min_stay_s", "end_grace_s", "pet", "outline"]
    list_display = ["name", "kind", "camera", "min_stay_s", "end_grace_s", "pet"]
    list_select_related = ["camera", "pet"]
    list_filter = ["kind"]
    search_fields = ["name", "camera__name"]
    ordering = ["camera__position", "camera__name", "name"]

    def rows_of(self, user):
        return access.places_for(user, to_change=True)

    def get_readonly_fields(self, request, obj=None):
        """A place belongs to what its camera shows."""
        return ["camera"] if obj else []

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change, **kwargs)
        return type(form.__name__, (form,), {"actor": request.user})

    def save_model(self, request, place: Place, form, change: bool) -> None:
        places.save_place(place)

    def delete_model(self, request, place: Place) -> None:
        places.take_place_away(place)

    def delete_queryset(self, request, rows) -> None:
        for place in rows:
            places.take_place_away(place)


class NewestPaginator(Paginator):
    """The newest MOST rows: who looks for older ones filters. A million are never counted."""

    MOST = 10_000

    @cached_property
    def count(self) -> int:
        return self.object_list.values("pk")[: self.MOST].count()


class OfManyAdmin(OwnersAdmin):
    """Rows that may be a million: listed by primary key, searched by what has an index."""

    paginator = NewestPaginator
    show_full_result_count = False
    sortable_by = ()
    list_per_page = 50
    ordering = ["-pk"]

    def rows_of(self, user):
        return self.of_households(self.model.objects.all(), user)

    @staticmethod
    def of_households(rows: QuerySet, user) -> QuerySet:
        """By equality where there is one household, so that an index gives them in order."""
        owned = list(Household.objects.owned_by(user).values_list("pk", flat=True))
        return (
            rows.filter(household=owned[0]) if len(owned) == 1 else rows.filter(household__in=owned)
        )

    def has_add_permission(self, request) -> bool:
        return False


@admin.register(Pet)
class PetAdmin(OwnersAdmin):
    """Photos are chosen in the portal."""

    fields = ["household", "name", "species", "colour"]
    list_display = ["name", "species", "household"]
    list_select_related = ["household"]
    search_fields = ["name"]

    def rows_of(self, user):
        return Pet.objects.filter(household__in=Household.objects.owned_by(user))

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if not request.user.is_superuser:
            kwargs["queryset"] = Household.objects.owned_by(request.user)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_readonly_fields(self, request, obj=None):
        """A pet stays with its visits."""
        return ["household"] if obj else []

    def delete_model(self, request, pet: Pet) -> None:
        take_pet_away(pet)

    def delete_queryset(self, request, rows) -> None:
        for pet in rows:
            take_pet_away(pet)


@admin.register(Visit)
class VisitAdmin(OfManyAdmin):
    """Mostly to be read: what a person knows better can be changed, what was measured cannot."""

    form = VisitForm
    list_display = ["id", "started_at", "label", "pet", "place", "camera", "sure"]
    list_select_related = ["pet", "place", "camera"]
    list_filter = ["camera"]
    search_fields = ["label"]
    search_help_text = "A pet's name, or a label: cat, dog, person."
    fields = [
        *("camera", "source", "place", "started_at", "ended_at", "sure", "pet_by"),
        *("label", "pet", "is_starred", "is_refuted"),
    ]
    readonly_fields = fields[:7]

    @admin.display(description="sure")
    def sure(self, visit: Visit) -> str:
        return f"{visit.best_score:.0%}"

    def get_queryset(self, request):
        return super().get_queryset(request).defer("path", "look")

    def get_search_results(self, request, queryset, search_term):
        """By one pet or by a label as it is written: each has an index."""
        term = search_term.strip()
        if not term:
            return queryset, False
        pets = Pet.objects.filter(name__iexact=term)
        if not request.user.is_superuser:
            pets = pets.filter(household__in=Household.objects.owned_by(request.user))
        if pet := pets.first():
            return queryset.filter(pet=pet), False
        return queryset.filter(label=term.lower()), False

    def save_model(self, request, visit: Visit, form: VisitForm, change: bool) -> None:
        fields = {"label": "label", "pet": "pet", "refuted": "is_refuted"}
        changes = {
            name: form.cleaned_data[field]
            for name, field in fields.items()
            if field in form.changed_data
        }
        if changes:
            services.correct_visit(visit, by=request.user, **changes)
        if "is_starred" in form.changed_data:
            services.star_visits([visit], is_starred=visit.is_starred)

    def delete_model(self, request, visit: Visit) -> None:
        services.delete_visits([visit])

    def delete_queryset(self, request, visits) -> None:
        services.delete_visits(visits)


@admin.register(DayCount)
class DayCountAdmin(OfManyAdmin):
    """To be read only: the counts follow the visits."""

    list_display = ["day", "camera", "label", "whose", "where", "visits", "seconds"]
    list_select_related = ["camera"]
    list_filter = ["camera"]

    def get_queryset(self, request):
        """Names beside numbers, without a query for each row."""
        return (
            super()
            .get_queryset(request)
            .annotate(whose=_name_of(Pet, "pet_id"), where=_name_of(Place, "place_id"))
        )

    @admin.display(description="pet")
    def whose(self, row) -> str:
        return row.whose or ""

    @admin.display(description="place")
    def where(self, row) -> str:
        return row.where or ""

    def has_change_permission(self, request, obj=None) -> bool:
        return False

    def has_delete_permission(self, request, obj=None) -> bool:
        return False


@admin.register(Look)
class LookAdmin(OfManyAdmin):
    """What matching has learned; what was learned wrongly can be taken away."""

    list_display = ["id", "pet", "is_counterexample", "created_at"]
    list_select_related = ["pet"]
    fields = ["pet", "is_counterexample", "created_at"]

    def get_queryset(self, request):
        return super().get_queryset(request).defer("vector")

    def has_change_permission(self, request, obj=None) -> bool:
        return False


@admin.register(IngestToken)
class IngestTokenAdmin(OwnersAdmin):
    """The token itself is on the page that answers its making, and nowhere else ever."""

    form = TokenForm
    fields = ["name", "household", "camera", "expires_at"]
    list_display = ["name", "prefix", "household", "camera", "last_used_at", "holds"]
    list_select_related = ["household", "camera"]
    ordering = ["-created_at"]

    def rows_of(self, user):
        return IngestToken.objects.filter(household__in=Household.objects.owned_by(user))

    @admin.display(description="holds", boolean=True)
    def holds(self, token: IngestToken) -> bool:
        return tokens.holds(token)

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name == "household" and not request.user.is_superuser:
            kwargs["queryset"] = Household.objects.owned_by(request.user)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_fields(self, request, obj=None):
        more = ["is_revoked", "prefix", "created_at", "last_used_at"]
        return [*self.fields, *more] if obj else self.fields

    def get_readonly_fields(self, request, obj=None):
        """What a token is good for never changes."""
        fixed = ["household", "camera", "prefix", "created_at", "last_used_at"]
        return fixed if obj else []

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change, **kwargs)
        owned = Camera.objects.owned_by(request.user)
        cameras = Camera.objects.all() if request.user.is_superuser else owned
        return type(form.__name__, (form,), {"cameras": cameras})

    def save_model(self, request, token: IngestToken, form: TokenForm, change: bool) -> None:
        if change:
            token.save()
        else:
            request.new_token = tokens.keep_token(token)

    def response_add(self, request, obj: IngestToken, post_url_continue=None):
        slug = obj.camera.slug if obj.camera else "NAME-OF-THE-CAMERA"
        path = reverse("api:tell_detections", args=[slug])
        told = {
            **self.admin_site.each_context(request),
            "title": f"The token of “{obj.name}”",
            "token": obj,
            "secret": request.new_token,
            "address": request.build_absolute_uri(path),
        }
        return render(request, "admin/detections/ingesttoken/made.html", told)


def _name_of(model, column: str) -> Subquery:
    return Subquery(model.objects.filter(pk=OuterRef(column)).values("name")[:1])
