"""What people type about their household and themselves."""

from django import forms
from django.contrib.auth import get_user_model, password_validation
from django.contrib.auth.models import User
from django.contrib.auth.validators import UnicodeUsernameValidator

from households.models import Household, Member
from households.services import leaves_without_owner, may_manage_account

_NAME_LENGTH = 150


class _NewPassword(forms.CharField):
    def __init__(self, label: str, **options) -> None:
        super().__init__(
            label=label,
            strip=False,
            max_length=200,
            widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
            **options,
        )


class _Username(forms.CharField):
    """Refuses a name that somebody has, whatever its capitals."""

    default_validators = [UnicodeUsernameValidator()]

    def __init__(self, **options) -> None:
        super().__init__(label="User name", max_length=_NAME_LENGTH, **options)

    def clean(self, value: str) -> str:
        name = get_user_model().normalize_username(super().clean(value))
        if not self.disabled and get_user_model().objects.filter(username__iexact=name).exists():
            raise forms.ValidationError("This name is taken.", code="taken")
        return name


class _WithNewPassword:
    """The two password fields must agree and satisfy the rules for passwords."""

    def clean_new_password(self, user: User) -> None:
        password = self.cleaned_data.get("password")
        if password and password != self.cleaned_data.get("password_again"):
            self.add_error("password_again", "The two passwords differ.")
        elif password:
            try:
                password_validation.validate_password(password, user)
            except forms.ValidationError as error:
                self.add_error("password", error)


class FirstRunForm(_WithNewPassword, forms.Form):
    """A household and its first owner."""

    token = forms.CharField(max_length=100, widget=forms.HiddenInput)
    household = forms.CharField(
        label="Household",
        max_length=Household._meta.get_field("name").max_length,
        help_text="What you call your home, e.g. Maple Street.",
    )
    username = _Username(
        help_text="What you log in with.",
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none"}),
    )
    password = _NewPassword("Password", help_text="10 characters or more.")
    password_again = _NewPassword("Password again")

    def clean(self) -> None:
        self.clean_new_password(User(username=self.cleaned_data.get("username", "")))


class PersonForm(_WithNewPassword, forms.ModelForm):
    """A person's place in a household and, where `actor` may, the person's account."""

    username = _Username(widget=forms.TextInput(attrs={"autocomplete": "off"}))
    password = _NewPassword("New password", required=False)
    password_again = _NewPassword("New password again", required=False)
    may_log_in = forms.BooleanField(label="May log in", required=False, initial=True)

    # Who fills in the form; the admin sets it on a subclass.
    actor: User

    class Meta:
        model = Member
        fields = ["household", "username", "role", "password", "password_again", "may_log_in"]

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        existing = self.instance if self.instance.pk else None
        for name in set(self.fields) - set(self.fields_for(self.actor, existing)):
            del self.fields[name]
        if existing:
            self.fields["household"].disabled = self.fields["username"].disabled = True
            user = existing.user
            self.initial |= {"username": user.username, "may_log_in": user.is_active}
        else:
            self._ask_for_new_person()

    @staticmethod
    def fields_for(actor: User, member: Member | None) -> list[str]:
        """What `actor` may set: of a new person, or of `member`."""
        fields = ["household", "username", "role"]
        if member is None or may_manage_account(actor, member.user):
            fields += ["password", "password_again"]
            if member and member.user != actor:
                fields.append("may_log_in")
        return fields

    def _ask_for_new_person(self) -> None:
        for name in ("password", "password_again"):
            self.fields[name].required = True
            self.fields[name].label = self.fields[name].label.removeprefix("New ").capitalize()
        if not self.actor.is_superuser:
            owned = Household.objects.owned_by(self.actor)
            self.fields["household"].queryset = owned
            self.fields["household"].initial = owned.first()

    def clean_role(self) -> str:
        role = self.cleaned_data["role"]
        if (
            self.instance.pk
            and role != Member.Role.OWNER
            and leaves_without_owner([Member.objects.get(pk=self.instance.pk)])
        ):
            raise forms.ValidationError(
                "This is the household's last owner. Make somebody else an owner first.",
                code="last-owner",
            )
        return role

    def clean(self) -> dict:
        cleaned = super().clean()
        user = (
            self.instance.user if self.instance.pk else User(username=cleaned.get("username", ""))
        )
        self.clean_new_password(user)
        return cleaned
