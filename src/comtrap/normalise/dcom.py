"""Microsoft-Windows-DistributedCOM. Elastic has no pipeline for it: all but the common fields are extensions."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING

from comtrap.com import clsid
from comtrap.normalise.event import ANY, Event
from comtrap.normalise.paths import executable_of
from comtrap.normalise.values import Constant, Each, each, text
from comtrap.normalise.windows import COMMON, USER_ID

if TYPE_CHECKING:
    from collections.abc import Mapping

    from comtrap.events.raw import Kind
    from comtrap.normalise.values import Expr

PROVIDER = "Microsoft-Windows-DistributedCOM"

TABLE: Mapping[Kind, Event] = {(PROVIDER, ANY): Event({**COMMON, **USER_ID})}


def address(written: str) -> str | None:
    """An IP address; what says that the client is local is none."""
    try:
        return str(ip_address(written.strip()))
    except ValueError:
        return None


def process_id(written: str) -> str | None:
    """A process id written in hexadecimal and padded with blanks."""
    try:
        return str(int(written.strip(), 16))
    except ValueError:
        return None


def _described(action: str, category: str, *kind: str) -> dict[str, Expr]:
    return {
        "event.category": Constant((category,)),
        "event.type": Constant(kind),
        "event.action": Constant(action),
    }


def one_id(written: str) -> list[str] | None:
    """An id as a list of one, as the fields for ids hold them."""
    found = clsid.canonical(written)
    return None if found is None else [found]


def _ids(parameter: str) -> Each:
    return Each(one_id, (text(parameter),), many=True)


def _class(parameter: str) -> dict[str, Expr]:
    return {"comtrap.com.clsid": _ids(parameter)}


def _user(domain: str, name: str, sid: str) -> dict[str, Expr]:
    return {"user.domain": text(domain), "user.name": text(name), "user.id": text(sid)}


EXTENSIONS: Mapping[Kind, Mapping[str, Expr]] = {
    (PROVIDER, 10016): {
        **_described("com-activation-denied", "process", "denied"),
        **_class("param4"),
        "comtrap.com.appid": _ids("param5"),
        **_user("param6", "param7", "param8"),
        "source.ip": each(address, "param9"),
    },
    (PROVIDER, 10028): {
        **_described("dcom-connect-failed", "network", "connection", "denied"),
        "destination.address": text("param1"),
        "destination.ip": each(address, "param1"),
        "process.pid": each(process_id, "param2"),
        **executable_of(text("param3")),
        **_class("param4"),
    },
    (PROVIDER, 10009): {
        **_described("dcom-connect-failed", "network", "connection", "denied"),
        "destination.address": text("param1"),
        "destination.ip": each(address, "param1"),
    },
    (PROVIDER, 10005): {**_described("com-service-start-failed", "process", "error"), **_class("param4")},
    (PROVIDER, 10010): {**_described("com-server-timeout", "process", "error"), **_class("param1")},
    (PROVIDER, 10036): {
        **_described("dcom-authentication-level-denied", "network", "denied"),
        **_user("param1", "param2", "param3"),
        "source.ip": each(address, "param4"),
    },
    (PROVIDER, 10037): _described("dcom-authentication-level-denied", "network", "denied"),
    (PROVIDER, 10038): _described("dcom-authentication-level-denied", "network", "denied"),
}
"""Source: the events' own descriptions; Microsoft KB5004442 for 10036 to 10038; ECS_MAPPING section 6."""
