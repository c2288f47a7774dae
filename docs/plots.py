"""What the plots of recorded runs share: each is a figure of a page (see WRITING.md), 420 units wide."""
import html
import math

WIDTH = 420


class Scale:
    """Puts values on a logarithmic axis from `left` to `right`, in units of the figure."""

    def __init__(self, least, most, left, right):
        self.low, self.high = math.log10(least), math.log10(most)
        self.left, self.right = left, right

    def __call__(self, value):
        part = (math.log10(value) - self.low) / (self.high - self.low)
        return round(self.left + part * (self.right - self.left), 1)

    def ticks(self):
        """Round numbers on the axis, and where they stand: powers of ten, with 2 and 5 where there is room."""
        steps = (1, 2, 5) if self.high - self.low < 2 else (1,)
        for power in range(math.floor(self.low), math.ceil(self.high)):
            for value in (step * 10 ** power for step in steps):
                if self.low <= math.log10(value) <= self.high:
                    yield value, self(value)


def text(x, y, words, classes=''):
    classes = f' class="{classes}"' if classes else ''
    return f'<text{classes} x="{x}" y="{y}">{html.escape(str(words))}</text>'


def line(path, classes='line'):
    return f'<path class="{classes}" d="{path}"/>'


# A shape for each ring, told apart without colours as well.
def dot(shape, x, y):
    if shape == 'ours':
        return f'<circle class="box good" cx="{x}" cy="{y}" r="5"/>'
    if shape == 'spans':
        return f'<rect class="box good" x="{x - 4.5}" y="{y - 4.5}" width="9" height="9"/>'
    if shape == 'limit':
        return line(f'M{x} {y - 8}V{y + 8}', 'line bad')
    if shape == 'circle':
        return f'<circle class="line" cx="{x}" cy="{y}" r="4"/>'
    if shape == 'cross':
        return line(f'M{x - 4} {y - 4}l8 8M{x - 4} {y + 4}l8 -8')
    return line(f'M{x - 4.5} {y + 4}h9l-4.5 -8z')  # a triangle


def legend(entries, top):
    """What the shapes stand for, as many in a row as fit: (shape, words) ... -> (parts, next y)."""
    parts, x, y = [], 10, top
    for shape, words in entries:
        wide = 30 + 7.6 * len(words)
        if x + wide > WIDTH:
            x, y = 10, y + 22
        parts += [dot(shape, x, y), text(x + 12, y + 5, words)]
        x += wide
    return parts, y + 22


def axis(scale, top, bottom, unit):
    """The ticks of a logarithmic axis, from top to bottom, and the unit below."""
    parts = []
    for value, x in scale.ticks():
        parts += [line(f'M{x} {top}V{bottom}', 'line quiet'), text(x, bottom + 17, f'{value:,}', 'quiet mid')]
    parts.append(text(WIDTH - 4, bottom + 35, unit, 'quiet end'))
    return parts


def write(path, caption, title, desc, height, parts):
    """Writes a figure, as make_pages.py wants one."""
    body = '\n'.join(parts)
    path.write_text(f'<!-- caption: {html.escape(caption, quote=False)} -->\n<svg viewBox="0 0 {WIDTH} {height}">\n'
                    f'<title>{html.escape(title)}</title>\n<desc>{html.escape(desc)}</desc>\n{body}\n</svg>\n')
