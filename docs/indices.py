"""The indices of the site, made of its pages and programs: the system calls, and what is told where."""
import html
import re

import lists
from calls import calls_made, man_page

BUG = re.compile(r'\[([\w.-]+/[\w.-]+#\d+)\]\((https://[^\s()]+)\)')
TABLES = ('When it goes wrong', 'Faults without a message', 'More messages')  # whose rows begin with what a reader sees


def plain(text):
    """Markdown as the words of a link: links by their labels, code as such, nothing bold."""
    text = re.sub(r'\[((?:[^\[\]]|\[[^\]]*\])+)\]\([^()\s]+\)', r'\1', ' '.join(text.split())).replace('**', '').replace('\\|', '|')
    return re.sub(r'(`+)(.+?)\1(?!`)', lambda code: f'<code>{html.escape(code[2], quote=False)}</code>', text)


def named(page, heading):
    """A section, with the short name of its page before it."""
    return html.escape(re.sub(':.*', '', page.title) + (f': {heading}' if heading else '').replace('`', ''), quote=False)


def sections(page):
    """(anchor, heading, parts) of each section; what precedes the first heading has the page's id."""
    found = [(page.id, '', [])]
    for part in page.parts():
        if part.kind == 'heading':
            found.append((page.anchor_of(part), part.text, []))
        else:
            found[-1][2].append(part)
    return found


def place(page, anchor, words):
    return f'<a href="{page.id}.html{f"#{anchor}" if anchor != page.id else ""}">{words}</a>'


# ---- system calls ----

OTHERWISE_SAID = {'fcntl': 'Locks a range of bytes, asks for a lease, seals a memfd, or asks what a descriptor is open for.'}


def sentences_of(header):
    """What the comments of checked.hpp say of each call."""
    text = header.read_text(encoding='utf-8') if header.is_file() else ''
    return {name: lists.first_sentence_of(comment) for comment, name in re.findall(r'((?:^ *///.*\n)+)[^/\n]*?\b(\w+)\(', text, re.M)}


def told_in(call, pages):
    """The first section of each page that names the call in code."""
    in_code = re.compile(rf'`[^`\n]*(?<!\w){call}(?!\w)[^`\n]*`')
    for page in sorted(pages, key=lambda page: not page.id.startswith('lesson')):
        for anchor, heading, parts in sections(page) if page.id not in lists.LOOK_UP and page.path.name != 'task.md' else ():
            if any(part.kind in ('line', 'seenin') and in_code.search(part.text) for part in parts):
                yield place(page, anchor, named(page, heading))
                break


def program_lines(call, made, source):
    for file, calls in made.items():
        if call in calls:
            page = lists.listing_page(file, source)
            lines = ', '.join(f'<a href="{page}#l{line:05}">{line}</a>' for line in dict.fromkeys(calls[call]))
            yield f'{re.sub("^lessons/", "", str(file.relative_to(source)))}: {lines}'


def calls_page(pages, programs, source):
    checked = source / 'common' / 'kernel' / 'checked.hpp'  # which has all of them
    headers = [file for file in sorted((source / 'common').rglob('*.hpp')) if file != checked]
    made = {file: calls_made(file.read_text(encoding='utf-8')) for file in [*programs, *headers]}
    names = sorted({call for calls in made.values() for call in calls})
    said = sentences_of(checked)
    out = ['# System calls {#calls}\n\nThe calls of the kernel and of the C library that the course is about: what the pages say of each, and '
           'the lines of its programs and of its library that make it.\n\n' + ', '.join(f'<a href="#call_{name}"><code>{name}</code></a>' for name in names) + '\n']
    for name in names:
        shown, address = man_page(name)
        what = OTHERWISE_SAID.get(name) or re.sub(r' \(man [^)]*\)', '', said.get(name, ''))
        told = ', '.join(told_in(name, pages))
        lines = ''.join(f'- {line}\n' for line in program_lines(name, made, source))
        out.append(f'\n## {name} {{#call_{name}}}\n\n{what} [{shown}]({address}).{f" Told in {told}." if told else ""}\n\n{lines}')
    return ''.join(out)


# ---- what is told where ----

def questions(page):
    """Of each \\predict its last question, and the sentence before it."""
    for anchor, _, parts in sections(page):
        asked = None
        for part in parts:
            if part.kind == 'predict':
                asked = []
            elif part.kind == 'answer' and asked is not None:
                words = re.split(r'(?<=[.?!]) ', plain(' '.join(asked)))
                last = max((at for at, sentence in enumerate(words) if sentence.endswith('?')), default=len(words) - 1)
                yield place(page, anchor, ' '.join(words[max(last - 1, 0):last + 1]))
                asked = None
            elif asked is not None and part.kind == 'line':
                asked.append(part.text)


def mistakes(page):
    """What a reader sees: the first cells of the tables of what goes wrong, and each pitfall's first sentence."""
    for anchor, heading, parts in sections(page):
        rows = [part.text for part in parts if part.kind == 'line' and part.text.startswith('|')] if heading in TABLES else []
        for row in rows[2:]:
            yield place(page, anchor, plain(re.split(r'(?<!\\)\|', row)[1]))
        for at, part in enumerate(parts):
            if part.kind == 'pitfall':
                text = ' '.join(after.text for after in parts[at + 1:] if after.kind == 'line')
                yield place(page, anchor, plain(re.split(r'(?<=[.?!]) ', text.strip())[0]))


def real_systems(pages):
    """Each public report, and the section that tells of it."""
    found = {}
    for page in pages:
        for anchor, heading, parts in sections(page):
            for name, address in BUG.findall(' '.join(part.text for part in parts if part.kind != 'code')):
                told = place(page, anchor, named(page, heading))
                found.setdefault((name, address), []).append(told)
    for (name, address), told in sorted(found.items(), key=lambda one: one[0][0].lower()):
        yield f'<a href="{address}">{name}</a>: {", ".join(dict.fromkeys(told))}'


def figures(page, title_of):
    for anchor, _, parts in sections(page):
        for part in parts:
            if part.kind in ('figure', 'stepper'):
                yield place(page, anchor, html.escape(title_of(part.text.strip()), quote=False))


def words(pages, glossary):
    """Each word of the glossary, and the pages that use it."""
    anchors = {}
    for word, anchor in glossary.items():
        anchors.setdefault(anchor, word)
    for anchor, word in sorted(anchors.items(), key=lambda one: one[1]):
        used = [place(page, page.id, named(page, '')) for page in pages if anchor in page.linked_terms]
        yield f'<a href="glossary.html#{anchor}">{html.escape(word)}</a>' + (f': {", ".join(used)}' if used else '')


def by_page(pages, entries):
    for page in pages:
        found = list(entries(page))
        if found:
            yield f'<b>{html.escape(page.title, quote=False)}</b>\n' + ''.join(f'  - {entry}\n' for entry in found).rstrip('\n')


def index_page(pages, glossary, title_of):
    exercises = (place(page, page.id, html.escape(page.title, quote=False)) for page in pages if page.path.name == 'task.md')
    parts = (('What goes wrong, as it is seen', by_page(pages, mistakes)), ('Questions: what happens if …?', by_page(pages, questions)),
             ('Seen in real systems', real_systems(pages)), ('Figures', by_page(pages, lambda page: figures(page, title_of))),
             ('Exercises', exercises), ('Words', words(pages, glossary)))
    out = ['# Index {#indices}\n\n[TOC]\n\nMade of all pages. \\ref calls "System calls" and \\ref all_errors have pages of their own.\n']
    for title, entries in parts:
        found = list(entries)
        if found:
            out.append(f'\n## {title} {{#indices_{re.sub(r"[^a-z]+", "_", title.lower()).strip("_")}}}\n\n' + ''.join(f'- {entry}\n' for entry in found))
    return ''.join(out)
