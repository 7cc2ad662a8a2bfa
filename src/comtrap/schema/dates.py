"""Date texts as the instants they stand for.

Source: Elasticsearch's reference, date field type, mapping date formats and date maths; times are ISO 8601.
"""

from __future__ import annotations

import calendar
import re
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import TypeAlias

DEFAULT = "strict_date_optional_time||epoch_millis"
Span: TypeAlias = tuple[int, int]  # first and last nanosecond since the epoch, both included

_SECOND = 1_000_000_000
_UNITS = {"s": _SECOND, "m": 60 * _SECOND, "h": 3600 * _SECOND, "H": 3600 * _SECOND, "d": 86400 * _SECOND}
_UNITS["w"] = 7 * _UNITS["d"]
_EPOCH_DAY = date(1970, 1, 1)
_BEYOND = "the date is beyond the years 1 to 9999"
_MATHS = re.compile(r"(?P<sign>[+-])(?P<count>\d{0,6})(?P<unit>[yMwdhHms])|/(?P<floor>[yMwdhHms])", re.ASCII)
_EPOCH = re.compile(r"(-?\d{1,19})(?:\.(\d{1,9}))?", re.ASCII)
_EPOCH_UNIT = {"epoch_millis": 1_000_000, "epoch_second": _SECOND}
_TIME = "'T'HH[:mm[:ss[.SSSSSSSSS][,SSSSSSSSS]]][XXX]"
_NAMED = {
    "date_optional_time": f"yyyy[-MM[-dd[{_TIME}]['T']]]",
    "date_optional_time_nanos": f"yyyy[-MM[-dd[{_TIME}]['T']]]",
    "iso8601": f"yyyy[-MM[-dd[{_TIME}]]]",
    "date_time": "yyyy-MM-dd'T'HH:mm:ss.SSSSSSSSSXXX",
    "date_time_no_millis": "yyyy-MM-dd'T'HH:mm:ssXXX",
    "date_hour_minute_second": "yyyy-MM-dd'T'HH:mm:ss",
    "date_hour_minute_second_millis": "yyyy-MM-dd'T'HH:mm:ss.SSS",
    "date_hour_minute_second_fraction": "yyyy-MM-dd'T'HH:mm:ss.SSSSSSSSS",
    "date_hour_minute": "yyyy-MM-dd'T'HH:mm",
    "date_hour": "yyyy-MM-dd'T'HH",
    "date": "yyyy-MM-dd",
    "year_month_day": "yyyy-MM-dd",
    "year_month": "yyyy-MM",
    "year": "yyyy",
    "basic_date": "yyyyMMdd",
    "basic_date_time": "yyyyMMdd'T'HHmmss.SSSSSSSSSXXX",
    "basic_date_time_no_millis": "yyyyMMdd'T'HHmmssXXX",
}
_LETTERS = {
    "yyyy": r"(?P<year>\d{4})",
    "uuuu": r"(?P<year>\d{4})",
    "MM": r"(?P<month>\d\d)",
    "M": r"(?P<month>\d\d?)",
    "MMM": r"(?P<name>[A-Z][a-z]{2})",
    "dd": r"(?P<day>\d\d)",
    "d": r"(?P<day>\d\d?)",
    "HH": r"(?P<hour>\d\d)",
    "H": r"(?P<hour>\d\d?)",
    "mm": r"(?P<minute>\d\d)",
    "m": r"(?P<minute>\d\d?)",
    "ss": r"(?P<second>\d\d)",
    "s": r"(?P<second>\d\d?)",
}
_ZONE = r"(?P<zone>Z|[+-]\d\d(?::?\d\d)?)"
_PART = re.compile(r"'(?P<quoted>[^']*)'|(?P<letters>([A-Za-z])\3*)|(?P<other>.)", re.DOTALL)


def span_of(text: str, formats: str | None = None, now_ns: int | None = None) -> Span:
    """The instants a date text stands for: ``"2024-03"`` is a month, a text with a fraction one instant.

    Args:
        text: the date, with date maths after ``||`` if wanted: ``2024-03-05||+1d/d``; or ``now`` with maths: ``now-1d/d``.
        formats: the ``format`` of a mapping, alternatives split by ``||``; Elasticsearch's default if absent.
        now_ns: what ``now`` is, to the millisecond; where nobody says, the text must not ask.

    Raises:
        ValueError: the text is not such a date; the message says what was expected.
    """
    if text.startswith("now"):
        if now_ns is None:
            raise ValueError("`now` depends on the clock; write the date")
        now_ns -= now_ns % 1_000_000
        return _calculated(now_ns, text[3:], up=False), _calculated(now_ns, text[3:], up=True)
    anchor, found, maths = text.partition("||")
    if found and maths:
        low = _anchor(anchor, formats)[0]
        return _calculated(low, maths, up=False), _calculated(low, maths, up=True)
    return _anchor(anchor, formats)


def _anchor(text: str, formats: str | None) -> Span:
    wanted = (formats or DEFAULT).split("||")
    for name in wanted:
        found = _in_format(text, name.strip())
        if found is not None:
            return found
    raise ValueError(f"expected a date such as {' or '.join(_example(name) for name in wanted)}")


def _example(name: str) -> str:
    plain = name.strip().removeprefix("strict_")
    if plain.startswith("date_optional_time"):
        return '"2024-03-05" or "2024-03-05T10:20:30.500Z"'
    return {"epoch_millis": "milliseconds since 1970", "epoch_second": "seconds since 1970"}.get(plain, f'"{name}"')


def _in_format(text: str, name: str) -> Span | None:
    plain = name.removeprefix("strict_")
    if plain in _EPOCH_UNIT:
        return _epoch(text, _EPOCH_UNIT[plain])
    matched = _compiled(_NAMED.get(plain, name)).fullmatch(text)
    if matched is None:
        return None
    return _instants({key: value for key, value in matched.groupdict().items() if value is not None})


def _epoch(text: str, unit: int) -> Span | None:
    matched = _EPOCH.fullmatch(text)
    if matched is None:
        return None
    whole, fraction = matched.groups()
    low = int(whole) * unit
    if fraction is None:
        return low, low + unit - 1
    part = int(fraction.ljust(9, "0")) * unit // _SECOND
    exact = low - part if whole.startswith("-") else low + part
    return exact, exact


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """A pattern of Java's DateTimeFormatter as a regular expression with one named group a component.

    Raises:
        ValueError: it uses a letter that is not supported here.
    """
    out: list[str] = []
    for part in _PART.finditer(pattern):
        letters, other = part["letters"], part["other"]
        if letters is None:
            text = "'" if part["quoted"] == "" else part["quoted"]
            out.append(re.escape(text) if other is None else {"[": "(?:", "]": ")?"}.get(other, re.escape(other)))
        elif letters in _LETTERS:
            out.append(_LETTERS[letters])
        elif set(letters) == {"S"}:
            width = f"{{1,{len(letters)}}}" if len(letters) == 9 else f"{{{len(letters)}}}"
            out.append(rf"(?P<fraction>\d{width})")
        elif letters[0] in "XxZ":
            out.append(_ZONE)
        else:
            raise ValueError(f'the date format "{pattern}" is not supported: `{letters}`')
    return re.compile(_once("".join(out)), re.ASCII)


def _once(pattern: str) -> str:
    """Later groups of the same name without their names; Python allows each once."""
    seen: dict[str, int] = {}

    def named(found: re.Match[str]) -> str:
        seen[found[1]] = seen.get(found[1], 0) + 1
        return f"(?P<{found[1]}>" if seen[found[1]] == 1 else f"(?P<{found[1]}_{seen[found[1]]}>"

    return re.sub(r"\(\?P<(\w+)>", named, pattern)


def _instants(parts: dict[str, str]) -> Span:
    year = int(parts.get("year", "1970"))
    month = int(parts.get("month", "1"))
    if "name" in parts:
        month = [*calendar.month_abbr].index(parts["name"])
    day = int(parts.get("day", "1"))
    hour, minute, second = (int(parts.get(name, "0")) for name in ("hour", "minute", "second"))
    zone = _offset(parts.get("zone", "Z"))
    low = _nanoseconds(datetime(year, month, day, hour, minute, second, tzinfo=UTC)) - zone
    fraction = parts.get("fraction", parts.get("fraction_2"))
    if fraction is not None:
        exact = low + int(fraction.ljust(9, "0"))
        return exact, exact
    for name, unit in (("second", "s"), ("minute", "m"), ("hour", "h"), ("day", "d")):
        if name in parts:
            return low, low + _UNITS[unit] - 1
    return low, _moved(low, 1, "M" if "month" in parts or "name" in parts else "y") - 1


def _offset(zone: str) -> int:
    if zone == "Z":
        return 0
    digits = zone[1:].replace(":", "").ljust(4, "0")
    minutes = int(digits[:2]) * 60 + int(digits[2:])
    return (-minutes if zone[0] == "-" else minutes) * _UNITS["m"]


def _calculated(time: int, maths: str, *, up: bool) -> int:
    at = 0
    while at < len(maths):
        step = _MATHS.match(maths, at)
        if step is None:
            raise ValueError(f'expected date maths such as "+1d" or "/d", found "{maths[at:]}"')
        at = step.end()
        if step["floor"] is not None:
            time = _floor(time, step["floor"])
            if up:
                time = _moved(time, 1, step["floor"]) - 1
        else:
            time = _moved(time, int(f"{step['sign']}{step['count'] or 1}"), step["unit"])
    return time


def _moved(time: int, count: int, unit: str) -> int:
    if unit in _UNITS:
        return time + count * _UNITS[unit]
    moment = _day(time)
    months = moment.year * 12 + moment.month - 1 + count * (12 if unit == "y" else 1)
    year, month = divmod(months, 12)
    if (year, month, moment.day) == (10000, 0, 1):  # the end of the year 9999
        return (date.max - _EPOCH_DAY).days * _UNITS["d"] + _UNITS["d"] + time % _UNITS["d"]
    if year > 9999 or year < 1:
        raise ValueError(_BEYOND)
    last = calendar.monthrange(year, month + 1)[1]
    return (date(year, month + 1, min(moment.day, last)) - _EPOCH_DAY).days * _UNITS["d"] + time % _UNITS["d"]


def _day(time: int) -> date:
    try:
        return _EPOCH_DAY + timedelta(days=time // _UNITS["d"])
    except OverflowError:
        raise ValueError(_BEYOND) from None


def _floor(time: int, unit: str) -> int:
    if unit == "w":  # weeks begin on Mondays; the epoch was a Thursday
        return time - (time + 3 * _UNITS["d"]) % _UNITS["w"]
    if unit in _UNITS:
        return time - time % _UNITS[unit]
    moment = _day(time)
    start = moment.replace(day=1) if unit == "M" else moment.replace(month=1, day=1)
    return (start - _EPOCH_DAY).days * _UNITS["d"]


def _nanoseconds(moment: datetime) -> int:
    whole = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (whole.days * 86400 + whole.seconds) * _SECOND
