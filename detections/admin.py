"""What was seen, for the owners of a household. One section for each kind of row."""

from django.contrib import admin

from detections import access, places
from detections.models import Place
from detections.places_forms import PlaceOfAnyForm
from households.admin import OwnersAdmin


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
