"""What the members app keeps: plans, applications, memberships with their terms and payments."""

from .applications import Application, Question
from .memberships import (
    MEMBERS,
    Membership,
    MembershipQuerySet,
    NumberSeries,
    Payment,
    SignIn,
    Standing,
    Term,
    today,
)
from .plans import Plan, check_days, days_in, money

__all__ = [
    "MEMBERS",
    "Application",
    "Membership",
    "MembershipQuerySet",
    "NumberSeries",
    "Payment",
    "Plan",
    "Question",
    "SignIn",
    "Standing",
    "Term",
    "check_days",
    "days_in",
    "money",
    "today",
]
