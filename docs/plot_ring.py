"""Draws lesson 05's figures from a recorded run of its ring_bench: plot_ring.py ring_bench.json FOLDER"""
import json
import pathlib
import sys

from plots import Scale, axis, dot, legend, text, write

record = json.loads(pathlib.Path(sys.argv[1]).read_text())
folder = pathlib.Path(sys.argv[2])
rows = [row for row in record['rows'] if row['case'] == 'steady']
sizes = sorted({row['message_bytes'] for row in rows})
machine = record['machine']
where = f'{machine["processor"]}{", a virtual machine" if machine["virtual"] else ""}, {machine["compiler"]}'
peers = [('circle', 'boost', 'Boost.Lockfree'), ('cross', 'atomic_queue', 'atomic_queue'),
         ('triangle', 'moodycamel', 'moodycamel (threads)')]
LEFT, RIGHT, STEP = 96, 408, 24


def find(ring, api, size, capacity):
    return next((row for row in rows if (row['ring'], row['api'], row['message_bytes'], row['capacity'])
                 == (ring, api, size, capacity)), None)


def throughput():
    named = [('ours', 'ours', 'single', 'ours, one a call'), ('spans', 'ours', 'span64', 'ours, spans of 64'),
             *((shape, ring, 'single', name) for shape, ring, name in peers)]
    bulk = record['limits']['bulk_bytes_per_s']
    most = max([row['messages_per_s'] for row in rows] + [bulk / min(sizes)]) / 1e6
    scale = Scale(min(row['messages_per_s'] for row in rows) / 1e6 * 0.8, most * 1.2, LEFT, RIGHT)
    parts, y = legend([(shape, name) for shape, _, _, name in named] + [('limit', 'bulk: what the machine moves')], 14)
    told = []
    for capacity in sorted({row['capacity'] for row in rows}):
        parts.append(text(6, y + 10, f'a ring of {capacity:,}', 'strong'))
        top = y + 20
        bottom = top + STEP * len(sizes)
        parts += axis(scale, top, bottom, 'million messages a second')
        for i, size in enumerate(sizes):
            at = top + STEP * i + STEP // 2
            parts.append(text(6, at + 5, f'{size:,} bytes'))
            parts.append(dot('limit', scale(bulk / size / 1e6), at))
            found = [(shape, name, find(ring, api, size, capacity)) for shape, ring, api, name in reversed(named)]
            parts += [dot(shape, scale(row['messages_per_s'] / 1e6), at) for shape, _, row in found if row]
            told.append(f'{size} bytes, {capacity}: ' + ', '.join(
                f'{name} {row["messages_per_s"] / 1e6:.3g}' for _, name, row in reversed(found) if row))
        y = bottom + 48
    write(folder / 'lesson-05-throughput.svg',
          'Messages a second between two cores, on a logarithmic scale: further right is faster. Medians of '
          f'{record["rounds"]} rounds in turn, measured by ring_bench on {where}.',
          'Throughput of the rings', 'Million messages a second. ' + '; '.join(told) + '.', y - 6, parts)


def round_trip():
    named = [('ours', 'ours', 'ours'), *((shape, ring, name) for shape, ring, name in peers)]
    timed = [row for row in rows if row['round_trip_ns']]
    limit = record['limits']['round_trip_ns']
    scale = Scale(min(row['round_trip_ns'] for row in timed) * 0.7, max(row['round_trip_ns'] for row in timed) * 1.3,
                  LEFT, RIGHT)
    parts, y = legend([(shape, name) for shape, _, name in named] + [('limit', 'two bare cache lines')], 14)
    bottom = y + STEP * len(sizes)
    parts += axis(scale, y, bottom, 'nanoseconds')
    told = []
    for i, size in enumerate(sizes):
        at = y + STEP * i + STEP // 2
        found = [(shape, name, find(ring, 'single', size, 1024)) for shape, ring, name in reversed(named)]
        found = [(shape, name, row['round_trip_ns']) for shape, name, row in found if row and row['round_trip_ns']]
        parts += [text(6, at + 5, f'{size:,} bytes'), dot('limit', scale(limit), at),
                  *(dot(shape, scale(time), at) for shape, _, time in found)]
        told.append(f'{size} bytes: ' + ', '.join(f'{name} {time:.0f}' for _, name, time in reversed(found)))
    write(folder / 'lesson-05-round-trip.svg',
          'A message there and its answer back, through two rings: further left is faster. The bar is what two bare '
          f'cache lines take when each side looks all the time. Measured by ring_bench on {where}.',
          'Round trips of the rings', f'Nanoseconds; two bare lines take {limit:.0f}. ' + '; '.join(told) + '.',
          bottom + 42, parts)


folder.mkdir(parents=True, exist_ok=True)
throughput()
round_trip()
