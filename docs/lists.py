"""The lists of the site: the menu of every page, the lessons, the library by header, the programs by lesson."""
import html
import pathlib
import re

from page import ABBREVIATION

LIBRARY = (('ring', 'The ring'), ('program', 'What surrounds a program'), ('kernel', "The kernel's calls, checked, and what it says"),
           ('memory', 'What lies in shared memory'), ('measure', 'Measuring two processes'))

LOOK_UP = ('symptoms', 'other_messages', 'program_messages', 'glossary')  # pages of the guide that are not read from top to bottom


def doxygen_name(path, underscore='_'):
    """The name that Doxygen gives to the page of a file, without .html; a header's has each _ twice."""
    escaped = ''.join({'_': underscore, '/': '_2', '.': '_8', ' ': '_01'}.get(c, c) for c in str(path))
    return re.sub('[A-Z]', lambda letter: '_' + letter[0].lower(), escaped)


def header_page(file):
    return doxygen_name(file.name, '__') + '.html'


def program_page(relative):
    return doxygen_name(relative) + '-example.html'


def listing_page(file, source):
    """Where its lines have numbers: as a program, or, of a header of the library, as Doxygen lists it."""
    relative = file.relative_to(source)
    if file.suffix == '.hpp' and relative.parts[0] == 'common':
        return header_page(file).removesuffix('.html') + '_source.html'
    return program_page(relative)


def first_sentence_of(comment):
    """Of a /// comment."""
    paragraph = re.sub(r'\s*\n *///? ?', ' ', comment.strip().removeprefix('///').split('\n///\n')[0])
    said = ''
    for part in re.split(r'(?<=[.!?])\s+', paragraph.strip()):
        said += ' ' * bool(said) + part
        if not re.search(ABBREVIATION + '$', said):
            break
    return said


def first_sentence(file):
    """Of the comment that says what a file is for; '' if it has none."""
    comment = re.search(r'^/// @file\n((?:///.*\n)*)', file.read_text(encoding='utf-8'), re.M)
    return first_sentence_of(comment[1]) if comment else ''


def purpose(file):
    """The first sentence without the lesson's number, which stands above it."""
    said = re.sub(r'^Lesson \d\d(, [^:]*)?: ', '', first_sentence(file))
    return said[:1].upper() + said[1:]


def without_number(page):
    return re.sub(r'^Lesson \d\d(, deeper)?: ', '', page.title)


def menu_link(page, shown):
    return f'<a href="{page}.html">{shown}</a>'


def menu(before, lessons, guide, has_errors):
    """The list that stands beside every page: (before: the start page, and what precedes lesson 01)."""
    out = ['<ul>', *(f'<li>{menu_link(page.id, html.escape(page.title if page.id != "index" else "Start"))}</li>' for page in before),
           '</ul>', f'<p class="group">{menu_link("lessons", "Lessons")}</p>', '<ol class="numbered">']
    for page in lessons:
        below = page.deeper and f'<ul><li>{menu_link(page.deeper.id, "Deeper: " + html.escape(without_number(page.deeper)))}</li></ul>'
        out.append(f'<li data-lesson="{page.id}">' + menu_link(
            page.id, f'<span class="number">{page.id[-2:]}</span> {html.escape(without_number(page))}') + f'{below or ""}</li>')
    out.append('</ol>')
    to_read = [page for page in guide if page.id not in LOOK_UP]
    if to_read:
        out += ['<p class="group">Guide</p>', '<ul>', *(f'<li>{menu_link(page.id, html.escape(page.title))}</li>' for page in to_read), '</ul>']
    there = {page.id: html.escape(page.title) for page in guide}
    look_up = [*((name, there[name]) for name in LOOK_UP[:1] if name in there), *([('all_errors', 'All error messages')] if has_errors else []),
               *((name, there[name]) for name in LOOK_UP[1:] if name in there),
               ('calls', 'System calls'), ('indices', 'Index'), ('library', 'Library by header'), ('programs', 'Programs by lesson')]
    out += ['<p class="group">Look up</p>', '<ul>', *(f'<li>{menu_link(*entry)}</li>' for entry in look_up), '</ul>']
    return '\n'.join(out)


def aim(folder):
    found = re.search(r'^goal *= *"(.*)"', (folder / 'lesson.toml').read_text(encoding='utf-8'), re.M)
    return found[1].replace('\\"', '"') if found else ''


def minutes(page):
    found = re.search(r'^\\lessonmeta\{\s*(\d+)', page.text, re.M)
    return f'<span class="minutes">{found[1]} minutes</span>' if found else ''


def lesson_list(lessons):
    """Each lesson with its aim and its minutes, as one line of HTML."""
    return '<ol class="lessons">' + ''.join(
        f'<li data-lesson="{page.id}"><span class="number" aria-hidden="true">{page.id[-2:]}</span><div><a href="{page.id}.html">'
        f'{html.escape(without_number(page))}</a> {minutes(page)}<p>{html.escape(aim(page.folder))}</p></div></li>'
        for page in lessons) + '</ol>'


def lessons_page(lessons):
    return ('# Lessons {#lessons}\n\nIn the order in which they build on each other.\n\n'
            f'\\htmlonly[block]{lesson_list(lessons)}\\endhtmlonly\n\n'
            # what makes them its subpages; finish_pages.py takes it out
            '\\htmlonly[block]<div class="subpages">\\endhtmlonly\n'
            + ''.join(f'\\subpage {page.id}\n' for page in lessons) + '\\htmlonly[block]</div>\\endhtmlonly\n')


def in_table(text):
    return text.replace('|', '\\|')


def library_page(common):
    out = ['# Library by header {#library}\n\nWhat more than one lesson uses, a row for each header: `#include "common/ring/ring.hpp"`. '
           'The ring is a project of its own and needs nothing else: `#include <shm/ring/ring.hpp>`.\n']
    for folder, title in LIBRARY:
        out.append(f'\n## {title} {{#library_{folder}}}\n\n| header | what it is for |\n| --- | --- |\n')
        headers = sorted((common / folder).glob('*.hpp'), key=lambda file: (file.stem != folder, file.name))
        out += [f'| <a href="{header_page(file)}">{folder}/{file.name}</a> | {in_table(first_sentence(file))} |\n' for file in headers]
    return ''.join(out)


def file_list(files, source, folder):
    """The files that say what they are for, in a row each; below, those beside them."""
    def link(file):
        return f'<a href="{program_page(file.relative_to(source))}">{file.relative_to(folder)}</a>'
    rows = [f'| {link(file)} | {in_table(purpose(file))} |\n' for file in files if first_sentence(file) and file.suffix == '.cpp']
    beside = [link(file) for file in files if not first_sentence(file) or file.suffix != '.cpp']
    return ('| program | what it does |\n| --- | --- |\n' + ''.join(rows) + '\n' if rows else '') + (
        f'{"Beside them: " if rows else ""}{", ".join(beside)}.\n' if beside else '')


def programs_page(lessons, programs, source):
    out = ['# Programs by lesson {#programs}\n\nEvery file of the lessons as it is compiled, with its lines numbered. '
           'What stands in `broken/` is the obvious wrong way, which fails on purpose.\n']
    for page in lessons:
        files = [file for file in programs if page.folder in file.parents]
        out.append(f'\n## {page.title} {{#programs_{page.id}}}\n\n' + file_list(files, source, page.folder))
    files = [file for file in programs if source / 'common' in file.parents]
    if files:
        out.append('\n## The library {#programs_library}\n\n' + file_list(files, source, source / 'common'))
    return ''.join(out)


def program_comments(programs, lessons, source):
    r"""What makes a page of each file: \example, and the lesson that it is from."""
    out = []
    for file in programs:
        lesson = next((page.id for page in lessons if page.folder in file.parents), None)
        said = purpose(file)
        text = f' *  From \\ref {lesson}.' if lesson else ' *  From \\ref library "the library".'
        out.append(f'/** \\example{{lineno}} {file.relative_to(source)}\n *  \\details {said}\n *\n{text}\n */\n')
    return '\n'.join(out)
