"""Small real batches for tests."""

from __future__ import annotations

import pyarrow as pa

from comtrap.events.problems import Problems
from comtrap.events.raw import Origin, RawBatch
from comtrap.normalise.normalise import to_documents, to_events

SYSMON = "Microsoft-Windows-Sysmon"
SECURITY = "Microsoft-Windows-Security-Auditing"
POWERSHELL = "Microsoft-Windows-PowerShell"
CHANNELS = {
    SYSMON: "Microsoft-Windows-Sysmon/Operational",
    SECURITY: "Security",
    POWERSHELL: "Microsoft-Windows-PowerShell/Operational",
    "PowerShell": "Windows PowerShell",
    "Microsoft-Windows-TaskScheduler": "Microsoft-Windows-TaskScheduler/Operational",
    "Microsoft-Windows-DistributedCOM": "System",
}


def data(**values):
    """Event data fields by their raw column names."""
    return {f"winlog.event_data.{name}": value for name, value in values.items()}


def record(kind, values=None, **others):
    """The raw columns of one record: event data, and others by dotted name."""
    provider, number = kind
    return {
        "@timestamp": "2024-03-01T10:00:00.1234567Z",
        "winlog.provider_name": provider,
        "winlog.event_id": str(number),
        "winlog.channel": CHANNELS.get(provider, "Application"),
        "winlog.computer_name": "ws1.example.test",
        **data(**(values or {})),
        **others,
    }


def raw(kind, records, first=0, positions=None, path="log.evtx"):
    """A batch of records, each a mapping of raw columns."""
    names = sorted({name for r in records for name in r})
    columns = {}
    for name in names:
        values = [r.get(name) for r in records]
        many = any(isinstance(v, list) for v in values)
        values = [[v] if many and v is not None and not isinstance(v, list) else v for v in values]
        columns[name] = pa.array(values, pa.list_(pa.string()) if many else pa.string())
    columns["_position"] = pa.array(positions or list(range(len(records))), pa.uint64())
    return RawBatch(kind, pa.table(columns), Origin("test", path, first=first))


def events(kind, records, wanted=None, problems=None):
    """The columns of a batch's events as Python lists; times are cut to microseconds, as Python has them."""
    return pylists(to_events(raw(kind, records), wanted, problems or Problems()).frame)


def pylists(frame):
    """The columns of a frame as Python lists."""
    columns = {name: frame.column(name) for name in frame.schema.names}
    return {
        name: (c.cast(pa.timestamp("us", "UTC"), safe=False) if pa.types.is_timestamp(c.type) else c).to_pylist()
        for name, c in columns.items()
    }


def event(kind, values=None, **others):
    """The one event of a record as a document."""
    return to_documents(raw(kind, [record(kind, values, **others)]))[0]


def at(document, name):
    """The value at a dotted name."""
    for part in name.split("."):
        document = document.get(part) if isinstance(document, dict) else None
    return document
