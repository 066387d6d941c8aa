"""What counts as personal data, and where it stands in a text."""

from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext_lazy as _


class EntityType(models.TextChoices):
    PERSON = "person", _("name of a person")
    EMAIL = "email", _("e-mail address")
    PHONE = "phone", _("telephone number")
    CARD = "card", _("payment card")
    IBAN = "iban", _("bank account (IBAN)")
    NATIONAL_ID = "national_id", _("national id")
    DRIVER_LICENSE = "driver_license", _("driving licence")
    ADDRESS = "address", _("street address")
    ZIP = "zip", _("postal code")
    PLACE = "place", _("town, region or country")
    ORGANIZATION = "organization", _("organisation")
    NATIONALITY = "nationality", _("nationality")
    TITLE = "title", _("form of address or profession")
    AGE = "age", _("age")
    DATE = "date", _("date or year")
    IP_ADDRESS = "ip_address", _("IP address")
    URL = "url", _("web address")
    ORDER = "order", _("order or tracking number")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """`text[start:end]` of the searched text is personal data of this type."""

    type: EntityType
    start: int  #: characters
    end: int  #: characters, exclusive
    text: str
    probability: float  #: 0..1; patterns with check digits say 1.0
