"""What people are shown of an event."""

from __future__ import annotations

FIELDS = (
    ("user", ("user.domain", "user.name")),
    ("process", ("process.executable", "process.name")),
    ("command", ("process.command_line",)),
    ("decoded", ("comtrap.process.decoded_command",)),
    ("parent", ("process.parent.executable", "process.parent.name")),
    ("by", ("process.parent.command_line",)),
    ("registry", ("registry.path",)),
    ("data", ("registry.data.strings",)),
    ("library", ("dll.path", "dll.name")),
    ("file", ("file.path",)),
    ("task", ("winlog.event_data.TaskName",)),
    ("from", ("source.ip", "winlog.event_data.param6")),
    ("to", ("destination.ip", "destination.domain")),
    ("script", ("comtrap.powershell.script_block_text", "powershell.file.script_block_text", "winlog.event_data.Payload")),
    ("buffer", ("process.Ext.api.parameters.buffer",)),
    ("class", ("comtrap.com.clsid", "comtrap.com.appid")),
)  # fmt: skip
"""A word for it, and the fields it may be in, the first that has a value."""
