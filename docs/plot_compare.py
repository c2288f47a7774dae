"""Draws lesson 07's figures from a recorded run of its compare: plot_compare.py compare.json FOLDER"""
import json
import pathlib
import sys

from plots import Scale, axis, dot, legend, text, write

record = json.loads(pathlib.Path(sys.argv[1]).read_text())
folder = pathlib.Path(sys.argv[2])
rows = [row for row in record['rows'] if not row['skipped']]
machine = record['machine']
where = f'{machine["processor"]}{", a virtual machine" if machine["virtual"] else ""}, {machine["compiler"]}'
LIKE_ANOTHER = ('FIFO', 'Unix datagram', 'signal, in place')  # as pipe, seqpacket and eventfd: only in the table
mechanisms = [name for name in dict.fromkeys(row['mechanism'] for row in record['rows']) if name not in LIKE_ANOTHER]
LEFT, RIGHT, STEP = 148, 408, 22
SIZES = {64: '64 bytes', 4096: '4 KiB', 65536: '64 KiB', 1048576: '1 MiB'}


def find(mechanism, size, cores):
    return next((row for row in rows if (row['mechanism'], row['message_bytes'], row['cores']) == (mechanism, size, cores)), None)


def shape(mechanism):
    return 'ours' if mechanism.startswith('ring') else 'circle'


def draw(name, figures, unit, title, caption):
    """A block for each size, a line for each mechanism; `figures` are (shape, name, function of a row)."""
    values = [value(row) for row in rows for _, _, value in figures if row['cores'] == 2 and value(row)]
    scale = Scale(min(values) * 0.7, max(values) * 1.3, LEFT, RIGHT)
    parts, y = legend([(kind, words) for kind, words, _ in figures], 14) if len(figures) > 1 else ([], 8)
    told = []
    for size, words in SIZES.items():
        parts.append(text(6, y + 10, words, 'strong'))
        top = y + 18
        shown = [mechanism for mechanism in mechanisms if find(mechanism, size, 2)]
        bottom = top + STEP * len(shown)
        parts += axis(scale, top, bottom, unit)
        for i, mechanism in enumerate(shown):
            at = top + STEP * i + STEP // 2
            row = find(mechanism, size, 2)
            parts.append(text(6, at + 5, mechanism))
            parts += [dot(shape(mechanism) if kind == 'ours' else kind, scale(value(row)), at) for kind, _, value in figures if value(row)]
        told.append(f'{words}: ' + ', '.join(f'{mechanism} {figures[0][2](find(mechanism, size, 2)):.3g}' for mechanism in shown))
        y = bottom + 48
    write(folder / f'{name}.svg', f'{caption} A core each; medians of the rounds, measured by compare on {where}.',
          title, f'{unit}. ' + '; '.join(told) + '.', y - 6, parts)


folder.mkdir(parents=True, exist_ok=True)
draw('lesson-07-latency', [('ours', 'median', lambda row: row['p50_ns'] / 1000), ('cross', '99.9 %', lambda row: row['p999_ns'] and row['p999_ns'] / 1000)],
     'microseconds', 'Round trips', 'A message there and its answer back, both written and read in full, on a logarithmic scale: further left is faster. '
     'The cross: all but one in a thousand are faster than that. FIFO, datagram and signal lie where pipe, seqpacket and eventfd do.')
draw('lesson-07-throughput', [('ours', 'one way', lambda row: row['bytes_per_s'] / 1e6)],
     'MB/s', 'Throughput', 'Bytes a second one way, on a logarithmic scale: further right is faster.')
