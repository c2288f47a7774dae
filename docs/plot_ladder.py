"""Draws lesson 05's ladder from a recorded run: plot_ladder.py ladder.json FOLDER"""
import json
import pathlib
import sys

from plots import Scale, axis, line, text, write

record = json.loads(pathlib.Path(sys.argv[1]).read_text())
folder = pathlib.Path(sys.argv[2])
machine = record['machine']
steps, limits = record['steps'], record['limits']
rates = [row['per_s'] / 1e6 for row in steps + limits]
LEFT, RIGHT, STEP, TOP = 8, 400, 38, 30
bottom = TOP + STEP * len(steps)
scale = Scale(min(rates) * 0.7, max(rates) * 1.3, LEFT, RIGHT)


def shown(rate):
    return f'{rate:,.0f}' if rate >= 100 else f'{rate:.3g}'


parts = axis(scale, TOP, bottom, 'million messages a second')
told = []
for limit in limits:
    rate = limit['per_s'] / 1e6
    x = scale(rate)
    on_the_right = x > (LEFT + RIGHT) / 2
    parts += [line(f'M{x} {TOP - 8}V{bottom}', 'line bad'),
              text(x, TOP - 14, limit['name'], 'end' if on_the_right else '')]
    told.append(f'{limit["name"]} {shown(rate)}')
for i, step in enumerate(steps):
    y = TOP + STEP * i
    rate = step['per_s'] / 1e6
    kind = 'box good' if step['name'].startswith('final') else 'box'
    times = f' (× {step["ratio_to_before"]:.2g})' if 'ratio_to_before' in step else ''
    parts += [text(LEFT + 2, y + 16, f'{step["name"]}: {shown(rate)}{times}'),
              f'<rect class="{kind}" x="{LEFT}" y="{y + 21}" width="{scale(rate) - LEFT:.1f}" height="11"/>']
    told.append(f'{step["name"]} {shown(rate)}')

folder.mkdir(parents=True, exist_ok=True)
write(folder / 'lesson-05-ladder.svg',
      'Messages of 4 bytes a second through a ring of 1,024 in steps, on a logarithmic scale; in brackets how many times '
      'the step before. The lines are what this machine can do: one message at a time (latency), and whole blocks '
      f'(bulk). Medians of {record["rounds"]} rounds in turn, measured by ladder on {machine["processor"]}'
      f'{", a virtual machine" if machine["virtual"] else ""}, {machine["compiler"]}.',
      'The ladder, measured', 'Million messages a second: ' + '; '.join(told) + '.', bottom + 42, parts)
