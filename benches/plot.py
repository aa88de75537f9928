#!/usr/bin/env python3
"""Reads the table of `cargo bench --bench ratios -- fan-out` from standard input, and writes `docs/performance.svg` to
standard output: memory and steady deliveries against the number of tabs."""

import re
import sys

WIDTH, HEIGHT, LEFT, TOP, GAP = 360, 240, 60, 40, 110
PANELS = [
    ("Resident memory of idle tabs, MiB", r"KiB an idle tab, of (\d+)$", lambda tabs, figure: tabs * figure / 1024),
    ("Steady deliveries, thousand a second", r"steady deliveries/s to (\d+) tabs$", lambda _, figure: figure / 1000),
]
LINES = [("Marbelle", "#0b6e4f"), ("bare jsonrpsee", "#b3541e")]


def rows(pattern, value):
    """Yields tabs, our figure and the bare one of each row whose case matches."""
    for line in TABLE:
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        case = re.search(pattern, cells[0])
        if case and len(cells) > 3 and cells[3]:
            tabs = int(case[1])
            yield tabs, value(tabs, float(cells[2])), value(tabs, float(cells[3]))


def panel(left, title, points):
    """Draws one diagram; both axes start at zero."""
    most_tabs, most = max(point[0] for point in points), max(max(point[1:]) for point in points) * 1.1
    x = lambda tabs: left + tabs / most_tabs * WIDTH
    y = lambda figure: TOP + HEIGHT - figure / most * HEIGHT
    parts = [f'<text x="{left}" y="{TOP - 16}" font-weight="bold">{title}</text>']
    parts.append(f'<path d="M{left} {TOP}V{TOP + HEIGHT}H{left + WIDTH}" fill="none" stroke="#555"/>')
    for step in range(5):
        figure = most * step / 4
        parts.append(f'<text x="{left - 8}" y="{y(figure) + 4:.0f}" text-anchor="end">{figure:.0f}</text>')
    for tabs, *_ in points:
        parts.append(f'<text x="{x(tabs):.0f}" y="{TOP + HEIGHT + 18}" text-anchor="middle">{tabs:,}</text>')
    for index, (name, colour) in enumerate(LINES, 1):
        line = " ".join(f"{x(point[0]):.1f},{y(point[index]):.1f}" for point in points)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{x(p[0]):.1f}" cy="{y(p[index]):.1f}" r="3" fill="{colour}"/>' for p in points]
        parts.append(f'<text x="{left + 12}" y="{TOP + 2 + 16 * index}" fill="{colour}">{name}</text>')
    return "\n".join(parts)


TABLE = sys.stdin.read().splitlines()
width, height = LEFT + 2 * WIDTH + GAP + 30, TOP + HEIGHT + 40
print(f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" font-family="sans-serif" font-size="12">')
print('<rect width="100%" height="100%" fill="white"/>')
for number, (title, pattern, value) in enumerate(PANELS):
    print(panel(LEFT + number * (WIDTH + GAP), title, sorted(set(rows(pattern, value)))))
print("</svg>")
