"""Files made to do harm: far too long, far too wide, or swelling beyond measure."""

import zipfile
from pathlib import Path


def overlapping(path: Path) -> Path:
    """Some 50 kB that unpack to 5 GB: 125 parts share the same packed bytes."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/0.xml", b"0" * 40_000_000)
    content = path.read_bytes()
    end = content.rindex(b"PK\x05\x06")
    start = content.rindex(b"PK\x01\x02")
    entry, count = content[start:end], 125
    tail = bytearray(content[end:])
    tail[8:12] = count.to_bytes(2, "little") * 2
    tail[12:16] = (len(entry) * count).to_bytes(4, "little")
    path.write_bytes(content[:start] + entry * count + bytes(tail))
    return path


def hostile(folder: Path) -> dict[str, Path]:
    found = {name: folder / name for name in ("gigabyte", "line", "columns", "quotes", "zip")}
    with found["gigabyte"].open("wb") as file:
        file.truncate(1024**3)
    found["line"].write_bytes(b"a,b\n" + b"x" * (45 * 1024 * 1024))
    found["columns"].write_bytes(b"," * 1_000_000 + b"\n1\n")
    found["quotes"].write_bytes(b'a,b\n"' + b'""' * 5_000_000)
    assert overlapping(found["zip"]).stat().st_size < 60_000
    return found
