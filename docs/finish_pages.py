#!/usr/bin/env python3
"""Mends what Doxygen 1.9 cannot be told to do, in every page that it made.

    finish_pages.py HTML_DIR

The title becomes the page's <h1> and the sections below it <h2> and <h3>, each with a link to itself; the text is
<main>'s; the menu marks the page that it stands on. Code and output stand in boxes that bear their names. A table's cells
know their column, so that a telephone can show each row as a card. `shm::check` in a text leads to its header's page, and
a call of the system's, in code, does not lead to a function of ours that has its name. Style sheets lose their comments, but a
licence, and their spaces: every page loads them.
"""
import html
import pathlib
import re
import sys

from page import row_name

IN_COLUMNS = re.compile(r'^.*\S {2,}\S.* {2,}\S', re.M)
IN_SHEET = re.compile(r"""\s*(/\*.*?\*/)\s*|("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|url\([^)]*\))|\s*[{};,]\s*|\s+""", re.S)
SYMBOL = re.compile(r'<code>((?:shm|checked|measure)::[\w:]+)(\(.*?\))?</code>')


def without_shared_indentation(fragment):
    """A comment's <span> may stand before the spaces: they are its line's all the same."""
    lines = re.findall(r'<div class="line">(?:</?span[^>]*>)*( *)(?! |</div>|</span></div>)', fragment)
    shared = min((len(indentation) for indentation in lines), default=0)
    return re.sub(rf'(<div class="line">(?:</?span[^>]*>)*) {{{shared}}}', r'\1', fragment)


def one_deeper(text):
    return re.sub(r'<(/?)h([1-5])\b', lambda tag: f'<{tag[1]}h{int(tag[2]) + 1}', text)


def contents_box(text):
    """Doxygen's table of contents as one that folds."""
    return re.sub(r'<div class="toc"><h[34][^>]*>.*?</h[34]>\s*(.*?)\n</div>',
                  r'<details class="toc"><summary>On this page</summary><nav aria-label="On this page">\1</nav></details>', text, flags=re.S)


def self_links(text):
    """A heading with an anchor leads to itself, so that a reader can copy its address."""
    def linked(found):
        level, identifier, words = found.groups()
        said = html.escape(html.unescape(re.sub('<.*?>', '', words)).strip(), quote=True)
        return (f'<h{level} id="{identifier}">{words.strip()}&#160;'
                f'<a class="self" href="#{identifier}" aria-label="Link to “{said}”">#</a></h{level}>')
    return re.sub(r'<h([2-5])><a class="anchor" id="([^"]*)"></a>(.*?)</h\1>', linked, text, flags=re.S)


def boxes(text):
    """Code and output, each in a box with its name; what has none is a box as well, for the button that copies it."""
    code = r'<div class="fragment">.*?</div><!-- fragment -->|<pre class="fragment">.*?</pre>'

    def boxed(found):
        name, inside = found.groups()
        inside = re.sub(r'^((?:[^\n│]* │ )?)(\[(?:ended by|exit status) \w+\])$', r'\1<span class="ended">\2</span>', inside, flags=re.M)
        kind = 'output' if '<pre' in inside else 'code'
        if kind == 'output' and len(IN_COLUMNS.findall(inside)) >= 4:
            kind = 'output columns'  # which would be no table any more if its lines were wrapped
        return f'<div class="listing {kind}{"" if name else " bare"}">{name or ""}{inside}</div>'
    return re.sub(rf'(<div class="(?:src-name|output-title)">.*?</div>)?\s*({code})', boxed, text, flags=re.S)


LONG_NAME = 20
UNBROKEN = re.compile(r'(?!.*\W\()[\w.:,;\'"=*&@<>~()$+]+', re.ASCII)   # inside it no browser breaks a line (Unicode's annex 14)


def breakable(found):
    """Code in a text: long code breaks at its spaces and slashes, and a long name at its parts; never at a hyphen."""
    out = ''
    for piece in re.split(r'( +|(?<=[/,=]))', found[1]):
        parts = re.split(r'(?<=::)|(?<=\w[_.])', piece) if len(html.unescape(piece)) > LONG_NAME else [piece]
        for part in filter(None, parts):
            kept = part if not part.strip() or UNBROKEN.fullmatch(html.unescape(part)) else f'<span>{part}</span>'
            out += kept if not out or out.endswith(' ') or not part.strip() else f'<wbr>{kept}'
    return f'<code class="long">{out}</code>'


def bare(row):
    """Without the classes that no style asks for, and that each cell of a long table has."""
    return re.sub(r' class="markdownTable(?:BodyNone|RowOdd|RowEven)"|[ \n]+(?=</?td)', '', row)


def cards(table):
    """The cells of a table know the heading of their column."""
    rows = re.findall(r'<tr.*?</tr>', table, re.S)
    heads = [html.escape(re.sub('<.*?>', '', cell).strip(), quote=True) for cell in re.findall(r'<t[hd][^>]*>(.*?)</t[hd]>', rows[0], re.S)]
    out = [re.sub(r'<(t[hd])( |>)', r'<\1 role="columnheader"\2', rows[0]).replace('<tr ', '<tr role="row" ', 1)]
    for row in rows[1:]:
        names = iter(heads)
        out.append(re.sub(r'<td( |>)', lambda cell: f'<td role="cell" data-label="{next(names, "")}"{cell[1]}', bare(row))
                   .replace('<tr', '<tr role="row"', 1))
    head, *body = out
    return f'<table role="table" class="markdownTable"><thead role="rowgroup">{head}</thead><tbody role="rowgroup">{"".join(body)}</tbody></table>'


FOUND_BY_ROW = ('symptoms.html', 'other_messages.html', 'program_messages.html')


def questions(page, text):
    """Each row of a table as a card: its first cell above the others, and a name of its own, so that the search can lead to it
    (search_index.py). What stands after "Seen as:" are messages, some of them many: they come last."""
    taken = set()

    def card(row):
        asked, *others = re.findall(r'<td[^>]*>(.*?)</td>', row, re.S)
        question, _, seen = asked.partition(' <em>Seen as:</em> ')
        name = f'{page}-{row_name(html.unescape(re.sub("<.*?>", "", question)))}'
        while name in taken:
            name += '_too'
        taken.add(name)
        cells = [f'<dd>{cell}</dd>' for cell in others]
        if seen:
            cells.append(f'<dd class="seen">{seen}</dd>')
        return f'<div id="{name}"><dt>{question}</dt>{"".join(cells)}</div>'

    def listed(found):
        head, *rows = re.findall(r'<tr.*?</tr>', found[0], re.S)
        heads = '|'.join(re.sub('<.*?>', '', cell).strip() for cell in re.findall(r'<th[^>]*>(.*?)</th>', head, re.S)[1:])
        return f'<dl class="asked" data-heads="{heads}">{"".join(card(bare(row)) for row in rows)}</dl>'
    return re.sub(r'<table class="markdownTable">.*?</table>', listed, text, flags=re.S)


def linked_symbols(text, symbols):
    """The first mention of each function in a text leads to it."""
    linked = set()

    def link(found):
        name = found[1]
        if name not in symbols or name in linked:
            return found[0]
        linked.add(name)
        return f'<a href="{symbols[name]}">{found[0]}</a>'
    # what is a link already, a heading or code of several lines stays
    return ''.join(part if at % 2 else SYMBOL.sub(link, part)
                   for at, part in enumerate(re.split(r'(<a .*?</a>|<h\d.*?</h\d>|<div class="fragment">.*?<!-- fragment -->)', text, flags=re.S)))


EXPLAINED = re.compile(r'<div class="ttc" id="a([^"]*)">.*\n?')


def without_wrong_links(name, text):
    """In code a plain `shm_open` is the system's, not checked::shm_open; and what is called plainly in a lesson is the
    lesson's or the exercise's own, unless it says `using`. What no link leads to any more is not explained below the page."""
    is_of_checked = name.startswith(('checked', 'common_2kernel_2checked'))
    is_of_lesson = name.startswith(('lesson', 'exercise'))

    def keep(found):
        before, href, shown = found.groups()
        if '::' in shown or before.endswith(('::', '.', '-&gt;', '&quot;', '&lt;')):
            return found[0]
        wrong = href.startswith('checked_8hpp') and not is_of_checked
        wrong = wrong or (is_of_lesson and '_8hpp.html#' in href and not re.search(rf'using .*?{re.escape(shown)}', text))
        return before + shown if wrong else found[0]
    text = re.sub(r'(.{0,6})<a class="code hl_function" href="([^"]*)">([^<]*)</a>', keep, text)
    linked = {href.replace('.html#', '_html_') for href in re.findall(r'<a class="code[^"]*" href="([^"]*)"', text)}
    return EXPLAINED.sub(lambda found: found[0] if found[1] in linked else '', text)


def without_links_by_name(text):
    """In the words of a page Doxygen takes any `ftok()` for a function of ours: what is not named whole leads nowhere."""
    return re.sub(r'<a class="el" href="\w+\.html#\w+"[^>]*>((?:(?!::|</a>).)*\(\))</a>', r'\1', text)


def declared(text):
    """The functions that a header's page documents, by their whole names."""
    found = {}
    for anchor, name in re.findall(r'<a id="(\w+)" name="\1"></a>[^<]*</td><td class="mem(?:Templ)?ItemRight"[^>]*><b>([\w:]+)</b>', text):
        found.setdefault(name, anchor)
    for anchor, name in re.findall(r'<a class="el" href="\w+\.html#(\w+)">((?:shm|checked|measure)::[\w:]+)</a>', text):
        found.setdefault(name, anchor)
    return found


def crumbs(text):
    """Of a page of the library: where its header stands in the list. Doxygen's own lead to pages of folders."""
    header = re.search(r'<li>common/[\w/]*<a class="el" href="(\w+_8hpp)_source.html">([\w.]+)</a>', text)
    more = f' › <a href="{header[1]}.html">{header[2]}</a>' if header else ''
    return f'<nav class="crumbs" aria-label="Where this is"><a href="library.html">Library by header</a>{more}</nav>'


SECTIONS = ((re.compile(r'-example\.html$'), 'programs'), (re.compile(r'_8[ch]pp|^(class|struct|namespace|union|dir_)'), 'library'))


def section(name):
    return next((page for pattern, page in SECTIONS if pattern.search(name)), '')


def framed(name, text):
    """Our frame instead of Doxygen's; the menu marks where it stands."""
    begin, end = text.index('<div id="top">'), text.index('<!-- top -->')
    inside = crumbs(text) if section(name) == 'library' else ''
    text = text[:begin] + f'<main id="text" class="{section(name) or "written"}" tabindex="-1">' + inside + text[end + len('<!-- top -->'):]
    menu_end = text.index('</header>')
    here = f'<a href="{name}"'
    menu = text[:menu_end].replace(here, here + ' aria-current="page"')
    if section(name):
        menu = menu.replace(f'<a href="{section(name)}.html"', f'<a href="{section(name)}.html" aria-current="true"')
    return menu + text[menu_end:]


def titled(name, text):
    text = re.sub(r'<div class="title">(.*?)</div>', r'<h1 class="title">\1</h1>', text, count=1, flags=re.S)
    text = re.sub(r'(<h1 class="title">.*?) (File|Class|Struct|Class Template|Struct Template) Reference', r'\1', text, count=1, flags=re.S)
    folders = [html.unescape(folder) for folder in re.findall(r'<li class="navelem"><a class="el" href="dir_\w+.html">(.*?)</a>', text)]
    if name.endswith('_8hpp.html') and folders:
        path = '/'.join([*folders, re.search(r'<h1 class="title">([\w.]+)', text)[1]])
        path = f'&lt;{path.replace("common", "shm", 1)}&gt;' if folders[1:] == ['ring'] else f'"{path}"'
        text = text.replace('</h1>', f'</h1><p class="include"><code>#include {path}</code></p>', 1)
    return re.sub(r'(<a name="details" id="details"></a>)<h2 class="groupheader">Detailed Description</h2>', r'\1', text)


def mended(name, text, symbols):
    text = framed(name, titled(name, text))
    is_written = '<div class="textblock">' in text and 'groupheader' not in text
    if is_written:
        before, contents, rest = re.split(r'(<div class="contents">)', text, maxsplit=1)
        text = before + contents + self_links(one_deeper(contents_box(rest)))
        text = re.sub(r'(<h([2-6])[^>]*>)<a class="anchor" id="([^"]*)"></a>', r'\1<span id="\3"></span>', text)
    text = re.sub(r'<div class="fragment">.*?</div><!-- fragment -->', lambda found: without_shared_indentation(found[0]), text, flags=re.S)
    # a snippet's markers, in a listing of a whole file
    text = re.sub(r'<div class="line">(?:<(?:a|span)[^>]*>(?:</a>)?(?:[ \d]*</span>)?)*\s*<span class="comment">\s*//! \[[^\]]*\]</span>.*?</div>\n', '', text)
    text = without_wrong_links(name, text)
    if is_written:
        text = linked_symbols(without_links_by_name(text), symbols)
    # what a table's source writes as \| Doxygen leaves so in code
    text = re.sub(r'<table class="markdownTable">.*?</table>', lambda found: found[0].replace('\\|', '|'), text, flags=re.S)
    text = re.sub(r'<code>([^<]{25,})</code>', breakable, boxes(text))
    text = re.sub(r'>([\w.-]+/)([\w.-]+#\d+</a>)', r'>\1<wbr>\2', text)  # owner/project#1: a report
    if name in FOUND_BY_ROW:
        text = questions(name.removesuffix('.html'), text)
    text = re.sub(r'<table class="markdownTable">.*?</table>', lambda found: cards(found[0]), text, flags=re.S)
    text = re.sub(r'<object type="image/svg\+xml" data="([^"]*)"[^>]*>.*?</object>(\s*<div class="caption">\s*)(.*?)</div>',
                  r'<img src="\1" alt="\3"/>\2\3</div>', text, flags=re.S)
    text = re.sub(r'<div class="subpages">.*?</div>', '', text, flags=re.S)
    text = re.sub(r'<p >\s*(<a class="anchor" id="[^"]*"></a>)?\s*</p>', r'\1', text)
    return re.sub(r'<th( [^>]*)?>\s*</th>', lambda found: f'<td{(found[1] or "").replace("columnheader", "cell")}></td>', text)


def without_comments(sheet):
    """A style sheet without the comments and spaces that no browser needs. What is quoted stays, and so does whose work it is."""
    def shorter(part):
        comment, kept = part.groups()
        if comment:
            return comment if re.search('copyright', comment, re.I) else ' '
        return kept or part[0].strip() or ' '
    return IN_SHEET.sub(shorter, sheet)


def main():
    for sheet in pathlib.Path(sys.argv[1]).glob('*.css'):
        sheet.write_text(without_comments(sheet.read_text()))
    files = sorted(pathlib.Path(sys.argv[1]).glob('*.html'))
    pages = {file.name: file.read_text() for file in files}
    symbols = {}
    for name, text in pages.items():
        if name.endswith('_8hpp.html'):
            for symbol, anchor in declared(text).items():
                symbols.setdefault(symbol, f'{name}#{anchor}')
    for file in files:
        if file.name.startswith('dir_'):
            file.unlink()  # what is in a folder of the library stands in the list of its headers
            continue
        file.write_text(mended(file.name, pages[file.name], symbols))


main()
