"""Draws the program's icon (a white A on a green square) in every size and container, with ImageMagick alone.

Run `python3 icons/draw.py` after a change; the results are committed, so a build needs neither tool.
"""

import pathlib
import struct
import subprocess

HERE = pathlib.Path(__file__).parent
SIZES = {"32x32.png": 32, "128x128.png": 128, "128x128@2x.png": 256, "icon.png": 512}
ICO = [16, 24, 32, 48, 64, 256]
# Apple's tags for PNG members: https://en.wikipedia.org/wiki/Apple_Icon_Image_format
ICNS = {b"icp4": 16, b"icp5": 32, b"ic07": 128, b"ic08": 256, b"ic09": 512}

# On a canvas of 1024: a square with round corners, the two strokes of an A, its bar as a gap of paper.
SQUARE = "roundrectangle 48,48 976,976 208,208"
STROKES = "polygon 448,248 576,248 800,784 672,784 512,392 352,784 224,784"
BAR = "polygon 372,588 652,588 694,688 330,688"


def draw(size: int) -> bytes:
    """The icon as a PNG of the given size, drawn large and scaled down."""
    command = ["convert", "-size", "1024x1024", "xc:none", "-fill", "#0b5d4e", "-draw", SQUARE]
    command += ["-fill", "white", "-draw", STROKES, "-draw", BAR, "-filter", "Lanczos"]
    command += ["-resize", f"{size}x{size}", "-strip", "-depth", "8", f"PNG32:-"]
    return subprocess.run(command, check=True, capture_output=True).stdout


def ico(members: dict[int, bytes]) -> bytes:
    """A Windows icon with PNG members."""
    head, body = struct.pack("<HHH", 0, 1, len(members)), b""
    offset = len(head) + 16 * len(members)
    for size, png in members.items():
        side = size % 256
        head += struct.pack("<BBBBHHII", side, side, 0, 0, 1, 32, len(png), offset + len(body))
        body += png
    return head + body


def icns(members: dict[bytes, bytes]) -> bytes:
    """A macOS icon with PNG members."""
    body = b"".join(tag + struct.pack(">I", len(png) + 8) + png for tag, png in members.items())
    return b"icns" + struct.pack(">I", len(body) + 8) + body


for name, size in SIZES.items():
    (HERE / name).write_bytes(draw(size))
(HERE / "icon.ico").write_bytes(ico({size: draw(size) for size in ICO}))
(HERE / "icon.icns").write_bytes(icns({tag: draw(size) for tag, size in ICNS.items()}))
