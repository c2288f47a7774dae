"""What a reader of a built page would stumble over, and Doxygen does not report: each function finds one kind."""
import html
import re

from page import ABBREVIATION

# Where code stands: what looks like Markdown there is code.
CODE = re.compile(r'<(pre|code|script|style|svg)\b.*?</\1>|<div class="fragment">.*?<!-- fragment -->|'
                  r'<(?:td|table) class="(?:mem|param|entry)[^>]*>.*?</t(?:d|able)>|<div class="memproto">.*?</table>', re.S)
LISTING = re.compile(r'<div class="fragment">.*?<!-- fragment -->', re.S)
CELL = re.compile(r'<t([dh])\b[^>]*>\s*</t\1>')
ABBREVIATION_LAST = re.compile(ABBREVIATION + r'\s*(?:<a [^>]*>More\.\.\.|</p>|</td>|</div>|<br)|title="[^"]*\b(?:e\.g|i\.e)\."')


def words_of(text):
    """What stands between the tags, without code."""
    return re.sub(r'<[^>]*>', ' ', CODE.sub(' ', text.split('<body', 1)[-1]))


def is_written(text):
    return '<main id="text" class="written"' in text


def left_markup(_name, text):
    for found in re.findall(r'\S*\*\*\S*|\S*`\S*', html.unescape(words_of(text))):
        yield f'Markdown that stayed in the text: {found}'
    for found in re.findall(r'<(?:td|dd|dt)[ >][^|]*?(\S*)\\\|', LISTING.sub('', text)):
        yield f'a bar in a table whose backslash stayed: {found}'


def left_markers(_name, text):
    for found in re.findall(r'//! \[[^\]]*\]', text):
        yield f'a snippet\'s marker: {found}'
    for found in re.findall(r'\[[a-z]+ [a-z]+\]', words_of(text)):
        yield f'a snippet\'s marker in the text: {found}'


def said_twice(_name, text):
    found = re.findall(r'From <a [^>]*>[^<]*</a>\.', text)
    if len(found) > len(set(found)):
        yield 'says twice from which lesson it is'


def left_indentation(_name, text):
    """Of a snippet; a listing with numbered lines is a whole file."""
    for listing in LISTING.findall(text):
        lines = [re.sub(r'<[^>]*>', '', line) for line in re.findall(r'<div class="line">(.*?)</div>', listing)]
        if 'class="lineno"' not in listing and all(line.startswith(' ') for line in lines if line.strip()) and any(map(str.strip, lines)):
            yield f'a snippet whose lines are all indented: {next(filter(str.strip, lines)).strip()[:40]}'


def wrong_links(name, text):
    """Links that Doxygen made from a name alone, where the name is common."""
    if is_written(text):
        for shown in re.findall(r'<a class="el" href="\w+\.html#\w+"[^>]*>((?:(?!::|</a>).)*\(\))</a>', text):
            yield f'a link from a mere name: {shown}'
    is_of_checked = name.startswith(('checked', 'common_2kernel_2checked'))
    for before, href, shown in re.findall(r'(.{0,6})<a class="code hl_function" href="([^"]*)">(\w+)</a>', text):
        if before.endswith(('::', '.', '-&gt;', '&quot;', '&lt;')):
            continue
        if href.startswith('checked_8hpp') and not is_of_checked:
            yield f'{shown} of the system leads to checked::{shown}'
        elif name.startswith(('lesson', 'exercise')) and '_8hpp.html#' in href and not re.search(rf'using .*?{shown}', text):
            yield f'{shown} of the lesson leads to {href}'


def cut_sentences(_name, text):
    for found in ABBREVIATION_LAST.findall(LISTING.sub('', text)):
        yield f'a sentence that is cut at an abbreviation: {found[:40]}'


def empty_cells(_name, text):
    for table in re.findall(r'<table[^>]*class="markdownTable[" ].*?</table>', text, re.S):
        rows = re.findall(r'<tr.*?</tr>', table, re.S)
        for row in rows[1:]:
            for _ in CELL.findall(row):
                yield f'an empty cell in the row: {" ".join(re.sub("<[^>]*>", " ", row).split())[:50]}'
    for card in re.findall(r'<dt>.*?</div>', text, re.S):
        if re.search(r'<(d[td])[^>]*>\s*</\1>', card):
            yield f'an empty part of the card: {" ".join(re.sub("<[^>]*>", " ", card).split())[:50]}'


def machine_paths(paths):
    def find(_name, text):
        for path in paths:
            if path in text:
                yield f'a path of this machine: {path}'
    return find


def finders(paths):
    return (left_markup, left_markers, said_twice, left_indentation, wrong_links, cut_sentences, empty_cells, machine_paths(paths))
