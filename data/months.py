"""Months of a horizon as days."""

from __future__ import annotations

import calendar
from datetime import date

from data.units import MONTHS_PER_YEAR


def after_months(day: date, months: int) -> date:
    """The same day some months later, or the last of a shorter month; in the last year there is, where it lies beyond."""
    years, month = divmod(day.month - 1 + months, MONTHS_PER_YEAR)
    year = min(day.year + years, date.max.year)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
