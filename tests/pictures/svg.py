#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A terminal's screen (text with SGR sequences on standard input) as a small SVG."""
import html
import re
import sys

COLORS = ["#1d1f21", "#cc6666", "#b5bd68", "#f0c674", "#81a2be", "#b294bb", "#8abeb7", "#c5c8c6",
          "#666666", "#d54e53", "#b9ca4a", "#e7c547", "#7aa6da", "#c397d8", "#70c0b1", "#eaeaea"]
FG, BG = "#c5c8c6", "#1d1f21"
CELL_W, CELL_H = 7.2, 15


def palette(n):
    if n < 16:
        return COLORS[n]
    if n < 232:
        n -= 16
        return "#%02x%02x%02x" % tuple(0 if v == 0 else 55 + 40 * v for v in (n // 36, n // 6 % 6, n % 6))
    return "#%02x%02x%02x" % ((8 + 10 * (n - 232),) * 3)


def apply(codes, st):
    codes = [int(c or 0) for c in codes]
    while codes:
        c = codes.pop(0)
        if c == 0:
            st.update(fg=None, bg=None, bold=False, rev=False, dim=False)
        elif c == 1:
            st["bold"] = True
        elif c == 2:
            st["dim"] = True
        elif c == 22:
            st["bold"] = st["dim"] = False
        elif c == 7:
            st["rev"] = True
        elif c == 27:
            st["rev"] = False
        elif 30 <= c <= 37 or 90 <= c <= 97:
            st["fg"] = COLORS[c - 30 if c < 90 else c - 82]
        elif 40 <= c <= 47 or 100 <= c <= 107:
            st["bg"] = COLORS[c - 40 if c < 100 else c - 92]
        elif c in (38, 48) and codes[:1] == [5]:
            st["fg" if c == 38 else "bg"] = palette(codes[1])
            codes = codes[2:]
        elif c == 39:
            st["fg"] = None
        elif c == 49:
            st["bg"] = None


def runs(line, st):
    """Pieces of one look: (column, text, foreground, background, bold)."""
    col = 0
    for part in re.split(r"(\x1b\[[0-9;]*m)", line):
        m = re.fullmatch(r"\x1b\[([0-9;]*)m", part)
        if m:
            apply(m.group(1).split(";"), st)
        elif part:
            part = re.sub(r"\x1b.", "", part)
            fg, bg = st["fg"] or FG, st["bg"]
            if st["rev"]:
                fg, bg = bg or BG, fg
            yield col, part, fg, bg, st["bold"]
            col += len(part)


def main(width):
    lines = sys.stdin.read().rstrip("\n").split("\n")
    st = dict(fg=None, bg=None, bold=False, rev=False, dim=False)
    w, h = width * CELL_W + 16, len(lines) * CELL_H + 16
    print(f'<svg xmlns="http://www.w3.org/2000/svg" width="{w:.0f}" height="{h:.0f}" '
          f'font-family="DejaVu Sans Mono,Menlo,Consolas,monospace" font-size="12">')
    print(f'<rect width="100%" height="100%" rx="6" fill="{BG}"/>')
    for row, line in enumerate(lines):
        y = 8 + row * CELL_H
        for col, text, fg, bg, bold in runs(line, st):
            x = 8 + col * CELL_W
            if bg:
                print(f'<rect x="{x:.1f}" y="{y}" width="{len(text) * CELL_W:.1f}" height="{CELL_H}" fill="{bg}"/>')
            if text.strip():
                weight = ' font-weight="bold"' if bold else ""
                print(f'<text x="{x:.1f}" y="{y + 12}" fill="{fg}"{weight} xml:space="preserve" '
                      f'textLength="{len(text) * CELL_W:.1f}">{html.escape(text)}</text>')
    print("</svg>")


main(int(sys.argv[1]))
