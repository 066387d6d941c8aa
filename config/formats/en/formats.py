"""Days before months and the clock of 24 hours read alike everywhere; moments say of which zone (`TIME_ZONE`)."""

DATE_FORMAT = SHORT_DATE_FORMAT = "j M Y"
DATETIME_FORMAT = SHORT_DATETIME_FORMAT = "j M Y, H:i T"
TIME_FORMAT = "H:i"
