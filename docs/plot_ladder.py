"""Draws lesson 05's ladder from a recorded run: plot_ladder.py ladder.json FOLDER"""
import json
import pathlib
import sys

from plots import WIDTH, Scale, line, text, write

record = json.loads(pathlib.Path(sys.argv[1]).read_text())
folder = pathlib.Path(sys.argv[2])
machine = record['machine']
steps, limits = record['steps'], record['limits']
rates = [row['per_s'] / 1e6 for row in steps + limits]
LEFT, RIGHT, STEP, TOP = 8, 392, 38, 30
bottom = TOP + STEP * len(steps)
scale = Scale(min(rates) * 0.7, max(rates) * 1.3, LEFT, RIGHT)


def shown(rate):
    return f'{rate:,.0f}' if rate >= 100 else f'{rate:.3g}'


def beside_bars(x, classes):
    """A line up the figure that leaves out the words above the bars."""
    return line(''.join(f'M{x} {TOP + STEP * i + 18}v17' for i in range(len(steps))), classes)


parts = [text(WIDTH - 4, bottom + 37, 'million messages a second', 'quiet end')]
for value, x in scale.ticks():
    parts += [beside_bars(x, 'line quiet'), text(x, bottom + 19, f'{value:,}', 'quiet mid')]
told = []
for i, step in enumerate(steps):
    y = TOP + STEP * i
    rate = step['per_s'] / 1e6
    kind = 'box good' if step['name'].startswith('final') else 'box'
    times = f' (× {step["ratio_to_before"]:.2g})' if 'ratio_to_before' in step else ''
    parts += [text(LEFT + 2, y + 14, f'{step["name"]}: {shown(rate)}{times}'),
              f'<rect class="{kind}" x="{LEFT}" y="{y + 21}" width="{scale(rate) - LEFT:.1f}" height="11"/>']
    told.append(f'{step["name"]} {shown(rate)}')
for limit in limits:
    rate = limit['per_s'] / 1e6
    x = scale(rate)
    parts += [beside_bars(x, 'line bad'), text(max(x, LEFT + 26), TOP - 8, limit['name'], 'mid')]
    told.append(f'{limit["name"]} {shown(rate)}')

folder.mkdir(parents=True, exist_ok=True)
write(folder / 'lesson-05-ladder.svg',
      'Messages of 4 bytes a second through a ring of 1,024 in steps, on a logarithmic scale; in brackets how many times '
      'the step before. The lines are what this machine can do: one message at a time (latency), and whole blocks '
      f'(bulk). Medians of {record["rounds"]} rounds in turn, measured by ladder on {machine["processor"]}'
      f'{", a virtual machine" if machine["virtual"] else ""}, {machine["compiler"]}.',
      'The ladder, measured', 'Million messages a second: ' + '; '.join(told) + '.', bottom + 46, parts)
