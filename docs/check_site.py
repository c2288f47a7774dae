#!/usr/bin/env python3
"""Looks through the built site: every local link and anchor must exist, and every page be well made.

    check_site.py HTML_DIR [SOURCE_DIR]

What Doxygen does not report (1.9.4): links to missing files and anchors, pictures that are missing or have
no text, elements left open by a command without its end, a page whose headings skip a level, what a reader would
stumble over (stumbles.py), a page that is too heavy with all that it loads. Paths of SOURCE_DIR stand on no page.
"""
import html.parser
import pathlib
import re
import sys
import urllib.parse

from stumbles import finders

root = pathlib.Path(sys.argv[1])
stumbles = finders([str(pathlib.Path(path).resolve()) for path in sys.argv[2:]])
MOST_BYTES = 600_000  # of a page with all that it loads
VOID = {'area', 'base', 'br', 'col', 'embed', 'hr', 'img', 'input', 'link', 'meta', 'source', 'track', 'wbr'}
MAY_STAY_OPEN = {'p', 'li', 'td', 'th', 'tr', 'dd', 'dt', 'tbody', 'thead'}


class Page(html.parser.HTMLParser):
    def __init__(self, file):
        super().__init__()
        self.ids, self.links, self.problems, self.open, self.headings = set(), [], [], [], []
        self.lang = self.skip_link = False
        self.loads = {file.name}
        text = file.read_text()
        self.feed(text)
        self.problems += [problem for find in stumbles for problem in find(file.name, text)]
        self.problems += [f'<{tag}> is never closed (a command without its end?)' for tag in self.open
                          if tag not in MAY_STAY_OPEN | {'html', 'body'}]

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if identifier := attributes.get('id'):
            if identifier in self.ids:
                self.problems.append(f'two elements have the id {identifier}')
            self.ids.add(identifier)
        if tag == 'a' and attributes.get('name'):
            self.ids.add(attributes['name'])
        self.links += [attributes[key] for key in ('href', 'src', 'data') if attributes.get(key)]
        if loaded := attributes.get('src') or (tag == 'link' and attributes.get('href')):
            self.loads.add(loaded)
        if tag == 'html':
            self.lang = bool(attributes.get('lang'))
        if 'skip' in (attributes.get('class') or '').split():
            self.skip_link = True
        if tag == 'img' and not attributes.get('alt'):
            self.problems.append(f'a picture without alt: {attributes.get("src")}')
        if re.fullmatch('h[1-6]', tag):
            self.headings.append(int(attributes.get('aria-level', tag[1])))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_data(self, data):
        if re.search(r'\\(ilinebr|htmlonly|endhtmlonly|verbinclude|snippet|output|figure|from|predict|answer)\b', data):
            self.problems.append(f'a command that was not understood: {data.strip()[:60]!r}')

    def handle_endtag(self, tag):
        if tag not in self.open:
            return
        while (last := self.open.pop()) != tag:
            if last not in MAY_STAY_OPEN:
                self.problems.append(f'<{last}> is still open at </{tag}>')


pages = {file.name: Page(file) for file in root.glob('*.html')}
links = [(name, link) for name, page in pages.items() for link in page.links]

problems = [f'{name}: {problem}' for name, page in pages.items() for problem in page.problems]
local = 0
for name, link in links:
    if re.match(r'(https?|mailto|javascript|data):', link):
        continue
    local += 1
    path, anchor = urllib.parse.urldefrag(link)
    target = root / urllib.parse.unquote(path) if path else root / name
    if not target.is_file():
        problems.append(f'{name}: {link}: no such file')
    elif anchor and target.name in pages and urllib.parse.unquote(anchor) not in pages[target.name].ids:
        problems.append(f'{name}: {link}: no such anchor')

for name, page in pages.items():
    weight = sum((root / part).stat().st_size for part in page.loads if (root / part).is_file())
    if weight > MOST_BYTES:
        problems.append(f'{name}: weighs {weight // 1000} KB with all that it loads, at most {MOST_BYTES // 1000}')
    if not page.lang:
        problems.append(f'{name}: does not say its language')
    if not page.skip_link:
        problems.append(f'{name}: no link that skips the menu')
    if re.match(r'lesson_|how_it_works|index', name):
        if page.headings[:1] != [1] or page.headings.count(1) != 1:
            problems.append(f'{name}: has to begin with its one <h1>; its headings are {page.headings}')
        problems += [f'{name}: a heading of level {b} follows one of level {a}'
                     for a, b in zip(page.headings, page.headings[1:]) if b > a + 1]

print('\n'.join(sorted(set(problems))[:60]))
print(f'{len(pages)} pages, {local} links within the site, {len(problems)} problems')
sys.exit(bool(problems) or not pages)
