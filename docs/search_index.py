#!/usr/bin/env python3
"""Makes search.js of the finished site: what can be found, and theme/search.js, which finds it.

    search_index.py HTML_DIR BUILD_DIR SOURCE_DIR

What can be found are entries of [kind, anchor, title, text] for each page: the written pages by section (p), the questions and
messages that have a card each (s, with the section and the names of the cards' parts before them: h, r;
and last the words, if any, that docs/search_words.txt has for it), the words of the glossary (w), the error messages of
BUILD_DIR/gallery.json (e), the library by what its pages declare (a), and the programs by their first sentence and the calls that
they make (c). Listings are not in it: of a snippet the names that it uses.
A page loads the file when its reader first searches: by a <script>, since a page that was opened as a file may fetch nothing.
It is packed, to a third of its size, as a browser can unpack it itself (DecompressionStream).
"""
import base64
import html
import itertools
import json
import pathlib
import re
import sys
import zlib

from calls import calls_made
from error_page import number_of, seen_as, words_for
from page import row_name

MOST_BYTES = 600_000
ALREADY = ('all_errors.html', 'indices.html', 'programs.html', 'library.html')  # made of what is found anyway
SECTION = re.compile(r'<h([23]) id="([^"]*)">(.*?)</h\1>', re.S)
MEMBER = re.compile(r'<a id="(\w+)" name="\1"></a>\s*<h2 class="memtitle">.*?<td class="memname">(.*?)</td>(.*?)'
                    r'(?=<a id="\w+" name="\w+"></a>\s*<h2 class="memtitle">|</main>|\Z)', re.S)
ROW = re.compile(r'<a id="(\w+)" name="\1"></a>[^<]*</td><td class="mem(?:Templ)?ItemRight"[^>]*><b>([\w:~]+)</b>(.*?)</td></tr>'
                 r'\s*<tr class="memdesc:\1">.*?<td class="mdescRight">(.*?)<br', re.S)
ASKED = re.compile(r'<dl class="asked" data-heads="([^"]*)">(.*?)</dl>', re.S)   # finish_pages.py
NAMED_ROW = re.compile(r'<div id="([^"]*)"><dt>(.*?)</dt>(.*?)(?:<dd class="seen">(.*?)</dd>)?</div>', re.S)
CELL = re.compile(r'<dd>(.*?)</dd>', re.S)
CALLED_AT = re.compile(r'<li>[\w./-]+: (?:<a href="[\w-]+(?:-example|_source)\.html#l\d+">\d+</a>(?:, )?)+</li>')   # calls.html: a program is found itself
FRAGMENT = re.compile(r'<div class="fragment">(.*?)</div><!-- fragment -->', re.S)
NOT_SAID = re.compile(r'<(script|style)\b.*?</\1>|<a class="self".*?</a>|<nav class="prevnext".*?</nav>|<span class="lineno">.*?</span>'
                      r'|<details class="toc">.*?</details>|<dl class="section examples">.*?</dl>|<p[^>]*>From <a[^>]*>Lesson \d\d: [^<]*</a>\.</p>'
                      r'|<p><code>#include &lt;.*?</code></p>|<hr/>The documentation for this.*|<div class="output-title">.*?</div>|' + FRAGMENT.pattern + '|' + CALLED_AT.pattern, re.S)
SOURCE = re.compile(r' \((?:man \d\w* [\w.-]+(?:[,;] )?)+\)')   # "(man 2 mmap)": where it is said from, which no reader looks for
REPORT = re.compile(r'([\w.-]+)/([\w.-]+)#\d+')
REPORTS = re.compile(rf' ?\((?:{REPORT.pattern}(?:, )?)+\)')   # "(owner/name#1, owner/name#2)"
KEYWORDS = {*'alignas break catch class const constexpr consteval constinit continue default delete double except false finally float import '
             'inline lambda namespace nullptr private public raise return short sizeof static static_assert static_cast reinterpret_cast '
             'std::size_t std::uint32_t std::uint64_t std::int32_t std::int64_t std::byte struct switch template throw typename union '
             'unsigned using virtual volatile while'.split()}


def words(markup):
    """What a reader sees of it, in one line."""
    text = re.sub(r'<(?:/?(?:p|li|td|th|tr|div|h\d|pre|dt|dd|summary)|br)\b[^>]*>', ' ', NOT_SAID.sub(' ', markup))
    return SOURCE.sub('', ' '.join(html.unescape(re.sub(r'<[^>]*>', '', text)).replace('\u200b', '').split()))


def body(page):
    return page[page.index('<main'):].partition('<footer')[0]


def title_of(page):
    return words(re.search(r'<h1 class="title">(.*?)</h1>', page, re.S)[1])


def with_names_of_reports(cells):
    """Of the reports that a row names in brackets, the project, if the row does not say it otherwise: a reader looks for its name,
    and for no owner and no number."""
    said = REPORTS.sub('', ' '.join(cells)).lower()

    def names(reports):
        new = dict.fromkeys(project for _, project in REPORT.findall(reports[0]) if project.lower() not in said)
        return f' ({", ".join(new)})' if new else ''
    return [REPORTS.sub(names, cell) for cell in cells]


def rows(name, section, markup):
    """Each card by its question (behind it, after a ¦, as what it is seen), with its other cells; before the cards of a list (h; r:
    the later list of a section, of particular programs) the section and the cells' names. An anchor that the question names is
    only a -."""
    for kind, (heads, cards) in zip(itertools.chain('h', itertools.repeat('r')), ASKED.findall(markup)):
        yield [kind, name, section, [head.capitalize() for head in heads.split('|')]]
        for anchor, asked, others, seen in NAMED_ROW.findall(cards):
            asked, *shown = with_names_of_reports([words(asked) + (f'¦{words(seen)}' if seen else ''), *map(words, CELL.findall(others))])
            is_named = anchor == f'{name.removesuffix(".html")}-{row_name(asked.partition("¦")[0])}'
            yield ['s', name, '-' if is_named else anchor, asked, shown]


def names_in_code(markup, said):
    """The names that its snippets use and its text does not: by them it is found, too. Whole listings would fill the index."""
    code = ' '.join(FRAGMENT.findall(re.sub(r'<span class="(?:comment|stringliteral|preprocessor)">.*?</span>', '', markup, flags=re.S)))
    names = re.findall(r'[A-Za-z_](?:\w|::|\.(?=\w))*', html.unescape(re.sub(r'<[^>]*>', '', re.sub(r'<br|</div>', r' \g<0>', code))))
    return ' '.join(name for name in dict.fromkeys(names) if len(name) > 4 and name not in KEYWORDS and name not in said)


def sections(name, page):
    """A written page, from one heading to the next; what precedes the first is found by the page's title. Questions are
    found each by itself."""
    kind = 'w' if name == 'glossary.html' else 'p'
    text = body(page)[body(page).index('<div class="textblock">'):]
    heads = list(SECTION.finditer(text))
    yield ['p', name, '', '', words(text[:heads[0].start()] if heads else text)]
    for head, after in zip(heads, [*heads[1:], None]):
        markup = text[head.end():after.start() if after else len(text)]
        yield from rows(name, words(head[3]), markup)
        said = words(ASKED.sub('', markup))
        names = names_in_code(markup, said)
        yield [kind, name, head[2], words(head[3]), f'{said} Code: {names}' if names else said]


def declared(name, page):
    """A page of the library: what its header is for, and each thing that it documents."""
    text = body(page)
    said = re.search(r'<div class="textblock">(.*?)(?=<h2|<table class="member|<p><a href="\w+_source|</main>|\Z)', text, re.S)
    yield ['a', name, '', '', words(said[1]) if said else '']
    whole = set()
    for anchor, declaration, rest in MEMBER.findall(text):
        called = words(declaration).split()[-1]
        documented = re.search(r'<div class="memdoc">(.*)', rest, re.S)
        whole.add(anchor)
        yield ['a', name, anchor, called, words(documented[1]) if documented else '']
    for anchor, called, _, sentence in ROW.findall(text):
        if anchor not in whole:
            yield ['a', name, anchor, called, words(sentence)]


def program(name, page, source):
    """A program: its first sentence, and the calls that it makes."""
    path = title_of(page)
    said = re.search(r'<div class="contents">(.*?)<div class="listing', page, re.S)
    made = calls_made((source / path).read_text(encoding='utf-8')) if (source / path).is_file() else {}
    return ['c', name, '', '', words(said[1] if said else '') + (f' Calls {", ".join(made)}.' if made else '')]


def error_rows(gallery):
    for row in json.loads(gallery.read_text())['rows'] if gallery.is_file() else []:
        seen, number = seen_as(row['expected']), number_of(row['expected'])
        text = f'{row["message"] or words_for(row["expected"])}{f", errno {number}" if number else ""}. Cause: {row["cause"]}. Cure: {row["cure"]}.'
        yield ['e', 'all_errors.html', f'error_{row["id"]}', f'{row["call"]} {seen}: {row["fault"]}', text]


def entries(site, source, gallery):
    yield from error_rows(gallery)
    pages = {file.name: file.read_text(encoding='utf-8') for file in sorted(site.glob('*.html'))}
    for name, page in pages.items():
        if name.endswith('_source.html') or name.endswith('-members.html') or name in ALREADY or '<h1 class="title">' not in page:
            continue
        if name.endswith('-example.html'):
            yield program(name, page, source)
        elif '<main id="text" class="library"' in page:
            yield from declared(name, page)
        elif '<main id="text" class="written"' in page:
            yield from sections(name, page)


def words_asked(file):
    """By what people who do not know the cause of it yet look for a card: by what the card is called, its words."""
    lines = [line for line in file.read_text(encoding='utf-8').splitlines() if line and not line.startswith('#')] if file.is_file() else []
    return dict(line.split(' = ', 1) for line in lines)


def with_words_asked(found, file):
    """Puts them behind the card's entry."""
    asked, cards = words_asked(file), {}
    for entry in found:
        if entry[0] == 's':
            _, _, anchor, question, _ = entry
            cards.setdefault(row_name(question.partition('¦')[0]) if anchor == '-' else anchor.rpartition('-')[2], []).append(entry)
    wrong = [f'{file.name}: {called}: {"several cards are" if called in cards else "no card is"} called so'
             for called in asked if len(cards.get(called, [])) != 1]
    if wrong:
        sys.exit('\n'.join(wrong))
    for called, said in asked.items():
        cards[called][0].append(said)


def by_page(found, site):
    """The same in fewer bytes: for each page its title and its entries. An anchor that begins with the page's name, as most do,
    begins with the _ or - after it."""
    pages = {}
    for kind, name, anchor, *said in found:
        if name not in pages:
            pages[name] = [title_of((site / name).read_text(encoding='utf-8')), []]
        pages[name][1].append([kind, anchor.removeprefix(name.removesuffix('.html')), *said])
    return pages


def main():
    site, build, source = (pathlib.Path(argument) for argument in sys.argv[1:4])
    found = [entry for entry in entries(site, source, build / 'gallery.json') if any(entry[3:])]
    with_words_asked(found, source / 'docs' / 'search_words.txt')
    data = json.dumps(by_page(found, site), ensure_ascii=False, separators=(',', ':')).encode()
    packed = base64.b64encode(zlib.compress(data, 9)).decode()
    code = (source / 'docs' / 'theme' / 'search.js').read_text(encoding='utf-8')
    (site / 'search.js').write_text(f'{code}\nshmSearch.load("{packed}");\n', encoding='utf-8')
    size = (site / 'search.js').stat().st_size
    print(f'search.js: {sum(entry[0] not in "hr" for entry in found)} places, {len(data) // 1000} KB, packed {size // 1000} KB')
    if size > MOST_BYTES:
        sys.exit(f'search.js has {size} bytes, at most {MOST_BYTES}')


if __name__ == '__main__':
    main()
