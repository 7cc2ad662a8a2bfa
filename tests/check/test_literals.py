from __future__ import annotations

import pytest

from comtrap.check import literals
from comtrap.check.typed import Constant, Range
from comtrap.schema.types import Type

IPV4 = 0xFFFF << 32


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (None, Type.NULL),
        (True, Type.BOOLEAN),
        (1, Type.LONG),
        (1.0, Type.DOUBLE),
        ("1", Type.KEYWORD),
        (1 << 63, Type.DOUBLE),
    ],
)
def test_a_literal_has_a_type_of_its_own(value, kind):
    assert literals.of(value).type is kind


@pytest.mark.parametrize(
    ("value", "written"),
    [(5, "5"), (5.0, "5.0"), (0.001, "0.001"), (1e7, "1.0E7"), (12345678.5, "1.23456785E7"), (-2.5e-7, "-2.5E-7"), (True, "true"),
     ("a", "a"), (0.0, "0.0")],
)  # fmt: skip
def test_a_literal_as_text(value, written):
    assert literals.convert(value, Type.KEYWORD) == Constant(written, Type.KEYWORD)


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("5", 5),
        ("-5", -5),
        ("5.5", 5.5),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("9223372036854775808", 9223372036854775808.0),
        (7, 7),
    ],
)
def test_a_text_as_a_number(value, number):
    found = literals.convert(value, Type.LONG)

    assert (found.value, type(found.value)) == (number, type(number))


@pytest.mark.parametrize(
    ("value", "low", "high"),
    [
        ("1.2.3.4", IPV4 | 0x01020304, IPV4 | 0x01020304),
        ("10.6.48.157/8", IPV4 | 0x0A000000, IPV4 | 0x0AFFFFFF),
        ("::1", 1, 1),
        ("::/126", 0, 3),
        ("::ffff:1.2.3.4", IPV4 | 0x01020304, IPV4 | 0x01020304),
        ("0.0.0.0/0", IPV4, IPV4 | 0xFFFFFFFF),
    ],
)
def test_a_text_as_addresses(value, low, high):
    assert literals.convert(value, Type.IP) == Constant(Range(low, high), Type.IP)


def test_dates_of_milliseconds_know_nothing_finer():
    assert literals.convert("1970-01-01T00:00:01.0000005Z", Type.DATE).value == Range(1_000_000_000, 1_000_999_999)
    assert literals.convert("1970-01-01T00:00:01.0000005Z", Type.DATE_NANOS).value == Range(
        1_000_000_500, 1_000_000_500
    )


@pytest.mark.parametrize("kind", [Type.DATE, Type.DATE_NANOS])
def test_a_number_is_a_millisecond(kind):
    assert literals.convert(-1, kind).value == Range(-1_000_000, -1)
    assert literals.convert(1.9, kind).value == Range(1_000_000, 1_999_999)


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("x", Type.LONG), ("", Type.LONG), ("1 ", Type.DOUBLE), ("\u0661", Type.LONG), (True, Type.LONG), ("NaN", Type.DOUBLE),
        ("yes", Type.BOOLEAN), (1, Type.BOOLEAN), ("True", Type.BOOLEAN),
        ("", Type.IP), ("1.2.3", Type.IP), ("1.2.3.4/33", Type.IP), ("1.2.3.4/255.0.0.0", Type.IP), ("fe80::1%eth0", Type.IP),
        (1, Type.IP), ("1.2.3.4/", Type.IP), ("01.2.3.4", Type.IP),
        ("x", Type.DATE), (True, Type.DATE), ("now", Type.DATE),
    ],
)  # fmt: skip
def test_what_is_no_value_of_the_type_is_refused(value, kind):
    with pytest.raises(ValueError, match=r"expected|clock"):
        literals.convert(value, kind)
