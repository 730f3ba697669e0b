"""Who lives with the pets, and what each of them may do."""

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import models


class HouseholdQuerySet(models.QuerySet):
    def owned_by(self, user: AbstractBaseUser | AnonymousUser) -> "HouseholdQuerySet":
        """The households that `user` may set up; being superuser alone owns nothing."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        return self.filter(members__user=user, members__role=Member.Role.OWNER)


class Household(models.Model):
    """The people who share cameras."""

    name = models.CharField(max_length=80)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = HouseholdQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name


class Member(models.Model):
    """A person's place in a household."""

    class Role(models.TextChoices):
        OWNER = "owner", "Owner: sets up cameras and people"
        MEMBER = "member", "Member: watches and keeps what happened"
        VIEWER = "viewer", "Viewer: only watches"

    household = models.ForeignKey(Household, models.CASCADE, related_name="members")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.VIEWER)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = "person"
        verbose_name_plural = "people"
        constraints = [
            models.UniqueConstraint(fields=["household", "user"], name="one_membership_each"),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.household}"
