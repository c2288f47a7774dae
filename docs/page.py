"""Reads a page as WRITING.md describes it: what make_pages.py (the site) and read_page.py (a terminal) share."""
import pathlib
import re
from typing import NamedTuple

import measured

# The commands that stand in pairs, and what each follows.
comes_after = {'predict': '', 'answer': 'predict', 'endpredict': 'answer', 'pitfall': '', 'endpitfall': 'pitfall'}
with_text = ('lessonmeta', 'from', 'output', 'figure', 'stepper', 'seenin', 'first', 'lessons')


# What ends with a point, and ends no sentence.
ABBREVIATION = r'\b(?:e\.g|i\.e|etc|cf|vs)\.'


def guide_pages(source):
    """The pages of docs/ that the site shows: those whose title has an id. The one before lesson 01 comes first."""
    files = [file for file in sorted((source / 'docs').glob('*.md'))
             if re.match(r'# .+ \{#\w+\}\n', file.read_text(encoding='utf-8'))]
    return sorted(files, key=lambda file: file.stem != 'how-shared-memory-works')


def slug(text, joint='-'):
    return re.sub(r'[^a-z0-9]+', joint, text.lower().replace("'", '')).strip(joint)  # as the harness names folders


def row_name(asked):
    """What the row is called whose first cell says so (theme/search.js says it, too)."""
    return '_'.join(slug(asked, '_').split('_')[:6])


class Part(NamedTuple):
    """A piece of a page: 'code' (a line of a fenced block, the fences too), 'heading', 'line', or a command's name."""
    kind: str
    line: int      # where it begins in the file
    text: str      # the line; a heading's words; what stands between a command's braces
    level: int = 0     # of a heading
    anchor: str = ''   # of a heading, if it has one of its own
    lines: int = 1     # how many of the file it takes


class Snippet(NamedTuple):
    file: pathlib.Path
    shown: pathlib.Path   # the path that a reader of the page would use
    marker: str           # '': the whole file
    code: str


class Output(NamedTuple):
    scene: str
    lanes: str
    texts: list     # what each lane printed; none: the scene could not run
    skipped: str    # why


def output_named(text):
    r"""What \output{text} asks for: the scene, the lanes, and which lines of them ('': all)."""
    named, _, cut = text.partition(' | ')
    scene, _, lanes = (part.strip() for part in named.rpartition(','))
    return scene, lanes, cut.strip()


class Page:
    """One page: where it comes from, and what is wrong with it. `folder` is where its paths start from; `scenes` holds
    what each process of each lesson printed when its scene last ran."""

    def __init__(self, path, source, scenes, errors, folder=None):
        self.path, self.source, self.scenes, self.errors = path, source, scenes, errors
        self.folder = folder or path.parent
        self.name = str(path.relative_to(source))
        self.text = measured.filled_in(path.read_text(encoding='utf-8'), source / 'docs' / 'measurements', self.error)
        first = self.text.split('\n', 1)[0]
        found = re.fullmatch(r'# (.+?)(?: \{#(\w+)\})?', first)
        self.title = found[1] if found else first
        self.id = (found and found[2]) or 'index'
        number = re.match(r'\d\d', self.folder.name)
        if number:
            deeper = path.name == 'deeper.md'
            before = f'# Lesson {number[0]}{", deeper" if deeper else ""}: '
            own_id = f'lesson_{number[0]}{"_deeper" if deeper else ""}'
            if not first.startswith(before) or self.id != own_id:
                self.error(1, f'begins {first!r}; expected "{before}Title {{#{own_id}}}"')

    def error(self, line, message):
        self.errors.append(f'{self.name}:{line}: {message}')

    def parts(self):
        """The page from top to bottom; what is out of its place becomes an error."""
        lines = self.text.rstrip('\n').split('\n')
        at, fenced, opened = 0, False, ''
        while at < len(lines):
            line, number = lines[at], at + 1
            at += 1
            fence = bool(re.match(r'\s*(```|~~~)', line))
            fenced ^= fence
            command = None if fenced else re.match(r'\\(\w+)(\{)?', line)
            if fenced or fence:
                yield Part('code', number, line)
            elif heading := re.fullmatch(r'(##+) (.*?)(?: \{#(\w+)\})?', line):
                yield Part('heading', number, heading[2], len(heading[1]), heading[3] or '')
            elif command and command[1] in comes_after:
                name = command[1]
                if opened != comes_after[name]:
                    self.error(number, f'\\{name} stands ' + (f'inside \\{opened}' if opened else 'alone'))
                opened = '' if name.startswith('end') else name
                yield Part(name, number, '')
            elif command and command[2] and command[1] in with_text:
                whole = line
                while not whole.rstrip().endswith('}') and at < len(lines):
                    whole += '\n' + lines[at]
                    at += 1
                yield Part(command[1], number, whole.rstrip()[command.end():-1], lines=whole.count('\n') + 1)
            else:
                yield Part('line', number, line)
        if opened:
            self.error(len(lines), f'\\{opened} has no end')

    def snippet(self, line, text):
        r"""What \from{text} names; nothing, and an error, if that is not there."""
        path, _, marker = (part.strip() for part in text.partition(','))
        file = next((f.resolve() for f in (self.folder / path, self.source / path) if f.is_file()), None)
        if not file:
            self.error(line, f'no file {path}, neither beside the page nor from the root')
            return None
        code = file.read_text(encoding='utf-8')
        relative = file.relative_to(self.source)
        if marker and code.count(f'//! [{marker}]') != 2:
            self.error(line, f'{relative} has {code.count(f"//! [{marker}]")} markers "//! [{marker}]"; expected 2')
            return None
        if marker:
            code = code.split(f'//! [{marker}]')[1].split('\n', 1)[1].rsplit('\n', 1)[0] + '\n'
        shown = file.relative_to(self.folder) if file.is_relative_to(self.folder) else relative
        return Snippet(file, shown, marker, code)

    def of_the_project(self, printed):
        """A compiler's or a sanitizer's paths as a reader of the project knows them."""
        return re.sub(rf'(?:{re.escape(str(self.source))}/|(?:\.\./)+)(?=(?:build|common|lessons|tests)/)', '', printed)

    def cut(self, line, printed, cut):
        """From the line that has the first words of `cut` to the one that has the last; a command stays. Says where it cut."""
        if not cut:
            return printed
        first, _, last = (words.strip() for words in cut.partition('…'))
        lines = printed.splitlines()
        command = lines[:1] if lines and lines[0].startswith('$ ') else []
        begin = next((at for at, one in enumerate(lines) if first in one), None)
        end = next((at for at, one in enumerate(lines) if begin is not None and at >= begin and last in one), None)
        if end is None:
            self.error(line, f'the output has no lines from "{first}" to "{last}"')
            return printed
        before = [*command, '...'] if begin > len(command) else command
        shown = [*before, *lines[max(begin, len(command)):(end + 1 if last else len(lines))]]
        return '\n'.join(shown + ['...'] * bool(last and end + 1 < len(lines))) + '\n'

    def output(self, line, text):
        r"""What \output{text} names; nothing, and an error, if that is not there."""
        scene, lanes, cut = output_named(text)
        ran = self.scenes / self.folder.name
        files = [ran / slug(scene) / f'{slug(lane)}.txt' for lane in lanes.split('+')]
        if all(file.is_file() for file in files):
            texts = [self.of_the_project(file.read_text(encoding='utf-8')) for file in files]
            return Output(scene, lanes, [self.cut(line, printed, cut) for printed in texts], '')
        skipped = files[0].parent / 'skipped.txt'
        if skipped.is_file():
            return Output(scene, lanes, [], skipped.read_text(encoding='utf-8'))
        has = sorted(f.stem for f in files[0].parent.glob('*.txt')) or sorted(p.name for p in ran.glob('*'))
        self.error(line, f'no output of scene "{scene}", "{lanes}"; there are: {", ".join(has) or "none"}')
        return None
