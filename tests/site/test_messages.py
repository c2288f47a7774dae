#!/usr/bin/env python3
"""What the tables under "When it goes wrong" quote is what the programs print: each part of a message stands in a source,
or in a scene.
"""
import errno
import os
import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
# What a program fills in, and where it puts two texts together.
BETWEEN = re.compile(r'…|: |; |/\S+|\b\d+\b|\b[A-Z]\b|\bthe ring (?=is |was |needs |has )')
TOO_SHORT = 12  # a part of so few characters may be filled in as well


def printed():
    """All words that our sources and scenes hold, literals that are cut in two put together; and what errno's values say."""
    texts = [os.strerror(number) for number in errno.errorcode]
    for folder in ('common', 'lessons', 'docs'):
        for kind in ('*.[ch]pp', 'lesson.toml'):
            texts += [re.sub(r'"\s*\n\s*"', '', file.read_text(encoding='utf-8')).replace('\\"', '"')
                      for file in (ROOT / folder).rglob(kind)]
    return ' '.join(' '.join(texts).split())


def quoted(page):
    """The messages in the first column of the page's tables whose first column is called so, with their lines."""
    in_table = False
    for number, line in enumerate(page.read_text(encoding='utf-8').splitlines(), 1):
        in_table = line.startswith('| message') or (in_table and line.startswith('|'))
        if in_table:
            for message in re.findall(r'`([^`]+)`', re.split(r' (?<!\\)\| ', line)[0]):
                yield number, message


class Messages(unittest.TestCase):
    def test_each_part_of_a_message_stands_in_a_source(self):
        sources, count = printed(), 0
        for page in [*sorted(ROOT.glob('lessons/*/*.md')), *sorted(ROOT.glob('docs/*.md'))]:
            for number, message in quoted(page):
                count += 1
                for part in BETWEEN.split(message):
                    part = part.strip(" :;,.'")
                    with self.subTest(f'{page.relative_to(ROOT)}:{number}', message=message):
                        self.assertTrue(' ' not in part or len(part) < TOO_SHORT or part in sources, part)
        self.assertGreater(count, 50)


if __name__ == '__main__':
    unittest.main()
