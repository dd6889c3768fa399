"""Units as their authors write them, `m s-1` or `kg*m/s^2`, as exponents of the symbols in them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction

from symeq.data.records import Record
from symeq.geometry.jet import Jet

# A symbol, a number or a power, with the sign that joins it to what stands before.
_FACTOR = re.compile(
    r"\s*([*/·]?)\s*(?:([A-Za-zµ°%Å]+)\s*(?:(?:\^|\*\*)?\s*(-?\d+(?:/\d+)?))?(?!\^)|(1))(?=[\s*/·]|$)"
)
HIGHEST = 12  # power that a unit may have; "since 1850" is none
DIMENSIONLESS = ("", "1", "-", "none", "dimensionless", "unitless")


def unit_exponents(text: str) -> dict[str, Fraction] | None:
    """The exponents of the symbols of a unit; None where the text is no product of powers.

    Symbols are not known to each other: `mm` and `m` are two, so that a sum of both is refused rather than
    misjudged.

    >>> unit_exponents("kg m s-2"), unit_exponents("m/s"), unit_exponents("days since 1850-01-01")
    ({'kg': Fraction(1, 1), 'm': Fraction(1, 1), 's': Fraction(-2, 1)},
     {'m': Fraction(1, 1), 's': Fraction(-1, 1)}, None)
    """
    if text.strip().lower() in DIMENSIONLESS:
        return {}
    found: dict[str, Fraction] = {}
    place = 0
    while place < len(text.rstrip()):
        match = _FACTOR.match(text, place)
        if match is None or match.end() == place:
            return None
        joined, symbol, power, one = match.groups()
        if symbol is not None:
            try:
                exponent = Fraction(power or 1)
            except (ValueError, ZeroDivisionError):
                return None
            if abs(exponent) > HIGHEST:
                return None
            found[symbol] = found.get(symbol, Fraction(0)) + (-exponent if joined == "/" else exponent)
        elif one is None:
            return None
        place = match.end()
    return {symbol: exponent for symbol, exponent in found.items() if exponent}


def record_units(record: Record, jet: Jet) -> Mapping[str, Mapping[str, Fraction]] | None:
    """The units of all variables of a jet by name; None unless every one of them has a unit that can be read.

    A variable whose runs are in different units counts as one without.
    """
    found: dict[str, Mapping[str, Fraction]] = {}
    for variable in jet.variables:
        texts = {part[str(variable)].attrs.get("units") for part in record.parts}
        text = texts.pop() if len(texts) == 1 else None
        exponents = unit_exponents(text) if isinstance(text, str) else None
        if exponents is None:
            return None
        found[str(variable)] = exponents
    return found
