"""Every field of every record is what the `evtx` package makes of it."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from tests.sources.evtx.oracle import differences

HOME = Path(__file__).resolve().parents[4] / "shared" / "captures"


def logs():
    """Every log among the captures, those in archives too."""
    for path in sorted(HOME.rglob("*")):
        if path.suffix == ".evtx":
            yield path.read_bytes()
        elif path.suffix == ".zip":
            with zipfile.ZipFile(path) as archive:
                yield from (archive.read(name) for name in archive.namelist() if name.endswith(".evtx"))


@pytest.mark.shared
@pytest.mark.skipif(not HOME.exists(), reason="the captures are not beside the checkout")
def test_all_captures_are_read_as_the_package_reads_them():
    records = fallback = 0
    for data in logs():
        found, count, problems = differences(data)
        assert found == []
        records, fallback = records + count, fallback + problems.fallback

    print(f"{records} records, {fallback} of them by the package")  # noqa: T201 - to be seen with pytest -s
    assert records > 10_000
    assert fallback <= records * 0.05
