"""Fields that several endpoints speak."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from knowledge.storable import storable_text

_SHORT = 200


@extend_schema_field(
    {"type": "object", "additionalProperties": {"type": "string", "maxLength": 200}, "maxProperties": 50}
)
class AttributesField(serializers.Field):  # type: ignore[type-arg]  # generic only for the type checker
    """`{"country": "de"}`: one flat object of texts."""

    def to_internal_value(self, data: Any) -> dict[str, str]:
        if not isinstance(data, dict) or len(data) > 50:
            raise serializers.ValidationError(_('Write one flat object of texts, for example {"country": "de"}.'))
        for name, text in data.items():
            if not isinstance(text, str) or not 0 < len(name) <= _SHORT or not 0 < len(text) <= _SHORT:
                raise serializers.ValidationError(_("Each name and each text must have 1 to 200 characters."))
            if storable_text(name) != name or storable_text(text) != text:
                raise serializers.ValidationError(_("A text holds characters that cannot be stored."))
        return dict(data)

    def to_representation(self, value: Any) -> Any:
        return value


def tiers_field(**options: Any) -> serializers.ListField:
    return serializers.ListField(
        child=serializers.CharField(max_length=100),
        max_length=100,
        required=False,
        help_text="Empty: everybody.",
        **options,
    )
