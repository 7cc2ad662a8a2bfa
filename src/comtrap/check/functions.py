"""The functions of EQL: what they take and what they give.

Source: the EQL function reference of Elasticsearch.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from comtrap.schema.types import Type

if TYPE_CHECKING:
    from collections.abc import Mapping

STRING = frozenset({Type.KEYWORD, Type.TEXT})
NUMBER = frozenset({Type.LONG, Type.DOUBLE})
INTEGER = frozenset({Type.LONG})
BOOLEAN = frozenset({Type.BOOLEAN})
ADDRESS = frozenset({Type.IP})
ANY = frozenset(Type)

_COUNTS = ("no", "one", "two", "three", "four")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One argument of a function.

    Attributes:
        types: the types it may have; null is taken everywhere.
        wanted: how messages call these types.
        optional: whether it may be left out.
        null_is_default: whether null stands for the default; elsewhere a null makes the whole result null.
        constant: whether it must not depend on the event.
    """

    types: frozenset[Type]
    wanted: str
    optional: bool = False
    null_is_default: bool = False
    constant: bool = False


@dataclass(frozen=True, slots=True)
class Signature:
    """One function.

    Attributes:
        name: as the documentation spells it; queries may use any case.
        parameters: in order.
        result: the type of the result; None for arithmetic, where it follows from the arguments.
        repeats: whether the last parameter may be given any number of times.
        ignores_case: whether there is a form ``name~`` that ignores case.
        operator: the operator that means the same.
    """

    name: str
    parameters: tuple[Parameter, ...]
    result: Type | None
    repeats: bool = False
    ignores_case: bool = False
    operator: str | None = None

    def parameter(self, number: int) -> Parameter:
        """The parameter that takes the argument of this number, counted from 0."""
        return self.parameters[min(number, len(self.parameters) - 1)]

    @property
    def least(self) -> int:
        """How many arguments it needs."""
        return sum(not parameter.optional for parameter in self.parameters)

    def takes(self, count: int) -> bool:
        """Whether so many arguments are right."""
        return self.least <= count and (self.repeats or count <= len(self.parameters))

    @property
    def expected(self) -> str:
        """How many arguments it takes, in words."""
        least, most = _COUNTS[self.least], _COUNTS[len(self.parameters)]
        if self.repeats:
            return f"at least {least} argument{'s' * (self.least != 1)}"
        if self.least == len(self.parameters):
            return f"exactly {most} argument{'s' * (self.least != 1)}"
        return f"{least} or {most} arguments"


_STRING = Parameter(STRING, "a string")
_NUMBER = Parameter(NUMBER, "a number")
_ANY = Parameter(ANY, "anything")
_PLACE = Parameter(INTEGER, "an integer", null_is_default=True)
_OPTIONAL_PLACE = Parameter(INTEGER, "an integer", optional=True, null_is_default=True)
_GREEDY = Parameter(BOOLEAN, "true or false", optional=True)
_ADDRESS = Parameter(ADDRESS, "an ip")
_BLOCK = Parameter(STRING, "a string", constant=True)

_ALL = (
    Signature("add", (_NUMBER, _NUMBER), None, operator="+"),
    Signature("between", (_STRING, _STRING, _STRING, _GREEDY), Type.KEYWORD, ignores_case=True),
    Signature("cidrMatch", (_ADDRESS, _BLOCK), Type.BOOLEAN, repeats=True),
    Signature("concat", (_ANY,), Type.KEYWORD, repeats=True),
    Signature("divide", (_NUMBER, _NUMBER), None, operator="/"),
    Signature("endsWith", (_STRING, _STRING), Type.BOOLEAN, ignores_case=True),
    Signature("indexOf", (_STRING, _STRING, _OPTIONAL_PLACE), Type.LONG, ignores_case=True),
    Signature("length", (_STRING,), Type.LONG),
    Signature("modulo", (_NUMBER, _NUMBER), None, operator="%"),
    Signature("multiply", (_NUMBER, _NUMBER), None, operator="*"),
    Signature("number", (_STRING, _OPTIONAL_PLACE), Type.DOUBLE),
    Signature("startsWith", (_STRING, _STRING), Type.BOOLEAN, ignores_case=True),
    Signature("string", (_ANY,), Type.KEYWORD),
    Signature("stringContains", (_STRING, _STRING), Type.BOOLEAN, ignores_case=True),
    Signature("substring", (_STRING, _PLACE, _OPTIONAL_PLACE), Type.KEYWORD),
    Signature("subtract", (_NUMBER, _NUMBER), None, operator="-"),
)

SIGNATURES: Mapping[str, Signature] = MappingProxyType({signature.name: signature for signature in _ALL})
"""By canonical name."""

_BY_ANY_CASE = {name.lower(): signature for name, signature in SIGNATURES.items()}


def signature(name: str) -> Signature | None:
    """The function of this name in any case; None if there is none."""
    return _BY_ANY_CASE.get(name.lower())
