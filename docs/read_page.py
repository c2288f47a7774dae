#!/usr/bin/env python3
"""Shows a lesson's page in the terminal, with its snippets and the outputs of its scenes put in.

    read_page.py 02           the page of lesson 02 (`lessons/run --read 02` has its scenes played first)
    read_page.py 02-deeper    its deeper page (`lessons/run --read 02 --deeper`)
    read_page.py guide        the page before lesson 01

Goes through $PAGER where the page is longer than the screen. A question's answer is shown after Enter; where no reader
can be asked, at once.
"""
import os
import pathlib
import re
import shlex
import shutil
import signal
import subprocess
import sys
import textwrap

import measured
import orders
from page import Page

root = pathlib.Path(__file__).resolve().parent.parent
scenes = root / 'build' / 'scenes'
screen = shutil.get_terminal_size()
width = min(screen.columns, 100) if sys.stdout.isatty() else 80
colours = sys.stdout.isatty() and not os.environ.get('NO_COLOR') and os.environ.get('TERM') != 'dumb'


def painted(text, code):
    return f'\033[{code}m{text}\033[0m' if colours and text else text


def length(text):
    return len(re.sub(r'\033\[[\d;]*m', '', text))


def plain(text):
    """A paragraph's Markdown as words: emphasis painted, links by their names, addresses where they say more."""
    codes = []

    def keep(found):  # what stands between backticks is not Markdown
        codes.append(found[2])
        return f'\0{len(codes) - 1}\0'

    def link(found):
        label, url = found.groups()
        return f'{label} ({url})' if re.match(r'https?:', url) and not label.startswith('man ') else label

    text = re.sub(r'(`+)(.+?)\1(?!`)', keep, text)
    text = re.sub(r'!?\[((?:[^\[\]]|\[[^\]]*\])+)\]\(([^()\s]+)\)', link, text)
    text = re.sub(r'</?(b|code|kbd|i|em|strong)>', '', text)
    text = re.sub(r'[\\@]ref (lesson_(\d\d)\w*|\w+)', lambda to: f'lesson {to[2]}' if to[2] else to[1], text)
    text = re.sub(r'\\([\\`*_<>|#@])', r'\1', text)
    text = re.sub(r'\*\*(.+?)\*\*', lambda bold: painted(bold[1], '1'), text)
    text = re.sub(r'(?<!\w)\*(?!\s)(.+?)(?<!\s)\*(?!\w)', lambda soft: painted(soft[1], '3'), text)
    return re.sub('\0(\\d+)\0', lambda at: painted(codes[int(at[1])], '36'), text)


def wrapped(text, indent=0, hang=0):
    """`text` in lines as wide as the screen; what is painted counts as wide as it looks."""
    lines, line = [], ' ' * indent
    for word in text.split():
        if length(line) + 1 + length(word) > width and line.strip():
            lines.append(line.rstrip())
            line = ' ' * (indent + hang)
        line += word if not line.strip() else f' {word}'
    return '\n'.join([*lines, line.rstrip()])


def indented(text, mark):
    return ''.join(f'{mark}{line}'.rstrip() + '\n' for line in text.rstrip('\n').split('\n'))


def table(rows):
    """Side by side where it fits, else each row as a card."""
    cells = [[plain(cell.strip().replace('\0', '|')) for cell in row.strip().strip('|').replace('\\|', '\0').split('|')]
             for row in rows]
    head, body = cells[0], cells[2:]
    widths = [max(length(row[at]) for row in [head, *body] if at < len(row)) for at in range(len(head))]
    if sum(widths) + 2 * len(widths) <= width:
        lines = [[painted(cell, '1') for cell in head], *body]
        return '\n'.join('  '.join(cell + ' ' * (widths[at] - length(cell)) for at, cell in enumerate(line)).rstrip()
                         for line in lines) + '\n'
    cards = []
    for row in body:
        lines = [wrapped(row[0], 0, 4)]
        lines += [wrapped(f'{painted(name + ":", "2") if name else ""} {cell}', 4, 2)
                  for name, cell in zip(head[1:], row[1:]) if cell]
        cards.append('\n'.join(lines))
    return '\n'.join(cards) + '\n'


def blocks(lines):
    """A run of Markdown lines as paragraphs, lists and tables."""
    out, at = [], 0
    while at < len(lines):
        line = lines[at]
        if not line.strip():
            at += 1
        elif line.startswith('|'):
            end = next((n for n in range(at, len(lines)) if not lines[n].startswith('|')), len(lines))
            out.append(table(lines[at:end]))
            at = end
        else:
            begins = re.compile(r'\s*([-*]|\d+\.) ')
            item = begins.match(line)
            end = next((n for n in range(at + 1, len(lines))
                        if not lines[n].strip() or lines[n].startswith('|') or begins.match(lines[n])), len(lines))
            hang = length(item[0]) if item else 0
            again = end < len(lines) and begins.match(lines[end])
            out.append(wrapped(plain(' '.join(lines[at:end]).lstrip() if item else ' '.join(lines[at:end])),
                               length(line) - length(line.lstrip()) if item else 0, hang)
                       + ('\n' if not (item and again) else ''))
            at = end
    return '\n'.join(out) + '\n' if out else ''


class TerminalPage(Page):
    """A page in pieces: text, and ('question', text), after which its answer follows."""

    def pieces(self):
        text, lines, question = painted(self.title, '1') + '\n\n', [], ''
        for part in self.parts():
            if part.kind == 'line':
                if part.line > 1 and part.text != '[TOC]':
                    lines.append(part.text)
                continue
            text += blocks(lines)
            lines = []
            if part.kind == 'predict':
                yield 'text', text
                text = painted('Question', '1;33') + '\n\n'
            elif part.kind == 'answer':
                yield 'question', text
                text = painted('The answer', '1;32') + '\n\n'
            else:
                text += getattr(self, f'shown_{part.kind}', lambda _: '')(part)
        yield 'text', text + blocks(lines)

    def shown_heading(self, part):
        rule = '\n' + painted('─' * width, '2') + '\n' if part.level == 2 else '\n'
        return f'{rule}{painted(plain(part.text), "1")}\n\n'

    def shown_code(self, part):
        return '\n' if re.match(r'\s*(```|~~~)', part.text) else f'    {painted(part.text, "36")}\n'

    def shown_lessonmeta(self, part):
        minutes, _, builds_on = part.text.partition(',')
        return wrapped(f'About {minutes.strip()} minutes. Builds on {plain(builds_on.strip())}.') + '\n\n'

    def shown_from(self, part):
        snippet = self.snippet(part.line, part.text)
        if not snippet:
            return ''
        code = re.sub(r'^\s*//! \[.*\]\n', '', textwrap.dedent(snippet.code), flags=re.M)
        return painted(str(snippet.file.relative_to(root)), '2') + '\n' + indented(code, '    ') + '\n'

    def shown_output(self, part):
        output = self.output(part.line, part.text)
        if not output:
            return ''
        title = painted(f'Output of the scene "{output.scene}", {output.lanes.replace(" +", ",")}', '2') + '\n'
        if not output.texts:
            return title + wrapped(f'This scene could not run on this machine: {output.skipped}', 4) + '\n\n'
        return title + indented(''.join(output.texts), '  │ ') + '\n'

    def shown_figure(self, part):
        file = root / 'docs' / 'figures' / f'{part.text.strip()}.svg'
        if not file.is_file():
            return wrapped(f'[A plot that the page in a browser has: {part.text.strip()}; lessons/run --site makes it.]') + '\n\n'
        svg = measured.filled_in(file.read_text(encoding='utf-8'), root / 'docs' / 'measurements', self.error)
        words = [' '.join(found[1].split()) for found in
                 (re.search(rf'<{tag}>(.*?)</{tag}>', svg, re.S) for tag in ('title', 'desc')) if found]
        caption = re.search(r'<!-- caption: (.*?) -->', svg, re.S)
        steps = ''.join(wrapped(f'{number}. {step}', 4, 3) + '\n'
                        for number, step in enumerate(re.findall(r'data-step="(.*?)"', svg), 1))
        return (wrapped(painted('Figure: ', '2') + '. '.join(words), 2, 2) + '\n' + steps
                + (wrapped(' '.join(caption[1].split()), 2, 2) + '\n' if caption else '') + '\n')

    def shown_stepper(self, part):
        file = root / 'docs' / 'steppers' / f'{part.text.strip()}.toml'
        if not file.is_file():
            return self.shown_figure(part)
        if not orders.tomllib:
            return wrapped(f'[A figure that the page in a browser has: {orders.title(file)}]') + '\n\n'
        try:
            first, *rest = orders.as_text(*orders.read(file, root))
        except orders.Wrong as wrong:
            self.error(part.line, f'docs/steppers/{file.name}: {wrong}')
            return ''
        return wrapped(painted('Figure: ', '2') + first, 2, 2) + '\n' + ''.join(wrapped(line, 4, 3) + '\n' for line in rest) + '\n'

    def shown_seenin(self, part):
        return wrapped(painted('Seen in: ', '1') + plain(' '.join(part.text.split())), 2, 2) + '\n\n'

    def shown_pitfall(self, _):
        return painted('Pitfall', '1;31') + '\n\n'


def pager_words():
    try:
        wanted = shlex.split(os.environ.get('PAGER', ''))
    except ValueError:  # a quote that is not closed
        wanted = []
    for words in (wanted, ['less'], ['more']):
        if words and shutil.which(words[0]):
            return words
    return []


def show(text):
    """Through the pager where it is longer than the screen."""
    text = re.sub(r'\n{3,}', '\n\n', text)
    lines = sum(1 + max(length(line) - 1, 0) // max(screen.columns, 1) for line in text.split('\n'))
    pager = pager_words()
    if sys.stdout.isatty() and sys.stdin.isatty() and lines > screen.lines and pager:
        # Ctrl-C is the pager's, which would else leave the terminal as it had set it; and it may end before it has read all.
        before = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGPIPE)}
        started = subprocess.Popen(pager, stdin=subprocess.PIPE, env={'LESS': 'RX', 'LESSCHARSET': 'utf-8', **os.environ})
        started.communicate(text.encode())
        for number, handler in before.items():
            signal.signal(number, handler)
    else:
        sys.stdout.write(text)
        sys.stdout.flush()


def where_to_read_on(file):
    """From a lesson's page to its deeper one, if there is one."""
    deeper = file.parent / 'deeper.md'
    if file.name != 'lesson.md' or not deeper.is_file():
        return ''
    title = deeper.read_text(encoding='utf-8').split('\n', 1)[0].removeprefix('# ').partition(' {#')[0]
    return f'{painted(title, "1")}: lessons/run --read {file.parent.name[:2]} --deeper\n'


def main():
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `| head` is no error
    sys.stdout.reconfigure(encoding='utf-8')  # the pages are; where the locale knows no UTF-8, it is still no error
    which, errors = sys.argv[1], []
    if which == 'guide':
        file, folder = root / 'docs' / 'how-shared-memory-works.md', root / 'docs' / 'how-shared-memory-works'
    else:
        number, _, deeper = which.partition('-')
        folder = next((root / 'lessons').glob(f'{number}-*/'))
        file = folder / ('deeper.md' if deeper else 'lesson.md')
    if not file.is_file():
        sys.exit(f'lesson {which[:2]} has no deeper page')
    page = TerminalPage(file, root, scenes, errors, folder)
    for kind, text in [*page.pieces(), ('text', where_to_read_on(file))]:
        if kind == 'question':
            sys.stdout.write(text)
            if sys.stdout.isatty() and sys.stdin.isatty():
                try:
                    input('Enter: the answer ')
                except EOFError:
                    print()
        else:
            show(text)
    if errors:
        sys.exit('\n'.join(errors))


try:
    main()
except KeyboardInterrupt:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.kill(os.getpid(), signal.SIGINT)
