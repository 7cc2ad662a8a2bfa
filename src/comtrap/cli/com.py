"""`comtrap com`: what is known of COM objects."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, Any

from comtrap.cli.exits import RAN
from comtrap.cli.lines import shown
from comtrap.cli.output import output
from comtrap.com.find import find
from comtrap.com.page import page, table

if TYPE_CHECKING:
    from comtrap.com.catalogue import Source
    from comtrap.com.find import Answer

_EPILOG = r"""An object is named by its class id, application id, interface id or ProgID, in any wrapping (HKCR\CLSID\{…}, new:{…},
Elevation:Administrator!new:{…}, /Processid:{…}), by its name, or by words of what it does.

exit code: 0, whether anything is known of it or not"""


LONGEST = 200  # characters of what was asked for that are said again


def add(commands: Any) -> argparse.ArgumentParser:
    """The command's arguments."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "com",
        help="what is known of COM objects",
        description=__doc__,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="+", metavar="CLSID|PROGID|NAME", help="objects, or words to search for")
    parser.add_argument("--format", choices=["text", "json"], default="text", help="for people or for programs")
    return parser


def run(args: argparse.Namespace) -> int:
    """Say what is known; gives the exit code, which is 0 for unknown objects too."""
    answers = [find(name) for name in args.names]
    with output(None) as out:
        if args.format == "json":
            out.write(json.dumps([_table(one) for one in answers], indent=2, ensure_ascii=False) + "\n")
        else:
            out.write(shown("\n".join(map(_text, answers))))
    return RAN


def _text(answer: Answer) -> str:
    if answer.found:
        more = f"and {answer.more} more: search for more words\n" if answer.more else ""
        return "\n".join([*map(page, answer.found), more] if more else map(page, answer.found))
    said = f"{answer.id or answer.asked[:LONGEST]}: not known"
    if answer.near:
        return f"{said}; did you mean {' or '.join(answer.near)}?\n"
    return f"{said}{'' if answer.id is None else ': look at what the registry registers for it'}\n"


def _table(answer: Answer) -> dict[str, Any]:
    found = [table(o) | {"sources": list(map(_source, o.sources))} for o in answer.found]
    return {"asked": answer.asked, "id": answer.id, "found": found, "more": answer.more, "near": list(answer.near)}


def _source(source: Source) -> dict[str, str]:
    return {"where": source.where, "quote": source.quote}
