#!/usr/bin/env python3
"""Mends what Doxygen 1.9 cannot be told to do, in every page that it made.

    finish_pages.py HTML_DIR

The title becomes the page's <h1> and the sections below it <h2> and <h3> (Doxygen writes a <div>, and
<h1> for each section); the text is <main>'s; pictures have a text
and empty cells are no headings; snippets lose the indentation that their lines share.
"""
import pathlib
import re
import sys


def without_shared_indentation(fragment):
    lines = re.findall(r'<div class="line">( *)(?! |</div>)', fragment[0])
    shared = min((len(indentation) for indentation in lines), default=0)
    return fragment[0].replace('<div class="line">' + ' ' * shared, '<div class="line">')


def one_deeper(text):
    text = re.sub(r'<(/?)h([1-5])\b', lambda tag: f'<{tag[1]}h{int(tag[2]) + 1}', text)
    return re.sub(r'(<div class="toc">)<h4>(.*?)</h4>', r'\1<h3 aria-level="2">\2</h3>', text)


for file in pathlib.Path(sys.argv[1]).glob('*.html'):
    text = file.read_text()
    text = re.sub(r'<div class="title">(.*?)</div>', r'<h1 class="title">\1</h1>', text, count=1, flags=re.S)
    text = text.replace('<div id="doc-content">', '<div id="doc-content" role="main" tabindex="-1">', 1)
    text = text.replace('<div id="side-nav" ', '<div id="side-nav" role="navigation" aria-label="Contents" ', 1)
    text = text.replace('<div id="top">', '<div id="top" role="banner">', 1)
    text = text.replace('<div id="nav-path" ', '<div id="nav-path" role="contentinfo" ', 1)
    text = re.sub(r'(<div class="contents">\s*)(.*)', lambda part: part[1] + (
        one_deeper(part[2]) if '<div class="textblock">' in part[2][:4000] and 'groupheader' not in part[2] else part[2]),
        text, flags=re.S)
    text = re.sub(r'<div class="fragment">.*?</div><!-- fragment -->', without_shared_indentation, text, flags=re.S)
    text = re.sub(r'<object type="image/svg\+xml" data="([^"]*)"[^>]*>.*?</object>(\s*<div class="caption">\s*)(.*?)</div>',
                  r'<img src="\1" alt="\3"/>\2\3</div>', text, flags=re.S)
    text = re.sub(r'<th( [^>]*)?>\s*</th>', r'<td\1></td>', text)
    text = re.sub(r'<img class="footer"[^>]*>', 'Doxygen', text)
    file.write_text(text)
