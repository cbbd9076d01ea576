"""What the cells of a price list say: amounts in either way of writing them, whole counts, terms in months or years, currencies."""

from __future__ import annotations

import re

from data.languages import say

MONTHS_PER_YEAR = 12
# Digits with decimal points, decimal commas and separators of thousands (an apostrophe or a space, then three digits).
_NUMBER = re.compile(r"-?(?:\d+(?:[.,]\d+|['’\s]\d{3}(?!\d))*|[.,]\d+)")
_TERM = re.compile(r"(\d+)\s*(?:(m[a-z]*)|([ya][a-zé]*))?", re.IGNORECASE)  # 12, 12 months, 12 mois, 1 year, 1 an
_SIGNS = {"€": "EUR", "£": "GBP"}  # a $ or a ¥ may be that of several
_CODE = re.compile(r"(?<![A-Za-z])(EUR|USD|GBP|CHF)(?![A-Za-z])")


def amount(text: str, *, decimal_comma: bool) -> float:
    """The one number of a text, currency sign and unit left out; raises ValueError where there is none or more than one.

    Of a point and a comma the last is the decimal one. One comma alone separates thousands only before three digits, and not where ``decimal_comma``.
    """
    found = _NUMBER.findall(text)
    digits = re.sub(r"['’\s]", "", found[0]) if len(found) == 1 else ""
    point, comma = digits.rfind("."), digits.rfind(",")
    if comma > point and digits.count(",") == 1 and (point >= 0 or decimal_comma or not re.fullmatch(r"-?[1-9]\d{0,2},\d{3}", digits)):
        digits = digits.replace(".", "").replace(",", ".")
    elif digits.count(".") > 1 and comma < 0:
        digits = digits.replace(".", "")
    else:
        digits = digits.replace(",", "")
    try:
        return float(digits)
    except ValueError:
        raise ValueError(say("'{text}' is no number", text=text[:40])) from None


def count(text: str) -> int:
    """A whole number such as ``8`` or ``8x``; raises ValueError."""
    value = amount(text, decimal_comma=False)
    if not value.is_integer():
        raise ValueError(say("'{content}' is not a whole number", content=text[:40]))
    return int(value)


def months(text: str) -> int:
    """A term such as ``12``, ``12 months`` or ``1 year``, in months; raises ValueError."""
    match = _TERM.fullmatch(text.strip())
    if match is None:
        raise ValueError(say("'{text}' is no number of months or years", text=text[:40]))
    return int(match[1]) * (MONTHS_PER_YEAR if match[3] else 1)


def currency_said(*texts: str) -> str:
    """The currency that the prices themselves say by a sign or a code; "" for none."""
    for text in texts:
        for sign, code in _SIGNS.items():
            if sign in text:
                return code
        if match := _CODE.search(text):
            return match[1]
    return ""
