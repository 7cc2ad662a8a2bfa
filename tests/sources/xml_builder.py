"""Events as Windows renders them in XML."""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

NAMESPACE = "http://schemas.microsoft.com/win/2004/08/events/event"
SYSMON = "Microsoft-Windows-Sysmon"
GUID = "{5770385f-c22a-43e0-bf4c-06f5698ffbd9}"


def xml(code=1, number=1, *, provider=SYSMON, channel=SYSMON + "/Operational", body=None, after="", **data):
    """The same event as `evtx_builder.event` writes, on one line as wevtutil writes it."""
    written = "".join(f"<Data Name={quoteattr(name)}>{escape(value)}</Data>" for name, value in data.items())
    return (
        f"<Event xmlns='{NAMESPACE}'><System><Provider Name='{provider}' Guid='{GUID}'/><EventID>{code}</EventID>"
        f"<Version>5</Version><Level>4</Level><Task>{code}</Task><Opcode>0</Opcode><Keywords>0x8000000000000000</Keywords>"
        f"<TimeCreated SystemTime='2024-05-01T12:00:00.2500000Z'/><EventRecordID>{1000 + number}</EventRecordID>"
        f"<Correlation/><Execution ProcessID='2440' ThreadID='3144'/><Channel>{channel}</Channel>"
        f"<Computer>host1.example.net</Computer><Security UserID='S-1-5-18'/></System>"
        f"{f'<EventData>{written}</EventData>' if body is None else body}{after}</Event>"
    )


def pretty(line):
    """One event with every element of `System` and every datum on a line of its own."""
    return (
        line.replace("><System>", ">\r\n  <System>\r\n    ")
        .replace("/><", "/>\r\n    <")
        .replace("</System>", "\r\n  </System>\r\n  ")
        .replace("<Data ", "\r\n    <Data ")
        .replace("</EventData>", "\r\n  </EventData>\r\n")
    )


RENDERED = (
    "<RenderingInfo Culture='en-US'><Message>Process Create:\r\nImage: C:\\a.exe</Message><Level>Information</Level>"
    "<Task>Process Create (rule: ProcessCreate)</Task><Opcode>Info</Opcode><Channel>Microsoft-Windows-Sysmon/Operational"
    "</Channel><Provider>Microsoft-Windows-Sysmon</Provider><Keywords><Keyword>Audit</Keyword></Keywords></RenderingInfo>"
)
"""What follows in an event rendered for people."""
