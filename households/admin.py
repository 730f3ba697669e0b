"""Households and their people, for their owners; Django's per-model permissions play no part.

Accounts have no page of their own: whoever could edit an account row could become superuser.
"""

from allauth.account.models import EmailAddress
from django.contrib import admin, messages
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.contrib.auth.models import Group, User

from households import services
from households.forms import PersonForm
from households.models import Household, Member

admin.site.unregister([User, Group, EmailAddress])


class OwnersAdmin(admin.ModelAdmin):
    """Rows that `rows_of` gives to the person; everything else is answered as if missing."""

    def rows_of(self, user: User):
        """The rows that `user`, no superuser, may see and change."""
        raise NotImplementedError

    def get_queryset(self, request):
        rows = super().get_queryset(request)
        return rows if request.user.is_superuser else rows & self.rows_of(request.user)

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        """A household is chosen, not edited on the way."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field and isinstance(field.widget, RelatedFieldWidgetWrapper):
            field.widget = field.widget.widget
        return field

    def has_module_permission(self, request) -> bool:
        """Each page asks four times for each section: the answer is kept with the request."""
        if not hasattr(request, "owns_a_household"):
            user = request.user
            request.owns_a_household = (
                user.is_superuser or Household.objects.owned_by(user).exists()
            )
        return request.owns_a_household

    def has_view_permission(self, request, obj=None) -> bool:
        if obj is None:
            return self.has_module_permission(request)
        return self.get_queryset(request).filter(pk=obj.pk).exists()

    def has_add_permission(self, request) -> bool:
        return self.has_module_permission(request)

    def has_change_permission(self, request, obj=None) -> bool:
        return self.has_view_permission(request, obj)

    def has_delete_permission(self, request, obj=None) -> bool:
        return self.has_view_permission(request, obj)

    def get_deleted_objects(self, objs, request):
        """Names what is chosen, not what goes with it: that may be a million visits, and belongs
        to it in any case."""
        names = [str(row) for row in objs]
        return names, {self.opts.verbose_name_plural: len(names)}, set(), []


@admin.register(Household)
class HouseholdAdmin(OwnersAdmin):
    fields = ["name"]
    list_display = ["name"]

    def rows_of(self, user):
        return Household.objects.owned_by(user)

    def has_add_permission(self, request) -> bool:
        return request.user.is_superuser

    def has_delete_permission(self, request, obj=None) -> bool:
        return request.user.is_superuser


@admin.register(Member)
class PersonAdmin(OwnersAdmin):
    form = PersonForm
    list_display = ["username", "household", "role", "may_log_in"]
    list_select_related = ["user", "household"]
    ordering = ["household__name", "user__username"]

    def rows_of(self, user):
        return Member.objects.filter(household__in=Household.objects.owned_by(user))

    @admin.display(description="user name", ordering="user__username")
    def username(self, member: Member) -> str:
        return member.user.username

    @admin.display(description="may log in", boolean=True)
    def may_log_in(self, member: Member) -> bool:
        return member.user.is_active

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change, **kwargs)
        return type(form.__name__, (form,), {"actor": request.user})

    def get_fields(self, request, obj=None):
        return PersonForm.fields_for(request.user, obj)

    def save_model(self, request, member: Member, form: PersonForm, change: bool) -> None:
        told = form.cleaned_data
        if not change:
            user = services.create_person(told["username"], told["password"])
            member.pk = services.add_member(told["household"], user, role=told["role"]).pk
            member.user = user
            return
        services.change_role(member, told["role"])
        if "password" in form.fields:
            services.change_account(
                member.user,
                password=told["password"],
                is_active=told.get("may_log_in", member.user.is_active),
            )

    def get_deleted_objects(self, objs, request):
        """Shows the reason in words, and no button, when a household would lose its last owner."""
        deleted, counts, missing, protected = super().get_deleted_objects(objs, request)
        protected += [
            f"{household} would have no owner: make somebody else an owner first"
            for household in services.leaves_without_owner(list(objs))
        ]
        return deleted, counts, missing, protected

    def delete_model(self, request, member: Member) -> None:
        services.remove_member(member)

    def delete_queryset(self, request, members) -> None:
        for member in members:
            try:
                services.remove_member(member)
            except services.LastOwner as reason:
                self.message_user(request, str(reason), messages.ERROR)
