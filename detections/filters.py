"""A filter as people see it: chips that can be taken off, and addresses that keep it."""

from dataclasses import dataclass
from functools import cached_property

from django.http import QueryDict
from django.utils.formats import date_format

from detections.forms import FilterForm
from detections.history import VisitFilter
from detections.homes import Home
from households.models import Household

_NAMES = ("home", "camera", "pet", "place", "label", "since", "until", "score")
_FLAGS = {"starred": "Starred", "new": "New to you", "refuted": "Set aside"}


@dataclass(frozen=True, slots=True)
class Chip:
    """A part of a filter, or one that could be added; `query` is the address with or without."""

    text: str
    query: str
    is_on: bool = True
    colour: str = ""


class Filters:
    """The filter of one address; `form` is valid."""

    def __init__(self, form: FilterForm, home: Home, query: QueryDict) -> None:
        self.form = form
        self._home = home
        # The last of several values counts, as in forms.
        self._query = {
            name: query[name] for name in (*_NAMES, *_FLAGS) if query.get(name, "") != ""
        }

    @cached_property
    def wanted(self) -> VisitFilter:
        return self.form.visit_filter()

    @property
    def query(self) -> str:
        return self._with()

    @property
    def home_query(self) -> str:
        """Everything of this household."""
        return _encoded({k: v for k, v in self._query.items() if k == "home"})

    @property
    def kept_flags(self) -> dict[str, str]:
        """What the filter form has no field for."""
        return {k: v for k, v in self._query.items() if k in _FLAGS or k == "home"}

    @property
    def chips(self) -> list[Chip]:
        """What is filtered by, each with the address without it."""
        return [
            Chip(self._words(name), self._with(**{name: None}))
            for name in self._query
            if name != "home"
        ]

    @property
    def shortcuts(self) -> list[Chip]:
        """One tap each: what is new, what is starred, each pet."""
        flags = [
            Chip(
                text,
                self._with(**{name: None if name in self._query else "on"}),
                name in self._query,
            )
            for name, text in _FLAGS.items()
            if name != "refuted" or name in self._query
        ]
        chosen = self._query.get("pet")
        pets = [
            Chip(
                pet.name,
                self._with(pet=None if chosen == str(pet.pk) else str(pet.pk)),
                chosen == str(pet.pk),
                pet.colour,
            )
            for pet in self._home.pets
        ]
        return flags + pets

    @property
    def other_homes(self) -> list[tuple[Household, str]]:
        return [(other, _encoded({"home": str(other.pk)})) for other in self._home.others]

    def _with(self, **changes: str | None) -> str:
        changed = self._query | changes
        return _encoded({name: value for name, value in changed.items() if value is not None})

    def _words(self, name: str) -> str:
        told = self.form.cleaned_data[name]
        if name in _FLAGS:
            return _FLAGS[name]
        if name in ("since", "until"):
            return f"{'From' if name == 'since' else 'To'} {date_format(told, 'j M Y')}"
        if name == "label":
            return str(told).capitalize()
        return dict(self.form.fields[name].choices)[str(told)]


def _encoded(values: dict[str, str]) -> str:
    query = QueryDict(mutable=True)
    query.update(values)
    return query.urlencode()
