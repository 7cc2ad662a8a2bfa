"""The fields that the tests of check query."""

from __future__ import annotations

from typing import Any

KEYWORD = {"type": "keyword"}
LONG = {"type": "long"}
MAPPING: dict[str, Any] = {
    "properties": {
        "@timestamp": {"type": "date"},
        "precise": {"type": "date_nanos"},
        "day": {"type": "date", "format": "dd-MM-yyyy"},
        "elevated": {"type": "boolean"},
        "load": {"type": "double"},
        "message": {"type": "match_only_text"},
        "title": {"type": "text", "fields": {"keyword": KEYWORD}},
        "kind": {"type": "alias", "path": "event.category"},
        "agent": {"properties": {"version": {"type": "version"}}},
        "destination": {"properties": {"ip": {"type": "ip"}, "port": LONG}},
        "event": {"properties": {"category": KEYWORD, "code": KEYWORD}},
        "host": {"properties": {"id": KEYWORD, "geo": {"type": "geo_point"}}},
        "process": {
            "properties": {
                "args": KEYWORD,
                "name": {
                    "type": "keyword",
                    "fields": {
                        "caseless": {"type": "keyword", "normalizer": "lowercase"},
                        "text": {"type": "match_only_text"},
                    },
                },
                "pid": LONG,
                "parent": {"properties": {"name": KEYWORD, "pid": LONG}},
                "threads": {"type": "nested", "properties": {"id": LONG}},
            }
        },
    }
}
