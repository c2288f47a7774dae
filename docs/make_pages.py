#!/usr/bin/env python3
"""Turns docs/*.md and the lessons' lesson.md and deeper.md into the pages that Doxygen reads.

    make_pages.py SOURCE_DIR BUILD_DIR SCENES_DIR

SOURCE_DIR is the root of the project, BUILD_DIR is where the pages go (and where CMake has put the header.html,
footer.html and DoxygenLayout.xml of the installed Doxygen), SCENES_DIR holds what each process printed
when its scene last ran. BUILD_DIR/gallery.json, if it is there, becomes the page of all error messages.
BUILD_DIR/plots/lesson-07/latency.svg is the plot lesson-07-latency; where BUILD_DIR/plots/left_out.txt says why, a
page does without its plots. What the commands mean stands in WRITING.md. Lines keep their numbers, so what
Doxygen says about a page holds for its source too. All that is wrong is listed, then the status is 1.
"""
import html
import json
import pathlib
import re
import sys
from functools import lru_cache

import error_page
import indices
import lists
import measured
import orders
from page import Page, guide_pages, slug

source, build, scenes = (pathlib.Path(argument).resolve() for argument in sys.argv[1:4])
errors = []


def block(markup):
    return f'\\htmlonly[block]{markup}\\endhtmlonly'


CODE = re.compile(r'(`+)(.+?)\1(?!`)')


def whole_code(line):
    """Doxygen ends `code' at a single quote; between two backticks it may have one. And it takes a % before a word away."""
    def whole(code):
        marks, text = ('``' if "'" in code[2] else code[1]), re.sub(r'%(?=\w)', '%%', code[2])
        return f'{marks}{text}{marks}'
    return CODE.sub(whole, line)


def with_bold(line):
    """Doxygen leaves ** as it is beside code, a link or the end of a line."""
    codes = []

    def keep(found):
        codes.append(found[0])
        return f'\0{len(codes) - 1}\0'
    line = re.sub(r'\*\*(?!\s)(.+?)(?<!\s)\*\*', r'<b>\1</b>', CODE.sub(keep, line))
    return re.sub('\0(\\d+)\0', lambda at: codes[int(at[1])], line)


class SitePage(Page):
    """A page as Doxygen reads it: one function for each command."""

    deeper = None  # of a lesson: its deeper page
    lesson = None  # of a deeper page, and of an exercise: its lesson
    exercises = ()  # of a lesson: their pages

    def __init__(self, path, folder=None):
        super().__init__(path, source, scenes, errors, folder)
        self.linked_terms = set()

    def made_lessonmeta(self, line, text):
        minutes, _, builds_on = text.partition(',')
        return (f'<div class="lesson-meta">About {minutes.strip()} minutes. '
                f'Builds on {self.links(line, builds_on.strip())}.</div>')

    def made_from(self, line, text):
        snippet = self.snippet(line, text)
        if not snippet:
            return ''
        relative = snippet.file.relative_to(source)
        target = target_of(snippet.file)
        title = block('<div class="src-name">' + (f'<a href="{target}">{snippet.shown}</a>' if target else str(snippet.shown))
                      + '</div>')
        return f'{title} ' + (f'\\snippet {relative} {snippet.marker}' if snippet.marker else f'\\include {relative}')

    def made_output(self, line, text):
        output = self.output(line, text)
        if not output:
            return ''
        title = block('<div class="output-title">Output when this site was made <span class="scene">scene '
                      f'“{html.escape(output.scene)}”, {html.escape(output.lanes.replace(" +", ","))}</span></div>')
        if not output.texts:
            return title + ' ' + block('<p class="not-run">This scene could not run on the machine that made this page: '
                                       + html.escape(output.skipped) + '</p>')
        joined = build / 'outputs' / self.folder.name / f'{slug(output.scene)}-{slug(output.lanes)}{slug(text.partition(" |")[2])}.txt'
        joined.parent.mkdir(parents=True, exist_ok=True)
        joined.write_text(''.join(output.texts))
        return title + f' \\verbinclude {joined.relative_to(build)}'

    def made_first(self, line, text):
        return block(f'<p><a class="first" href="{order[1].id}.html">{html.escape(text)} {html.escape(order[1].title)}</a></p>')

    def made_lessons(self, line, text):
        return block(lists.lesson_list(lessons))

    def included(self, line, file, missing):
        left_out = build / 'plots' / 'left_out.txt'
        by_hand = source / 'docs' / 'figures' / f'{file}.svg'
        if re.match(r'lesson-\d\d-', file) and left_out.is_file() and not by_hand.is_file():
            why = left_out.read_text(encoding='utf-8').strip()
            return block(f'<p class="not-run">A plot is left out here: {html.escape(why)}</p>')
        if not (build / 'figures' / f'{file}.html').is_file():
            self.error(line, missing)
            return ''
        return f'\\htmlinclude[block] figures/{file}.html'

    def made_figure(self, line, text):
        name = text.strip()
        return self.included(line, name, f'no figure docs/figures/{name}.svg with a caption, and no such plot')

    def made_stepper(self, line, text):
        name = text.strip()
        return self.included(line, f'{name}-steps', f'no figure docs/figures/{name}.svg with groups <g data-step="...">, and no docs/steppers/{name}.toml')

    pairs = {
        'predict': '<div class="callout predict"><p class="callout-title">Predict</p>',
        'answer': '<details class="answer"><summary>Show the answer</summary><div>',
        'endpredict': '</div></details></div>',
        'pitfall': '<div class="callout pitfall"><p class="callout-title">Pitfall</p>',
        'endpitfall': '</div>',
    }

    def made_seenin(self, line, text):
        return (block('<div class="callout seen"><p class="callout-title">Seen in</p>') + ' '
                + self.links(line, text.strip()) + ' ' + block('</div>'))

    # ---- links ----

    def links(self, line, text):
        def replace(found):
            bang, label, url = found.groups()
            if url.startswith('error:'):
                return self.to_error(line, label, url.removeprefix('error:'))
            if re.match(r'\w+:|#|@ref', url):
                return found[0]
            path, _, anchor = url.partition('#')
            target = (self.path.parent / path).resolve()
            if bang:
                if not target.is_file():
                    self.error(line, f'no picture {path}')
                return f'![{label}]({target.name})'
            if not target.exists():
                self.error(line, f'link to {url}: no such file')
            known = target_of(target)
            if known:
                page = next((p for p in pages if f'{p.id}.html' == known), None)
                anchor = f'#{page.id}_{slug(anchor, "_")}' if page and anchor else anchor and '#' + anchor
                return f'<a href="{known}{anchor}">{label}</a>'
            if self is not readme:  # which may point at files that only the repository has
                self.error(line, f'link to {url}: the site does not have it')
            return label
        return re.sub(r'(!?)\[((?:[^\[\]]|\[[^\]]*\])+)\]\(([^()\s]+)\)', replace, text)

    def to_error(self, line, label, name):
        if name not in {row['id'] for row in provoked()}:
            self.error(line, f'link to error:{name}: the gallery has no such row')
        return f'<a href="all_errors.html#error_{name}">{label}</a>'

    def terms(self, line):
        """Links each word of the glossary where the page uses it first; not in code, links, quotes and headings."""
        if self.id in ('index', 'glossary') or not glossary() or line.startswith(('#', '[')):
            return line
        # In quotes Doxygen 1.9.4 shows a link's own signs.
        not_words = r'(`+.*?`+|"[^"]*"|\[[^\]]*\]\([^)]*\)|<a .*?</a>|<[^>]*>|[\\@]ref \w+(?: "[^"]*")?|\\\w+|https?:\S+)'
        parts = re.split(not_words, line)
        for at in range(0, len(parts), 2):
            parts[at] = glossary_words().sub(self.term, parts[at])
        return ''.join(parts)

    def term(self, found):
        anchor = glossary()[found[0].lower()]
        if anchor in self.linked_terms:
            return found[0]
        self.linked_terms.add(anchor)
        return f'<a class="term" href="glossary.html#{anchor}">{found[0]}</a>'

    # ---- the page as a whole ----

    def check_numbers(self):
        """Doxygen begins each list with 1: a line that begins with another number would show it, too."""
        number, is_after_gap = 0, False
        for part in self.parts():
            item = re.match(r'\s*(\d+)[.)] ', part.text) if part.kind == 'line' else None
            if item:
                if int(item[1]) != number + 1:
                    self.error(part.line, f'the site would begin a list with 1 here, not with {item[1]}')
                number = int(item[1])
            elif part.kind != 'line' or (is_after_gap and re.match(r'\S', part.text)):
                number = 0
            is_after_gap = part.kind == 'line' and not part.text.strip()

    def made(self):
        out, taken = [], {}
        self.check_numbers()
        for part in self.parts():
            if part.kind == 'code':
                out.append(part.text)
            elif part.kind == 'heading':
                out.append(self.heading(part, taken))
            elif part.kind in self.pairs:
                out.append(block(self.pairs[part.kind]))
            elif part.kind == 'line':
                out.append(self.terms(self.links(part.line, with_bold(whole_code(part.text)))))
            else:
                made = getattr(self, f'made_{part.kind}')(part.line, part.text)
                out.extend((made + '\n' * (part.lines - 1 - made.count('\n'))).split('\n'))
        return '\n'.join(out) + '\n'

    def anchor_of(self, part):
        return part.anchor or f'{self.id}_{slug(part.text, "_")}'

    def heading(self, part, taken):
        anchor = self.anchor_of(part)
        if anchor in taken:
            self.error(part.line, f'the heading stands in line {taken[anchor]} already')
        taken[anchor] = part.line
        return f'{"#" * part.level} {part.text} {{#{anchor}}}'


@lru_cache
def glossary():
    """The glossary's words, each with the anchor of its heading: `## slot (slots)` has two, `## page (of memory)` has
    "page of memory" alone, since a page may be one of this site."""
    words = {}
    for page in pages:
        for part in page.parts() if page.id == 'glossary' else ():
            if part.kind == 'heading':
                word, _, others = part.text.rstrip(')').partition(' (')
                anchor = f'glossary_{slug(part.text, "_")}'
                own = [f'{word} {others}'] if others.startswith('of ') else [word, *filter(None, others.split(', '))]
                words.update({each.lower(): anchor for each in own})
    return words


@lru_cache
def glossary_words():
    return re.compile(r'(?<![*\w-])(' + '|'.join(sorted(map(re.escape, glossary()), key=len, reverse=True)) + r')(?![*\w-])', re.I)


def figures():
    """Each figure as it goes into a page: named and described for a screen reader, with its caption."""
    (build / 'figures').mkdir(parents=True, exist_ok=True)
    drawn = {file.stem: file for file in sorted((source / 'docs' / 'figures').glob('*.svg'))}
    plots = {f'{file.parent.name}-{file.stem}': file for file in sorted((build / 'plots').glob('*/*.svg'))}
    for name, file in {**drawn, **plots}.items():
        text = measured.filled_in(file.read_text(encoding='utf-8'), source / 'docs' / 'measurements',
                                  lambda line, message, file=file: errors.append(f'{file}:{line}: {message}'))
        caption = re.search(r'<!-- caption: (.*?) -->', text, re.S)
        if not caption:
            continue  # a picture that README.md shows, not a figure of a page
        if '<title>' not in text or '<desc>' not in text:
            errors.append(f'{file}:1: a figure has a <title> and a <desc> (see WRITING.md)')
            continue
        svg = re.sub(r'<\?xml.*?\?>|<!DOCTYPE.*?>|<!--.*?-->', '', text, flags=re.S).strip()
        svg = svg.replace('<title>', f'<title id="{name}-title">', 1)
        svg = svg.replace('<desc>', f'<desc id="{name}-desc">', 1)
        svg = re.sub(r'<svg\s', f'<svg role="img" aria-labelledby="{name}-title {name}-desc" ', svg, count=1)
        svg = re.sub(r'\b(id="|url\(#|href="#)(?!' + name + ')', rf'\1{name}-', svg)
        if '<g data-step=' in svg:
            stepper(name, svg, ' '.join(caption[1].split()))
            continue
        conclusion = re.search(r'<!-- conclusion: (.*?) -->', text, re.S)
        above = f'<p class="conclusion">{conclusion[1]}</p>' if conclusion else ''
        (build / 'figures' / f'{name}.html').write_text(
            f'<figure class="{"plot" if name in plots else "diagram"}">{above}<div class="scroll">{svg}</div>'
            f'<figcaption>{" ".join(caption[1].split())}</figcaption>{table_behind(file)}</figure>\n', encoding='utf-8')


def figure_title(name):
    file = source / 'docs' / 'steppers' / f'{name}.toml'
    if file.is_file():
        return orders.title(file)
    by_hand = source / 'docs' / 'figures' / f'{name}.svg'
    plot = build / 'plots' / re.sub(r'^(lesson-\d\d)-', r'\1/', name + '.svg')
    drawn = next((file for file in (by_hand, plot) if file.is_file()), None)
    found = drawn and re.search(r'<title>(.*?)</title>', drawn.read_text(encoding='utf-8'), re.S)
    return html.unescape(' '.join(found[1].split())) if found else name


def table_behind(plot):
    """The values that a plot was drawn from, folded away; nothing for a figure that is no plot."""
    table = plot.with_suffix('.tsv')
    if not table.is_file():
        return ''
    head, *rows = [line.split('\t') for line in table.read_text(encoding='utf-8').splitlines()]
    columns = max(len(row) for row in [head, *rows])

    def line(cells, kind):
        first = f'<th scope="{"col" if kind == "th" else "row"}">{html.escape(cells[0])}</th>'
        rest = [html.escape(cell) or '–' for cell in cells[1:] + [''] * (len(head) - len(cells))]
        rest += [''] * (columns - 1 - len(rest))
        return '<tr>' + first + ''.join(f'<{kind}>{cell}</{kind}>' for cell in rest) + '</tr>'
    return ('<details class="behind"><summary>The values as a table</summary><div class="scroll"><table>'
            + line(head, 'th') + ''.join(line(row, 'td') for row in rows) + '</table></div></details>')


def stepper(name, svg, caption):
    """A figure in steps: what stands outside all <g data-step="sentence"> is in each of them. Written one below the
    other, as paper and a browser without script show them; site.js shows one at a time."""
    group = re.compile(r'<g data-step="(.*?)">(.*?)</g>', re.S)
    steps = group.findall(svg)
    opening = re.search(r'viewBox="[^"]*"', svg)[0]
    inside = re.sub(r'<title.*?</title>|<desc.*?</desc>', '', svg[svg.index('>') + 1:], flags=re.S)
    parts = []
    for number, (sentence, drawn) in enumerate(steps, 1):
        said = f'{name}-step-{number}'
        whole = group.sub(lambda found, own=drawn: own if found[2] == own else '', inside)
        whole = re.sub(rf'(id="|url\(#|href="#){name}-', rf'\g<0>{number}-', whole)  # one step may be hidden
        parts.append(f'<li><div class="scroll"><svg {opening} role="img" aria-labelledby="{said}">{whole.strip()}</div>'
                     f'<p id="{said}">{sentence}</p></li>')
    (build / 'figures' / f'{name}-steps.html').write_text(
        f'<figure class="diagram stepper"><ol>{"".join(parts)}</ol><figcaption>{caption}</figcaption></figure>\n')


def steppers():
    """The steppers in which the reader chooses: docs/steppers/NAME.toml."""
    for file in sorted((source / 'docs' / 'steppers').glob('*.toml')):
        made = build / 'figures' / f'{file.stem}-steps.html'
        if made.exists() or (source / 'docs' / 'figures' / f'{file.stem}.svg').exists():
            errors.append(f'docs/steppers/{file.name}: docs/figures/{file.stem}.svg has this name already')
        try:
            made.write_text(orders.figure(*orders.read(file, source)) if orders.tomllib else
                            f'<p class="not-run">A figure is left out here: {orders.LEFT_OUT}</p>\n', encoding='utf-8')
        except orders.Wrong as wrong:
            errors.append(f'docs/steppers/{file.name}: {wrong}')


def provoked():
    """What lesson 06's gallery provoked, row by row; nothing, where it was not built."""
    file = build / 'gallery.json'
    return json.loads(file.read_text())['rows'] if file.is_file() else []


@lru_cache
def headings():
    """Each section of a written page by its anchor: the page, and its words; the page as a whole by its id."""
    found = {page.id: (page, '') for page in pages}
    for page in pages:
        found.update({page.anchor_of(part): (page, part.text) for part in page.parts() if part.kind == 'heading'})
    return found


def link_to(anchor):
    if anchor not in headings():
        errors.append(f'a made page leads to {anchor}: no page has such a section')
        return html.escape(anchor)
    page, words = headings()[anchor]
    return indices.place(page, anchor, indices.named(page, words) if words else html.escape(page.title))


def mentions():
    """For each row of the gallery the sections that link to it."""
    found = {}
    for page in pages:
        at = page.id
        for part in page.parts():
            at = page.anchor_of(part) if part.kind == 'heading' else at
            for name in re.findall(r'\]\(error:([\w-]+)\)', part.text) if part.kind != 'code' else ():
                if at not in found.setdefault(name, []):
                    found[name].append(at)
    return found


def linked_from(page_id):
    """The rows of the gallery that a page links to; all of them where there is no such page."""
    texts = [page.text for page in pages if page.id == page_id]
    return set(re.findall(r'\]\(error:([\w-]+)\)', texts[0])) if texts else silent_rows()


def silent_rows():
    return {row['id'] for row in provoked() if not row['expected'].startswith('E')}


def all_errors():
    """The page of all error messages, from what lesson 06's gallery has just provoked."""
    for row in provoked():
        if not row['as_expected']:
            errors.append(f'gallery: {row["id"]}: {row["expected"]} was expected, {row["seen"]} came: {row["message"]}')
        if not error_page.lesson_anchor(row):
            errors.append(f'gallery: {row["id"]}: docs/error_page.py knows no lesson for the section "{row["section"]}"')
            return
    for identifier in silent_rows() - linked_from('symptoms'):
        errors.append(f'docs/symptoms.md: no link to error:{identifier}, which gives no errno: only a symptom leads there')
    (build / 'pages' / 'all_errors.md').write_text(error_page.page(provoked(), link_to, mentions(), block))


def target_of(file):
    """The page of the site that stands for a file or folder of the project; None if there is none."""
    for page in pages:
        if file in (page.path, page.path.parent if page in lessons else None):
            return f'{page.id}.html'
    if file == source / 'README.md':
        return 'index.html'
    if file == source / 'lessons':
        return 'lessons.html'
    if file in programs:
        return lists.program_page(file.relative_to(source))
    if file.is_relative_to(source / 'common') and file.suffix == '.hpp':
        return lists.header_page(file)
    return None


def edited(name, *edits):
    """Changes a template of the installed Doxygen, and makes sure that each change took."""
    file = build / name
    text = file.read_text()
    for pattern, replacement in edits:
        text, count = re.subn(pattern, lambda found, new=replacement: found.expand(new), text, count=1, flags=re.S)
        if not count:
            errors.append(f'{name}: this Doxygen has no {pattern} in it')
    (build / f'made-{name}').write_text(text)


def reading_order(page):
    """The links to the pages before and after. A deeper page stands beside the order, and leads back to its lesson; so does
    a page of the guide, and leads back to the first page."""
    back = page.lesson or (None if page in order else start)
    at = order.index(back or page)
    before, after = (order[at - 1] if at else None), (order[at + 1] if at + 1 < len(order) and back != start else None)
    links = (('prev', 'Back to' if back else 'Previous', back or before), ('next', 'Next', after))
    return '\n' + block('<nav class="prevnext" aria-label="Reading order">' + ''.join(
        f'<a rel="{rel}" href="{to.id}.html"><span>{word}</span> {html.escape(to.title)}</a>' if to else '<i></i>'
        for rel, word, to in links) + '</nav>') + '\n'


def exercise_links(lesson):
    links = ''.join(f'- \\subpage {page.id}\n' for page in lesson.exercises)
    number = lesson.id[-2:]
    own = ''
    if re.search(r'^grade = true$', (lesson.folder / 'lesson.toml').read_text(encoding='utf-8'), re.M):
        command = re.search(rf'`(lessons/check {number}\.0 \w+=\./mine)`', lesson.deeper.text if lesson.deeper else '')
        if not command:
            lesson.error(1, f'a scene says grade = true, and deeper.md does not say `lessons/check {number}.0 ROLE=./mine`')
            return ''
        own = (f'Your program can also play a part of this lesson itself, in any language: `{command[1]}`. \\ref {lesson.id}_deeper_in_another_language "What it finds there, byte by byte".\n\n')
    return (f'\n## Exercise {{#{lesson.id}_exercise}}\n\nWrite a program, and let ours meet it. '
            f'`lessons/check {number}` grades it.\n\n{links}\n{own}')


def folded_hints(page):
    """The hints of an exercise, each folded away, as lessons/check --hint shows them one at a time."""
    text = (page.folder / 'hints.md').read_text(encoding='utf-8')
    out = f'\n## Hints {{#{page.id}_hints}}\n'
    for part in re.split(r'^## ', text, flags=re.M)[1:]:
        title, _, hint = part.partition('\n')
        out += (f'\n{block(f"<details class=answer><summary>{html.escape(title)}</summary><div>")}\n\n{hint.strip()}\n\n'
                f'{block("</div></details>")}\n')
    return out


def main():
    figures()
    steppers()
    for page in pages:
        text = page.made()
        if page.deeper:
            text += f'\n{block("<div class=deeper>")}\nOptional, the rest of this lesson: \\subpage {page.deeper.id}\n{block("</div>")}\n'
        if page.exercises:
            text += exercise_links(page)
        if page.path.name == 'task.md':
            text += folded_hints(page)
        text += reading_order(page)
        file = build / 'pages' / page.name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    has_errors = bool(provoked())
    if has_errors:
        all_errors()
    readme.made()  # its links hold, too
    made = build / 'pages'
    (made / 'lessons.md').write_text(lists.lessons_page(lessons))
    (made / 'library.md').write_text(lists.library_page(source / 'common'))
    (made / 'programs.md').write_text(lists.programs_page(lessons, programs, source))
    (made / 'calls.md').write_text(indices.calls_page(pages, programs, source))
    (made / 'indices.md').write_text(indices.index_page(pages, glossary(), figure_title))
    (made / 'programs.dox').write_text(lists.program_comments(programs, lessons, source))
    frame(lists.menu([start, *guide[:1]], lessons, guide[1:], has_errors))


def frame(menu):
    """Doxygen's templates with our frame around them. Its own menus are off; what is read of a header comes first."""
    theme = source / 'docs' / 'theme'
    edited('DoxygenLayout.xml',
           (r'<navindex>.*</navindex>', '<navindex><tab type="mainpage" visible="yes" title=""/></navindex>'),
           *((rf'(<{kind}>\s*)<briefdescription[^>]*>(.*?)(<memberdecl>.*?)(<detaileddescription[^>]*>)', r'\1\4\2\3')
             for kind in ('class', 'file')))
    edited('header.html', (r'.*?<html[^>]*>', '<!DOCTYPE html>\n<html lang="en">'),
           (r'<link href="\$relpath\^tabs.css".*?(?=\$treeview)', ''),  # with the scripts of menus that are not there
           (r'</head>', (theme / 'head.html').read_text() + '</head>'),
           (r'<body>.*', '<body>\n' + (theme / 'frame.html').read_text().replace('MENU', menu).replace('\\', '\\\\') + '<div id="top">\n'))
    edited('footer.html', (r'<!-- start footer part -->.*</body>', (theme / 'foot.html').read_text() + '</body>'))


lesson_folders = sorted(f for f in (source / 'lessons').glob('[0-9][0-9]-*') if f.is_dir())
readme = SitePage(source / 'README.md')
start = SitePage(source / 'docs' / 'start.md')
guide = [SitePage(file, file.with_suffix('')) for file in guide_pages(source)]
lessons = []
for lesson_folder in lesson_folders:
    if (lesson_folder / 'lesson.md').is_file():
        lessons.append(SitePage(lesson_folder / 'lesson.md'))
    else:
        print(f'docs: {lesson_folder.name} has no lesson.md yet; the site leaves it out')
for lesson_page in lessons:
    if (lesson_page.folder / 'deeper.md').is_file():
        lesson_page.deeper = SitePage(lesson_page.folder / 'deeper.md')
        lesson_page.deeper.lesson = lesson_page
    lesson_page.exercises = [SitePage(task) for task in sorted(lesson_page.folder.glob('exercise/*/task.md'))]
    for task_page in lesson_page.exercises:
        task_page.lesson = lesson_page
order = [start, *guide[:1], *lessons, *(page for page in guide if page.id == 'takeaways')]  # previous and next
pages = [start, *guide, *lessons, *(page.deeper for page in lessons if page.deeper),
         *(task for page in lessons for task in page.exercises)]
programs = [*sorted(f for folder in lesson_folders for f in folder.rglob('*.[ch]pp')
                     if 'exercise' not in f.parts),  # the solutions are no reading
            *sorted((source / 'common').rglob('*.cpp'))]

main()
if errors:
    sys.exit('\n'.join(errors))
