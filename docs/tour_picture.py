#!/usr/bin/env python3
"""Makes the picture of the tour in README.md from a run of it.

    docs/tour_picture.py [LESSON [SCENE]] > docs/figures/tour.svg

Plays LESSON (02) in a terminal of 124 columns and draws its SCENE-th scene (1), as it came, as an SVG.
Run it in the root, after lessons/run has built the tour.
"""
import html
import os
import pty
import re
import struct
import sys
import fcntl
import termios

COLUMNS = 124
COLOURS = {'31': '#ff8787', '32': '#8ce99a', '33': '#ffd43b', '35': '#e599f7', '36': '#66d9e8'}
BACKGROUND, TEXT, FAINT = '#1b1f24', '#e6e9ec', 0.62
CELL, LINE, MARGIN = 7.8, 18, 14


def play(lesson):
    child, terminal = pty.fork()
    if child == 0:
        os.environ.pop('NO_COLOR', None)
        os.environ.update(TERM='xterm-256color', LC_ALL='C.UTF-8')
        os.execv('lessons/run', ['lessons/run', lesson, '--no-pause'])
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack('4H', 50, COLUMNS, 0, 0))
    output = b''
    while True:
        try:
            piece = os.read(terminal, 65536)
        except OSError:  # how a terminal says that its last user has closed it
            piece = b''
        if not piece:
            break
        output += piece
    if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0:
        sys.exit('docs/tour_picture.py: the tour did not go as written')
    return output.decode().replace('\r', '')


def spans(line):
    """The line's text in runs of one style: (column, text, style)."""
    column, style = 0, ''
    for code, text in re.findall(r'\x1b\[([0-9;]*)m|([^\x1b]+)', line):
        if text:
            yield column, text, style
            column += len(text)
        else:
            style = code


def draw(lines):
    width, height = COLUMNS * CELL + 2 * MARGIN, len(lines) * LINE + 2 * MARGIN
    print('<!-- caption: A scene of lesson 02 as the tour plays it. -->')
    print(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height}" role="img"'
          f' font-family="ui-monospace, DejaVu Sans Mono, Menlo, Consolas, monospace" font-size="13">')
    print('<title>The tour plays a scene: each process in a lane of its own, line by line</title>')
    print('<desc>Time in the first column, then a column for each process: its command, what it prints, how it ends. '
          'Below: that all went as written, that nothing was left behind, and why.</desc>')
    print(f'<rect width="100%" height="100%" rx="8" fill="{BACKGROUND}"/>')
    for row, line in enumerate(lines):
        for column, text, style in spans(line):
            if not text.strip():
                continue
            column += len(text) - len(text.lstrip())
            text = text.strip()
            codes = style.split(';')
            colour = next((COLOURS[code] for code in codes if code in COLOURS), TEXT)
            extra = (' font-weight="bold"' if '1' in codes else '') + (f' opacity="{FAINT}"' if '2' in codes else '')
            print(f'<text x="{MARGIN + column * CELL:.1f}" y="{MARGIN + row * LINE + 13}" fill="{colour}"{extra}'
                  f' textLength="{len(text) * CELL:.1f}" xml:space="preserve">{html.escape(text)}</text>')
    print('</svg>')


lesson = sys.argv[1] if len(sys.argv) > 1 else '02'
number = int(sys.argv[2]) if len(sys.argv) > 2 else 1
scenes = re.split(r'\n(?=(?:\x1b\[[0-9;]*m)*[─-]{20})', play(lesson))
scene = [part for part in scenes if f'scene {number} of' in part][0]
draw([line for line in scene.rstrip().split('\n') if 'Programs:' not in line][1:])
