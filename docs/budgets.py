#!/usr/bin/env python3
"""Looks whether the pages can be read in a sitting: words, code, output, long sentences, vague subjects.

    budgets.py SOURCE_DIR SCENES_DIR            fails where a page is over its budget
    budgets.py SOURCE_DIR SCENES_DIR --show     prints all figures, and the longest sentences

A page that may be over for now stands in over_budget.txt with its figure, which may only shrink. How a page
reads aloud decides nothing here: these are places to look at.
"""
import pathlib
import re
import sys

from page import ABBREVIATION, Page, guide_pages

LESSON = {'words': 1200, 'code': 110, 'output': 40, 'rows': 6, 'printed': 8}  # printed: tests/site/test_browser.py
ALL = {'long': 0, 'vague': 3}
ENDED = re.compile(r'\[(ended by|exit status) \w+\]$')  # which no program printed
MOST_WORDS = 32   # of a sentence
VAGUE = re.compile(r'\b(nobody|somebody|whoever|whatever|anybody|everybody|what is|what was|that which|the one that|it is that|'
                   r'is not to be|as it were)\b', re.I)


def sentences(text):
    """Of the prose: not of code, tables, headings and commands."""
    text = re.sub(r'```.*?```', '', text, flags=re.S)
    text = re.sub(r'<[^>]+>|\\(from|output|figure|stepper|lessonmeta|first|lessons|measured)\{[^}]*\}|\{#[^}]*\}', '', text)
    lines = [line for line in text.split('\n') if not re.match(r'\s*(\||#|\\|\[TOC\])', line)]
    for paragraph in re.split(r'\n\s*\n|\n\s*[-*] |\n\s*\d+\. ', '\n'.join(lines)):
        plain = re.sub(r'\[([^\]]*)\]\([^)]*\)', r'\1', re.sub(r'\s+', ' ', paragraph)).strip()
        plain = re.sub(ABBREVIATION, lambda found: found[0].replace('.', ''), plain)
        for sentence in re.split(r'(?<=[.!?:;])\s+(?=[A-Z`*"(])', plain):
            if len(re.findall(r'[A-Za-z]{2,}', sentence)) >= 3:
                yield sentence


def count_words(sentence):
    return len(re.findall(r"[A-Za-z0-9_`'-]+", sentence))


def reading(text):
    """How a text reads: its words, its sentences that are too long, and vague subjects in 1,000 words."""
    found = list(sentences(text))
    words = sum(map(count_words, found))
    vague = sum(len(VAGUE.findall(sentence)) for sentence in found)
    return {'words': words, 'long': sum(count_words(sentence) > MOST_WORDS for sentence in found),
            'vague': round(1000 * vague / words) if words else 0}


def shown(page):
    """What a lesson's page shows beside its prose, in lines."""
    code = output = rows = 0
    heading, fenced = '', False
    for part in page.parts():
        if part.kind == 'heading' and part.level == 2:
            heading = part.text
        elif part.kind == 'code':
            fenced ^= bool(re.match(r'\s*(```|~~~)', part.text))
            code += fenced and not re.match(r'\s*(```|~~~)', part.text)
        elif part.kind == 'from' and (snippet := page.snippet(part.line, part.text)):
            code += len([line for line in snippet.code.splitlines() if not re.match(r'\s*//! \[', line)])
        elif part.kind == 'output' and (printed := page.output(part.line, part.text)):
            output += sum(not ENDED.search(line) for text in printed.texts for line in text.splitlines())
        elif part.kind == 'line' and heading == 'When it goes wrong' and re.match(r'\|(?! *-)', part.text):
            rows += 1
    return {'code': code, 'output': output, 'rows': max(rows - 1, 0)}


def figures(page):
    measured = reading(page.text)
    return {**measured, **shown(page)} if page.path.name == 'lesson.md' else {key: measured[key] for key in ALL}


def allowed(source):
    """What over_budget.txt lets be: page and figure -> at most."""
    found = {}
    for line in (source / 'docs' / 'over_budget.txt').read_text(encoding='utf-8').splitlines():
        if line and not line.startswith('#'):
            page, figure, most = line.split()
            found[page, figure] = int(most)
    return found


def excesses(name, measured, over):
    """What is wrong, and what no longer needs its line in over_budget.txt."""
    for figure, is_ in measured.items():
        budget = {**LESSON, **ALL}.get(figure)
        if budget is None:
            continue
        most = max(over.get((name, figure), budget), budget)
        if is_ > most:
            yield 'over', f'{name}: {figure} {is_}, at most {most}' + (' (over_budget.txt)' if most > budget else '')
        elif is_ <= budget < most:
            yield 'done', f'{name}: {figure} is within its budget now: take it out of over_budget.txt'


def main():
    source, scenes = (pathlib.Path(path).resolve() for path in sys.argv[1:3])
    files = [*sorted(source.glob('lessons/[0-9][0-9]-*/lesson.md')), *sorted(source.glob('lessons/[0-9][0-9]-*/deeper.md')),
             source / 'docs' / 'start.md', *guide_pages(source)]
    over, problems = allowed(source), []
    for file in files:
        page = Page(file, source, scenes, [], file.with_suffix('') if file.parent.name == 'docs' else None)
        measured = figures(page)
        if '--show' in sys.argv:
            print(f'{page.name}: ' + ', '.join(f'{figure} {is_}' for figure, is_ in measured.items()))
            for sentence in sorted(sentences(page.text), key=count_words)[:-4:-1]:
                print(f'    {count_words(sentence)}: {sentence[:200]}')
        problems += excesses(page.name, measured, over)
    print('\n'.join(text for _, text in problems))
    sys.exit('--show' not in sys.argv and any(kind == 'over' for kind, _ in problems))


if __name__ == '__main__':
    main()
