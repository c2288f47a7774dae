#!/usr/bin/env python3
"""The tools that make the site must find what is wrong: each test plants one mistake in a small course."""
import base64
import itertools
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest
import zlib

DOCS = pathlib.Path(__file__).resolve().parents[2] / 'docs'
sys.path.insert(0, str(DOCS))
import budgets  # noqa: E402
import error_page  # noqa: E402
import orders  # noqa: E402

HEADER = '<!-- made -->\n<html>\n<head>\n<link href="$relpath^tabs.css"/>\n$treeview\n</head>\n<body>\n<div id="top">\n'
FIGURE = '<!-- caption: A box. -->\n<svg viewBox="0 0 420 10">\n<title>A box</title>\n<desc>Empty.</desc>\n</svg>\n'
PAGE = '''# Lesson 01: First {#lesson_01}

\\lessonmeta{10, nothing}

## Run it

\\output{it runs, writer}

\\figure{box}

\\from{writer.cpp, do it}

\\predict

What?

\\answer

That, see [lesson 02](../02-second/lesson.md) and [the program](writer.cpp).

\\endpredict
'''


class SmallCourse(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.root = pathlib.Path(self.folder.name).resolve()
        self.write('README.md', '# The course\n\n[01](lessons/01-first/lesson.md), [run](lessons/run)\n')
        self.write('lessons/run', '')
        self.write('docs/how-shared-memory-works.md', '# How {#how_it_works}\n')
        self.write('docs/start.md', '# The course\n\n\\first{Start with}\n\n## The lessons\n\n\\lessons{}\n')
        for part in ('head', 'foot'):
            self.write(f'docs/theme/{part}.html', '')
        self.write('docs/theme/frame.html', '<nav>\nMENU\n</nav>\n')
        self.write('common/ring/ring.hpp', '/// @file\n/// A ring, e.g. of 8 slots. More.\n')
        self.write('common/ring/consumer.hpp', '/// @file\n/// The end that\n/// receives; lesson 01.\n///\n/// More.\n')
        self.write('common/program/check.hpp', '/// @file\n/// A check.\n')
        for lesson in ('01-first', '02-second'):
            self.write(f'lessons/{lesson}/lesson.toml', 'title = "x"\ngoal = "Put a \\"sentence\\" into it."\n')
        self.write('docs/figures/box.svg', FIGURE)
        self.write('lessons/01-first/lesson.md', PAGE)
        self.write('lessons/01-first/writer.cpp', '//! [do it]\nwrite();\n//! [do it]\n')
        self.write('lessons/01-first/peek.cpp', '/// @file\n/// Lesson 01, second program: reads it. More.\n')
        self.write('lessons/02-second/lesson.md', '# Lesson 02: Second {#lesson_02}\n')
        self.write('lessons/03-third/worker.cpp', 'no page yet\n')
        self.write('scenes/01-first/it-runs/writer.txt', '$ writer\nhello\n')
        self.write('build/header.html', HEADER)
        self.write('build/footer.html', '<!-- start footer part -->\n</body>\n')
        self.write('build/DoxygenLayout.xml', '<navindex>\n</navindex>' + ''.join(
            f'<{kind}>\n<briefdescription visible="yes"/>\n<memberdecl>\n</memberdecl>\n<detaileddescription title=""/>\n</{kind}>\n'
            for kind in ('class', 'file')))

    def write(self, name, text):
        file = self.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


class CourseThatIsMade(SmallCourse):
    def make(self, environment=None):
        return subprocess.run([sys.executable, DOCS / 'make_pages.py', self.root, self.root / 'build', self.root / 'scenes'],
                              capture_output=True, text=True, env=environment)

    def made(self, name):
        return (self.root / 'build' / 'pages' / name).read_text()


class Course(CourseThatIsMade):
    """make_pages.py."""

    def plant(self, right, wrong, message):
        self.assertIn(right, PAGE)
        self.write('lessons/01-first/lesson.md', PAGE.replace(right, wrong, 1))
        run = self.make()
        self.assertEqual(run.returncode, 1, run.stdout + run.stderr)
        self.assertIn(message, run.stderr)

    def test_a_course_without_mistakes_is_made(self):
        run = self.make()
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertIn('03-third has no lesson.md yet', run.stdout)
        page = self.made('lessons/01-first/lesson.md')
        self.assertIn('\\verbinclude outputs/01-first/it-runs-writer.txt', page)
        self.assertIn('\\snippet lessons/01-first/writer.cpp do it', page)
        self.assertIn('## Run it {#lesson_01_run_it}', page)
        self.assertIn('href="lessons_201-first_2writer_8cpp-example.html"', page)
        for number, line in enumerate(PAGE.split('\n')):  # so that Doxygen's messages name the source's lines
            if line and line[0] not in '\\#T':
                self.assertEqual(page.split('\n')[number], line)

    def test_the_reading_order_is_that_of_the_folders(self):
        self.make()
        chain = ['docs/start.md', 'docs/how-shared-memory-works.md', 'lessons/01-first/lesson.md', 'lessons/02-second/lesson.md']
        ids = ['index', 'how_it_works', 'lesson_01', 'lesson_02']
        for at, name in enumerate(chain):
            page = self.made(name)
            for rel, other in (('prev', at - 1), ('next', at + 1)):
                expected = 0 <= other < len(ids)
                self.assertEqual(f'rel="{rel}"' in page, expected, name)
                self.assertEqual(expected and f'rel="{rel}" href="{ids[other]}.html"' in page, expected, name)

    DEEPER = '# Lesson 01, deeper: Down {#lesson_01_deeper}\n\n## Run it\n\n\\output{it runs, writer}\n\n\\from{writer.cpp, do it}\n'

    def test_a_deeper_page_stands_under_its_lesson_and_beside_the_order(self):
        self.write('lessons/01-first/deeper.md', self.DEEPER)
        self.write('lessons/01-first/lesson.md', PAGE + '\n[why](deeper.md#run-it)\n')
        run = self.make()
        self.assertEqual(run.returncode, 0, run.stderr)
        lesson, deeper = self.made('lessons/01-first/lesson.md'), self.made('lessons/01-first/deeper.md')
        self.assertIn('\\subpage lesson_01_deeper', lesson)
        self.assertIn('<a href="lesson_01_deeper.html#lesson_01_deeper_run_it">why</a>', lesson)
        self.assertIn('rel="next" href="lesson_02.html"', lesson)
        self.assertIn('## Run it {#lesson_01_deeper_run_it}', deeper)
        self.assertIn('\\verbinclude outputs/01-first/it-runs-writer.txt', deeper)
        self.assertIn('\\snippet lessons/01-first/writer.cpp do it', deeper)
        self.assertIn('rel="prev" href="lesson_01.html"', deeper)
        self.assertIn('rel="next" href="lesson_02.html"', deeper)
        self.assertIn('rel="prev" href="lesson_01.html"', self.made('lessons/02-second/lesson.md'))
        self.assertNotIn('deeper', self.made('lessons/02-second/lesson.md') + self.made('lessons.md'))

    def test_a_deeper_page_that_calls_itself_another(self):
        self.write('lessons/01-first/deeper.md', self.DEEPER.replace('#lesson_01_deeper', '#lesson_01_more'))
        run = self.make()
        self.assertEqual(run.returncode, 1)
        self.assertIn('lessons/01-first/deeper.md:1: begins', run.stderr)

    def test_the_closing_page_comes_after_the_last_lesson(self):
        self.write('docs/takeaways.md', '# Takeaways {#takeaways}\n')
        self.assertEqual(self.make().returncode, 0)
        self.assertIn('rel="next" href="takeaways.html"', self.made('lessons/02-second/lesson.md'))
        self.assertIn('rel="prev" href="lesson_02.html"', self.made('docs/takeaways.md'))

    def test_a_page_of_the_guide_is_one_file(self):
        self.write('docs/glossary.md', '# Glossary {#glossary}\n\n\\output{it runs, writer}\n')
        self.write('docs/WRITING.md', '# No page of the site\n')
        self.write('scenes/glossary/it-runs/writer.txt', '$ writer\nhello\n')
        run = self.make()
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertIn('\\verbinclude outputs/glossary/it-runs-writer.txt', self.made('docs/glossary.md'))
        self.assertIn('<a rel="prev" href="index.html"><span>Back to</span>', self.made('docs/glossary.md'))
        self.assertNotIn('rel="next"', self.made('docs/glossary.md'))
        self.assertIn('<a href="glossary.html">Glossary</a>', (self.root / 'build' / 'made-header.html').read_text())
        self.assertFalse((self.root / 'build' / 'pages' / 'docs' / 'WRITING.md').exists())

    def test_code_with_a_quote_in_it_reaches_doxygen_whole(self):
        self.write('lessons/02-second/lesson.md', "# Lesson 02: Second {#lesson_02}\n\n| `a` | b's | `it's` | `c` |\n")
        self.make()
        self.assertIn("| `a` | b's | ``it's`` | `c` |", self.made('lessons/02-second/lesson.md'))

    def test_a_percent_sign_in_code_reaches_the_reader(self):
        self.write('lessons/02-second/lesson.md', '# Lesson 02: Second {#lesson_02}\n\nType `stat -c %s FILE`, 5 % of `100 %`.\n')
        self.make()
        self.assertIn('Type `stat -c %%s FILE`, 5 % of `100 %`.', self.made('lessons/02-second/lesson.md'))   # Doxygen takes one of them

    def test_links_of_the_readme_hold_too(self):
        self.write('README.md', '# The course\n\n[01](lessons/01-third/lesson.md), [run](lessons/run)\n')
        run = self.make()
        self.assertEqual(run.returncode, 1)
        self.assertIn('README.md:3: link to lessons/01-third/lesson.md: no such file', run.stderr)

    def test_the_start_page_has_the_lessons_with_aim_and_minutes(self):
        self.make()
        page = self.made('docs/start.md')
        self.assertIn('<a class="first" href="how_it_works.html">Start with How</a>', page)
        self.assertIn('<a href="lesson_01.html">First</a> <span class="minutes">10 minutes</span>'
                      '<p>Put a &quot;sentence&quot; into it.</p>', page)
        self.assertLess(page.index('lesson_01.html">First'), page.index('lesson_02.html">Second'))

    def test_the_menu_has_every_written_page(self):
        self.write('lessons/01-first/deeper.md', self.DEEPER)
        self.write('docs/glossary.md', '# Glossary {#glossary}\n')
        self.gallery()
        menu = (self.root / 'build' / 'made-header.html').read_text()
        pages = ['index', 'how_it_works', 'lessons', 'lesson_01', 'lesson_01_deeper', 'lesson_02', 'all_errors', 'glossary', 'calls', 'indices', 'library', 'programs']
        self.assertEqual(re.findall('href="(\\w+).html"', menu), pages)
        self.assertIn('Deeper: Down', menu)

    def test_the_library_is_a_row_for_each_header_and_the_ring_first(self):
        self.make()
        page = self.made('library.md')
        rows = re.findall('html">(.*?)</a> \\| (.*) \\|', page)
        self.assertEqual(rows, [('ring/ring.hpp', 'A ring, e.g. of 8 slots.'), ('ring/consumer.hpp', 'The end that receives; lesson 01.'),
                                ('program/check.hpp', 'A check.')])

    def test_the_programs_stand_under_their_lessons_with_a_sentence_each(self):
        self.make()
        page = self.made('programs.md')
        self.assertIn('## Lesson 01: First {#programs_lesson_01}', page)
        self.assertIn('peek_8cpp-example.html">peek.cpp</a> | Reads it. |', page)
        self.assertRegex(page, r'Beside them: <a [^>]*>writer.cpp</a>')
        self.assertEqual(self.made('programs.dox').count('From \\ref lesson_01.'), 2)

    def gallery(self, **changed):
        row = {'section': 'Names', 'id': 'name-slash', 'fault': 'a <slash>', 'call': 'shm_open', 'expected': 'EINVAL',
               'seen': 'EINVAL', 'message': 'shm_open "/a": Invalid', 'not_here': None, 'as_expected': True,
               'cause': 'no folders', 'cure': 'one slash'}
        silent = {**row, 'id': 'key-shared', 'fault': 'a key', 'call': 'shmget', 'expected': 'success', 'seen': 'success'}
        self.write('build/gallery.json', json.dumps({'schema': 'gallery/1', 'rows': [silent, {**row, **changed}, {**row, 'id': 'name-empty'}]}))
        for page, head in (('lessons/02-second/lesson.md', '## A System V segment'), ('lessons/01-first/lesson.md', '## Create the object')):
            text = (self.root / page).read_text()
            self.write(page, text if head in text else f'{text}\n{head}\n')
        return self.make()

    def test_the_gallery_becomes_the_page_of_all_errors(self):
        self.assertNotIn('all_errors', self.make().stderr + (self.root / 'build' / 'made-header.html').read_text())
        self.assertEqual(self.gallery().returncode, 0)
        page = self.made('all_errors.md')
        for text in ('| <a href="#all_errors_einval">EINVAL</a> Invalid argument (22) | <a href="#errors_einval_shm_open">shm_open</a> (2) |',
                     '| <a href="#all_errors_no_error">no error</a> the call succeeds, and the mistake shows later | <a href="#errors_no_error_shmget">shmget</a> |',
                     '## EINVAL: Invalid argument {#all_errors_einval}', '<b>EINVAL</b>: a &lt;slash&gt;&#160;<a class="self" href="#error_name-slash"',
                     'shm_open &quot;/a&quot;: Invalid', '<b>Cause:</b> no folders', '<b>Cure:</b> one slash',
                     '<b>Read on:</b> <a href="lesson_01.html#lesson_01_create_the_object">Lesson 01: Create the object</a>, '
                     '<a href="https://man7.org/linux/man-pages/man3/shm_open.3.html">man 3 shm_open</a>.', 'gallery --only name-slash'):
            self.assertIn(text, page)
        self.assertEqual(page.count('id="errors_einval_shm_open"'), 1)
        self.assertLess(page.index('error_name-empty"'), page.index('## no error: '))
        self.assertIn('all_errors.html', (self.root / 'build' / 'made-header.html').read_text())

    def test_errnos_come_before_signals_and_those_before_no_error_and_calls_before_other_code(self):
        def row(call, expected):
            return {'call': call, 'expected': expected}
        mixed = [row('+', 'success'), row('shmget', 'success'), row('mmap', 'SIGBUS'), row('shmat', 'EINVAL'), row('mmap', 'EINVAL')]
        self.assertEqual([one['call'] for one in error_page.ordered(mixed)], ['mmap', 'shmat', 'mmap', 'shmget', '+'])

    def test_a_row_leads_to_the_sections_that_speak_about_it(self):
        self.write('lessons/02-second/lesson.md', '# Lesson 02: Second {#lesson_02}\n\n## Why not\n\nIt is [this](error:name-slash).\n')
        self.assertEqual(self.gallery().returncode, 0)
        self.assertIn('Create the object</a>, <a href="lesson_02.html#lesson_02_why_not">Lesson 02: Why not</a>, <a href="https:', self.made('all_errors.md'))

    def test_a_row_that_no_lesson_teaches(self):
        run = self.gallery(section='Hats', id='hat')
        self.assertIn('gallery: hat: docs/error_page.py knows no lesson for the section "Hats"', run.stderr)
        run = self.gallery(section='Mappings', id='hat')
        self.assertIn('a made page leads to lesson_01_map_it: no page has such a section', run.stderr)

    def test_a_mistake_that_was_not_possible_says_why_and_what_would_make_it_possible(self):
        self.gallery(seen=None, message=None, not_here='needs root, for an account')
        self.assertIn('made this page: needs root, for an account. What makes it possible: root: <code>sudo</code>', self.made('all_errors.md'))
        self.gallery(seen=None, message=None, not_here='the moon is full')
        self.assertIn('the moon is full. What makes it possible: another machine; <code>gallery --only name-slash</code>', self.made('all_errors.md'))

    def test_a_mistake_without_an_errno_that_no_symptom_leads_to(self):
        self.write('docs/symptoms.md', '# By symptom {#symptoms}\n\nIt is [this](error:name-slash).\n')
        self.assertIn('docs/symptoms.md: no link to error:key-shared, which gives no errno', self.gallery().stderr)
        self.write('docs/symptoms.md', '# By symptom {#symptoms}\n\nIt is [this](error:key-shared).\n')
        self.assertEqual(self.gallery().returncode, 0)
        self.assertLess(*map((self.root / 'build' / 'made-header.html').read_text().index, ('symptoms.html', 'all_errors.html')))

    def test_a_mistake_that_came_out_otherwise(self):
        run = self.gallery(seen='success', as_expected=False)
        self.assertEqual(run.returncode, 1)
        self.assertIn('gallery: name-slash: EINVAL was expected, success came', run.stderr)

    def test_a_wrong_first_line(self):
        self.plant('# Lesson 01', '# Lesson 1', 'lessons/01-first/lesson.md:1: begins')

    def test_a_missing_marker(self):
        self.plant('do it', 'do that', 'lesson.md:11: lessons/01-first/writer.cpp has 0 markers')

    def test_a_marker_without_its_second(self):
        self.write('lessons/01-first/writer.cpp', '//! [do it]\nwrite();\n')
        run = self.make()
        self.assertEqual(run.returncode, 1)
        self.assertIn('lesson.md:11: lessons/01-first/writer.cpp has 1 markers', run.stderr)

    def test_a_missing_file(self):
        self.plant('writer.cpp, do', 'reader.cpp, do', 'lesson.md:11: no file reader.cpp')

    def test_a_missing_figure(self):
        self.plant('\\figure{box}', '\\figure{circle}', 'lesson.md:9: no figure docs/figures/circle.svg')

    def test_a_scene_that_was_not_played(self):
        self.plant('it runs', 'it walks', 'lesson.md:7: no output of scene "it walks"')

    def test_a_lane_that_is_not_there(self):
        self.plant('runs, writer', 'runs, reader', 'there are: writer')

    def test_one_lane_of_two_that_is_not_there(self):
        self.plant('runs, writer', 'runs, writer + reader', 'no output of scene "it runs", "writer + reader"')

    def test_an_answer_without_its_end(self):
        self.plant('\\endpredict', '', 'has no end')

    def test_an_answer_without_a_question(self):
        self.plant('\\predict\n', '\n', '\\answer stands alone')

    def test_a_heading_that_stands_twice(self):
        self.plant('\\figure{box}', '## Run it', 'lesson.md:9: the heading stands in line 5 already')

    def test_a_link_to_a_missing_file(self):
        self.plant('../02-second', '../04-fourth', 'lesson.md:19: link to ../04-fourth/lesson.md: no such file')

    def test_a_list_that_would_begin_with_another_number(self):
        for wrong in ('2. The kernel.\n', '1. One.\n\n\\figure{box}\n\n2. Two.\n', '1. One.\n\nText.\n\n2. Two.\n'):
            self.write('lessons/02-second/lesson.md', '# Lesson 02: Second {#lesson_02}\n\n' + wrong)
            self.assertIn('the site would begin a list with 1 here, not with 2', self.make().stderr, wrong)
        self.write('lessons/02-second/lesson.md', '# Lesson 02: Second {#lesson_02}\n\n1. One.\n2. Two,\n\n   and more.\n\n3. Three.\n')
        self.assertEqual(self.make().returncode, 0)

    def test_bold_text_beside_code_reaches_doxygen_as_such(self):
        self.write('lessons/02-second/lesson.md', '# Lesson 02: Second {#lesson_02}\n\n**`a` for b.** And `char **argv, **envp`.\n')
        self.make()
        self.assertIn('<b>`a` for b.</b> And `char **argv, **envp`.', self.made('lessons/02-second/lesson.md'))

    def cut(self, words):
        self.write('scenes/01-first/it-runs/writer.txt', '$ writer\none\ntwo\nthree\nfour\n')
        self.write('lessons/01-first/lesson.md', PAGE.replace('it runs, writer', f'it runs, writer | {words}'))
        run = self.make()
        return run.stderr or (self.root / 'build' / re.search(r'outputs/\S+', self.made('lessons/01-first/lesson.md'))[0]).read_text()

    def test_an_output_is_cut_to_the_lines_that_the_page_speaks_about(self):
        self.assertEqual(self.cut('two … three'), '$ writer\n...\ntwo\nthree\n...\n')
        self.assertEqual(self.cut('… two'), '$ writer\none\ntwo\n...\n')
        self.assertEqual(self.cut('four'), '$ writer\n...\nfour\n')
        self.assertIn('lesson.md:7: the output has no lines from "two" to "one"', self.cut('two … one'))

    def test_an_output_has_paths_of_the_project_only(self):
        self.write('scenes/01-first/it-runs/writer.txt', f'{self.root}/lessons/a.cpp:1 ../lessons/b.cpp:2 /usr/lib ../x\n')
        self.make()
        made = list((self.root / 'build' / 'outputs').rglob('*.txt'))[0].read_text()
        self.assertEqual(made, 'lessons/a.cpp:1 lessons/b.cpp:2 /usr/lib ../x\n')

    STEPS = FIGURE.replace('<desc>Empty.</desc>\n', '<desc>Empty.</desc>\n<defs><marker id="tip"/></defs>\n<g data-step="It is empty.">'
                           '<rect/></g>\n<g data-step="It is full.">\n<path marker-end="url(#tip)"/></g>\n')

    RECORD = '{"machine": {"cpus": 2}, "rows": [{"name": "pipe", "size": 64, "ns": 42134}, {"name": "pipe", "size": 4096, "ns": 4547.4}]}'

    def test_a_number_in_the_text_is_that_of_the_record(self):
        self.write('docs/measurements/speed.json', self.RECORD)
        said = ('\\measured{speed, rows/pipe&64/ns} ns, \\measured{speed, rows/size=64/ns, us} µs, \\measured{speed, machine/cpus}, '
                '\\measured{speed, rows/pipe&64/ns over rows/4096/ns} times, \\measured{speed, rows/4096/ns}')
        self.write('lessons/01-first/lesson.md', PAGE.replace('What?', f'Is it {said}?'))
        self.assertEqual(self.make().returncode, 0)
        self.assertIn('Is it 42,134 ns, 42 µs, 2, 9.3 times, 4,500?', self.made('lessons/01-first/lesson.md'))

    def test_a_number_that_the_record_does_not_have(self):
        self.write('docs/measurements/speed.json', self.RECORD)
        where = 'lessons/01-first/lesson.md:15: \\measured{'
        for path, missing in (('speed, rows/FIFO/ns', '0 rows have FIFO'), ('speed, rows/pipe/ns', '2 rows have pipe'),
                              ('speed, rows/64/us', 'there is no us'), ('speed, rows/64/name', 'is no number'),
                              ('size, rows', 'no record docs/measurements/size.json')):
            with self.subTest(path):
                self.plant('What?', f'Is it \\measured{{{path}}}?', f'{where}{path}}}: ')
                self.plant('What?', f'Is it \\measured{{{path}}}?', missing)

    def test_a_word_of_the_glossary_is_linked_where_a_page_uses_it_first(self):
        self.write('docs/glossary.md', '# Glossary {#glossary}\n\n## slot (slots)\n\nA place.\n\n## page (of memory)\n\nBytes.\n')
        text = '# Lesson 02: Second slot {#lesson_02}\n\n## Slots\n\n`slot` [a slot](../01-first/lesson.md) Slots on this page. A slot, a page of memory.\n'
        self.write('lessons/02-second/lesson.md', text)
        self.assertEqual(self.make().returncode, 0)
        page = self.made('lessons/02-second/lesson.md')
        self.assertTrue(page.startswith('# Lesson 02: Second slot {#lesson_02}\n\n## Slots {#'))
        self.assertIn('`slot` <a href="lesson_01.html">a slot</a> <a class="term" href="glossary.html#glossary_slot_slots">Slots</a> '
                      'on this page. A slot, a <a class="term" href="glossary.html#glossary_page_of_memory">page of memory</a>.', page)
        self.assertNotIn('class="term"', self.made('docs/glossary.md'))

    def test_quotes_hold_no_link_to_the_glossary(self):
        self.write('docs/glossary.md', '# Glossary {#glossary}\n\n## slot (slots)\n\nA place.\n')
        self.write('lessons/01-first/lesson.md', PAGE.replace('What?', 'The "Slots" of man 2 slots.'))
        self.assertEqual(self.make().returncode, 0)
        self.assertIn('The "Slots" of man 2 <a class="term" href="glossary.html#glossary_slot_slots">slots</a>.',
                      self.made('lessons/01-first/lesson.md'))

    def test_a_link_to_an_error(self):
        self.write('lessons/01-first/lesson.md', PAGE.replace('What?', 'Is it [this](error:name-slash)?'))
        self.assertEqual(self.gallery().returncode, 0)
        self.assertIn('<a href="all_errors.html#error_name-slash">this</a>', self.made('lessons/01-first/lesson.md'))
        self.plant('What?', 'Is it [this](error:name-slosh)?', 'link to error:name-slosh: the gallery has no such row')

    def test_a_plot_has_its_conclusion_above_and_its_values_below(self):
        self.write('build/plots/lesson-01/speed.svg', '<!-- conclusion: Ours wins. -->\n' + FIGURE)
        self.write('build/plots/lesson-01/speed.tsv', 'MB/s\tours\ttheirs\n<8> bytes\t20\t\n')
        self.write('lessons/01-first/lesson.md', PAGE.replace('{box}', '{lesson-01-speed}'))
        self.assertEqual(self.make().returncode, 0)
        drawn = (self.root / 'build' / 'figures' / 'lesson-01-speed.html').read_text()
        self.assertIn('<p class="conclusion">Ours wins.</p><div class="scroll"><svg', drawn)
        self.assertIn('<tr><th scope="row">&lt;8&gt; bytes</th><td>20</td><td>–</td></tr>', drawn)

    def test_a_plot_is_named_by_its_lesson(self):
        marks = FIGURE.replace('</desc>\n', '</desc>\n<defs><circle id="dot"/></defs><use xlink:href="#dot"/>\n')
        self.write('build/plots/lesson-01/speed.svg', marks)
        self.write('lessons/01-first/lesson.md', PAGE.replace('\\figure{box}', '\\figure{lesson-01-speed}'))
        run = self.make()
        self.assertEqual(run.returncode, 0, run.stderr)
        made = (self.root / 'build' / 'figures' / 'lesson-01-speed.html').read_text()
        self.assertIn('<figure class="plot">', made)
        self.assertIn('<circle id="lesson-01-speed-dot"/>', made)  # the next plot of the page has a dot as well
        self.assertIn('xlink:href="#lesson-01-speed-dot"', made)

    def test_a_plot_that_is_left_out_is_said(self):
        self.write('build/plots/left_out.txt', 'gnuplot was not installed\n')
        self.write('lessons/01-first/lesson.md', PAGE.replace('\\figure{box}', '\\figure{lesson-01-speed}'))
        run = self.make()
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertIn('A plot is left out here: gnuplot was not installed', self.made('lessons/01-first/lesson.md'))
        self.plant('\\figure{box}', '\\figure{circle}', 'lesson.md:9: no figure docs/figures/circle.svg')

    def test_a_plot_that_is_not_drawn(self):
        self.plant('\\figure{box}', '\\figure{lesson-01-speed}', 'lesson.md:9: no figure docs/figures/lesson-01-speed.svg')

    def test_a_figure_in_steps(self):
        self.write('docs/figures/steps.svg', self.STEPS)
        self.write('lessons/01-first/lesson.md', PAGE.replace('\\figure{box}', '\\stepper{steps}'))
        self.assertEqual(self.make().returncode, 0)
        self.assertIn('\\htmlinclude[block] figures/steps-steps.html', self.made('lessons/01-first/lesson.md'))
        made = (self.root / 'build' / 'figures' / 'steps-steps.html').read_text()
        first, second = made.split('</li><li>')
        for step, sentence, drawn, other in ((first, 'It is empty.', '<rect/>', '<path'), (second, 'It is full.', '<path', '<rect/>')):
            self.assertIn(sentence, step)
            self.assertIn(drawn, step)
            self.assertNotIn(other, step)
        ids = re.findall('id="(.*?)"', made)
        self.assertEqual(len(ids), len(set(ids)), ids)
        self.assertIn('id="steps-2-tip"', second)
        self.assertIn('url(#steps-2-tip)', second)

    def test_a_figure_without_steps(self):
        self.plant('\\figure{box}', '\\stepper{box}', 'lesson.md:9: no figure docs/figures/box.svg with groups')

    def test_a_stepper_that_this_python_cannot_read_is_left_out(self):
        self.write('docs/steppers/two.toml', 'title = "Two"\n')
        self.write('old/tomllib.py', 'raise ImportError("as before Python 3.11")\n')
        self.write('lessons/01-first/lesson.md', PAGE.replace('\\figure{box}', '\\stepper{two}'))
        run = self.make({**os.environ, 'PYTHONPATH': str(self.root / 'old')})
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertIn('A figure is left out here: python3 is older', (self.root / 'build' / 'figures' / 'two-steps.html').read_text())

    def test_a_figure_in_steps_as_a_whole(self):
        self.write('docs/figures/box.svg', self.STEPS)
        run = self.make()
        self.assertIn('lesson.md:9: no figure docs/figures/box.svg', run.stderr)

    def test_a_figure_without_a_description(self):
        self.write('docs/figures/box.svg', FIGURE.replace('<desc>Empty.</desc>', ''))
        run = self.make()
        self.assertEqual(run.returncode, 1)
        self.assertIn('box.svg:1: a figure has a <title> and a <desc>', run.stderr)


@unittest.skipUnless(orders.tomllib, 'python3 here has no tomllib (it came with 3.11)')
class Steppers(CourseThatIsMade):
    """orders.py: steppers in which the reader chooses."""

    DATA = """title = "Two writes <each>"
caption = "One is lost."
lesson = "01-first"
memory = { count = 0 }
[[version]]
name = "Bare"
[[version.process]]
names = ["A", "B"]
program = "writer"
private = { own = "" }
step = [
  { name = "read", does = "own = count", says = "{self} reads {own}.", drive = "start", seen = { prints = "read {own}" } },
  { name = "write", does = "count = own + 1", says = "{self} writes {count}.", drive = "enter", seen = { ends = true } },
]
[[version.end]]
if = "count == 2"
right = true
says = "The count is {count}."
[[version.end]]
if = "count == 1 and A.ended"
says = "One is lost."
[[version]]
name = "Mended"
mended = true
memory = { free = 1 }
[[version.process]]
names = ["A", "B"]
private = { own = "" }
step = [
  { name = "wait", needs = "free > 0", waits = "{self} waits.", does = "free = free - 1; own = count", says = "{self} reads {own}.", drive = "model" },
  { name = "post", does = "count = own + 1; free = free + 1", says = "{self} writes {count}.", drive = "model" },
  { name = "tell", if = "own == 1", does = "count = count", says = "{self} was second.", drive = "model" },
]
[[version.end]]
if = "count == 2"
right = true
says = "The count is {count}."
"""

    def stepper(self, data):
        self.write('docs/steppers/two-writes.toml', data)
        self.write('lessons/01-first/writer.cpp', '//! [do it]\nsay("read {}", own);\n//! [do it]\n')
        self.write('lessons/01-first/lesson.md', PAGE.replace('\\figure{box}', '\\stepper{two-writes}'))
        return self.make()

    def drawn(self):
        return (self.root / 'build' / 'figures' / 'two-writes-steps.html').read_text()

    def wrong(self, right, wrong, message):
        self.assertIn(right, self.DATA)
        run = self.stepper(self.DATA.replace(right, wrong, 1))
        self.assertEqual(run.returncode, 1, run.stdout + run.stderr)
        self.assertIn(f'docs/steppers/two-writes.toml: {message}', run.stderr)

    def test_every_order_stands_in_the_page_with_its_end(self):
        run = self.stepper(self.DATA)
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertIn('\\htmlinclude[block] figures/two-writes-steps.html', self.made('lessons/01-first/lesson.md'))
        self.assertIn('>Two writes &lt;each&gt;</a>', self.made('indices.md'))
        bare, mended = self.drawn().split('<div class="version">')[1:]
        for part in ('6 orders are possible: 2 end right, 4 do not.',
                     '<th scope="row" class="good">✓ The count is 2.</th><td><code>AABB</code> <code>BBAA</code></td>',
                     '<th scope="row" class="bad">✗ One is lost.</th><td><code>ABAB</code> <code>ABBA</code> <code>BAAB</code> <code>BABA</code></td>',
                     '<div><dt>count</dt><dd>0</dd></div>', '<div><dt>own</dt><dd>–</dd></div>', '<ol><li>read</li><li>write</li></ol>'):
            self.assertIn(part, bare)
        self.assertIn('4 do not. The tests drive the real <code>writer</code> through each of them, and compare', bare)
        self.assertIn('2 orders are possible, and each of them ends right.', mended)
        self.assertNotIn('The tests drive', mended)
        self.assertIn('<code>AABBB</code> <code>BBAAA</code>', mended)

    def test_the_script_gets_each_state_that_can_be_reached(self):
        self.stepper(self.DATA)
        bare, mended = json.loads(re.search('<script type="application/json">(.*?)</script>', self.drawn())[1])
        first = bare['states'][0]
        self.assertEqual((first[0], first[1], first[3]), (['0', '', ''], [0, 0], 0))
        went, at = 'ABBA', 0
        said = []
        for letter in went:
            at, says = bare['states'][at][2][bare['letters'].index(letter)]
            said.append(says)
        self.assertEqual(said, ['A reads 0.', 'B reads 0.', 'B writes 1.', 'A writes 1.'])
        self.assertEqual(bare['states'][at], [['1', '0', '0'], [2, 2], ['', ''], [0, 'One is lost.']])
        inside = mended['states'][0][2][0][0]
        self.assertEqual(mended['states'][inside][2][1], 'B waits.')

    def test_a_version_that_is_called_mended_and_is_not(self):
        self.wrong('needs = "free > 0"', 'needs = "free > 0 or free < 1"', '"Mended": no end fits {\'count\': 1')
        both_go_in = self.DATA.replace('needs = "free > 0"', 'needs = "free > 0 or free < 1"') + '[[version.end]]\nif = "count == 1"\nsays = "One."\n'
        self.assertIn('two-writes.toml: "Mended" is called mended, and ends wrong in the order ABAB', self.stepper(both_go_in).stderr)

    def test_an_end_that_no_order_has(self):
        self.wrong('[[version.end]]\nif = "count == 2"', '[[version.end]]\nif = "count == 7"\nsays = "Seven."\n[[version.end]]\nif = "count == 2"',
                   '"Bare": no order ends with "Seven."')

    def test_the_last_version_is_the_mended_one(self):
        self.assertIn('the last version is the mended one', self.stepper(self.DATA.partition('[[version]]\nname = "Mended"')[0]).stderr)

    def test_a_file_that_is_wrong(self):
        for right, wrong, message in (
                ('title = ', 'titel = ', 'it has no "title"'), ('title = ', 'author = "me"\ntitle = ', 'it has a "author", which means nothing there'),
                ('["A", "B"]', '["A", "Also"]', 'two processes begin with one letter: A, Also'),
                ('"own = count"', '"own = counter"', 'there is no word counter'), ('"own = count"', '"mine = count"', '"mine = count": there is no word mine'),
                ('"own = count"', '"own = open(\'x\')"', '"open(\'x\')" is not understood'), ('"{self} reads {own}."', '"{self} reads {mine}."', '"{self} reads {mine}.": there is no word mine'),
                (', waits = "{self} waits."', '', '"Mended", A/B, step "wait": "needs" and "waits" go together'),
                ('drive = "start"', 'drive = "kick"', '"Bare", A/B, step "read": drive = kick; there are enter, model, start, with next'),
                (', seen = { ends = true }', '', '"Bare", A/B, step "write" is driven, and nothing is seen of it'),
                ('seen = { ends', 'seen = { end', '"Bare", A/B, step "write": seen = {\'end\': True}; there are'),
                ('prints = "read', 'prints = "reads', '"Bare", A/B, step "read": its program does not print "reads "'),
                ('program = "writer"', 'program = "worker"', '"Bare", A/B: no program worker.cpp in 01-first'),
                ('program = "writer"\n', '', '"Bare", A/B, step "read": a step of a program is driven'),
                ('mended = true\n', '', '"Mended" ends right in every order: it is mended'),
                ('if = "count == 1 and A.ended"', 'if = "count == 1"\nright = true', '"Bare" ends right in every order: it is mended'),
                ('mended = true', 'mended = true\nmodel = "tries --all"', 'version "Mended": no program tries in 01-first'),
                ('if = "own == 1"', 'if = "count == 1"', 'there is no word count'),
                ('title = ', 'title ', 'Expected')):
            with self.subTest(wrong):
                self.wrong(right, wrong, message)

    def scenes(self, data):
        """{name: scene} of each order that real programs can be driven through; or, where they cannot, what is said."""
        file, made = self.root / 'docs' / 'steppers' / 'two-writes.toml', self.root / 'made.toml'
        self.write('docs/steppers/two-writes.toml', data)
        self.write('lessons/01-first/writer.cpp', 'say("read {}", own);')
        run = subprocess.run([sys.executable, '-B', DOCS / 'order_scenes.py', file, self.root, made], capture_output=True, text=True)
        return {scene['name']: scene for scene in orders.tomllib.loads(made.read_text())['scene']} if run.returncode == 0 else run.stderr

    def test_a_scene_of_each_order_drives_the_programs(self):
        scenes = self.scenes(self.DATA.replace('says = "One is lost."', 'says = "One is lost."\nleaves = ["segment"]'))
        self.assertEqual(set(scenes), {f'Bare, {order}' for order in ('AABB', 'ABAB', 'ABBA', 'BAAB', 'BABA', 'BBAA')})
        (a, b) = scenes['Bare, ABBA']['process']
        self.assertEqual(('when' in a, a['input'][0]['when']), (False, [{'process': 'B', 'ends': True}]))
        self.assertEqual((b['when'], b['input'][0]['when']), ([{'process': 'A', 'prints': 'read {any*}'}], [{'process': 'B', 'prints': 'read {any*}'}]))
        self.assertEqual([scene['process'][1]['prints'] for scene in (scenes['Bare, ABBA'], scenes['Bare, AABB'])],
                         ['...\n{who*}read 0\n...\n', '...\n{who*}read 1\n...\n'])
        self.assertEqual([scenes[name]['leaves'] for name in ('Bare, ABBA', 'Bare, AABB')], [['segment'], []])

    def test_a_step_that_comes_with_the_next_one_has_no_other_in_between(self):
        data = self.DATA.replace('drive = "start", seen = { prints = "read {own}" }', 'drive = "with next"').replace('drive = "enter"', 'drive = "start"')
        self.assertEqual(set(self.scenes(data)), {'Bare, AABB', 'Bare, BBAA'})

    def test_a_process_is_held_before_a_call(self):
        data = self.DATA.replace('drive = "start", seen = { prints = "read {own}" }', 'drive = { hold = "semop", call = "2 if count == 1 else 1" }, seen = { next_hold = true }')
        (a, b) = self.scenes(data.replace('drive = "enter"', 'drive = { hold = "shmdt" }'))['Bare, AABB']['process']
        self.assertEqual(('when' in a, b['when']), (False, [{'process': 'A', 'held': 1}]))
        both = [{'process': 'A', 'held': 1}, {'process': 'B', 'held': 1}]
        self.assertEqual(a['hold'], [{'before': 'semop', 'call': 1, 'until': both}, {'before': 'shmdt', 'call': 1, 'until': [{'process': 'A', 'held': 2}]}])
        self.assertEqual(b['hold'][0], {'before': 'semop', 'call': 2, 'until': [{'process': 'A', 'ends': True}]})

    def test_a_process_that_waits_for_ever_is_killed_where_it_waits(self):
        waits = self.DATA.replace('{ name = "write", ', '{ name = "write", needs = "count == 0", waits = "no", ')
        waits = waits.replace('"count == 2"\nright = true\nsays = "The count is {count}."', '"A.ended and not B.ended"\nsays = "One."', 1).replace('count == 1 and A.ended', 'B.ended')
        data = waits.replace('drive = "enter"', 'drive = { waits_in = "semop" }')
        self.assertEqual(self.scenes(data)['Bare, AAB']['process'][1]['kill'], {'when': [{'process': 'B', 'prints': 'read {any*}'}, {'waits_in': 'semop'}]})
        self.assertIn('"Bare", order AAB: B waits for ever, and no step says in which call', self.scenes(waits))

    def test_what_is_printed_twice_tells_no_step_from_the_other(self):
        self.assertIn('"read {any*}" is printed twice: what else is seen of step "write"?', self.scenes(self.DATA.replace('{ ends = true }', '{ prints = "read {own}" }')))

    def test_too_many_orders(self):
        self.wrong('["A", "B"]', '["A", "B", "C", "D", "E"]', '"Bare" has more than 300 orders')

    def test_a_name_that_a_figure_has(self):
        self.write('docs/figures/two-writes.svg', FIGURE)
        self.assertIn('docs/steppers/two-writes.toml: docs/figures/two-writes.svg has this name already', self.stepper(self.DATA).stderr)

    def test_the_lost_update_is_what_plain_code_makes_of_it(self):
        _, _, (bare, mended) = orders.read(DOCS / 'steppers' / 'lost-update.toml', DOCS.parent)
        self.assertTrue(mended.is_mended)
        expected = {}
        for order in {''.join(each) for each in itertools.permutations('AAABBB')}:
            count, own, done = 0, {'A': 0, 'B': 0}, {'A': 0, 'B': 0}
            for who in order:
                if done[who] == 0:
                    own[who] = count
                if done[who] == 2:
                    count = own[who] + 1
                done[who] += 1
            expected.setdefault(count == 2, set()).add(order)
        self.assertEqual({right: set(found) for (right, _), found in bare.by_end().items()}, expected)


    def test_the_lost_message_is_what_plain_code_makes_of_it(self):
        _, _, (flag, _) = orders.read(DOCS / 'steppers' / 'lost-message.toml', DOCS.parent)
        expected = {}
        for order in {''.join(each) for each in itertools.permutations('PPPPCCCC')}:
            message, is_set, sent, cleared, got, went = 0, False, 0, 0, [], ''
            for who in order:
                if who == 'C' and len(got) == cleared and not is_set:
                    continue  # it looks, and has to wait
                if who == 'P':
                    message, is_set = (sent // 2 + 1, is_set) if sent % 2 == 0 else (message, True)
                    sent += 1
                elif len(got) == cleared:
                    got.append(message)
                else:
                    is_set, cleared = False, cleared + 1
                went += who
            ended = len(got) == cleared and (cleared == 2 or not is_set)
            if ended:
                expected.setdefault(got == [1, 2], set()).add(went)
        found = {}
        for (right, _), every in flag.by_end().items():
            found.setdefault(right, set()).update(every)
        self.assertEqual(found, expected)


@unittest.skipUnless(orders.tomllib, 'a Python without tomllib')
class ReadOn(unittest.TestCase):
    """Behind each scene, the tour names a heading at which to read on."""

    def test_each_heading_is_there(self):
        count = 0
        for file in sorted((DOCS.parent / 'lessons').glob('*/lesson.toml')):
            for scene in orders.tomllib.loads(file.read_text(encoding='utf-8'))['scene']:
                for key, page in (('read', 'lesson.md'), ('read_deeper', 'deeper.md')):
                    if key not in scene:
                        continue
                    headings = re.findall('^##+ (.*?)(?: {#.*})?$', (file.parent / page).read_text(encoding='utf-8'), re.M)
                    self.assertIn(scene[key], headings, f'{file.parent.name}, {scene["name"]}: {key}')
                    count += 1
        self.assertGreater(count, 60)


class Indices(CourseThatIsMade):
    """indices.py, of the small course."""

    def test_each_call_has_its_man_page_the_sections_that_tell_of_it_and_the_lines_that_make_it(self):
        self.write('common/kernel/checked.hpp', '/// @file\n/// Calls.\n\n/// Opens the object, e.g. for\n/// reading (man 3 shm_open).\n'
                                                '/// More.\nint shm_open(const std::string& name);\n')
        self.write('lessons/01-first/writer.cpp', '//! [do it]\n// mmap()\nint f = checked::shm_open("munmap(");\nreturn shm_open(x) + ring.close();\n//! [do it]\n'
                                                  'void close(int);\nsyscall(SYS_futex, 1);\n')
        self.write('lessons/02-second/lesson.md', '# Lesson 02: Second {#lesson_02}\n\n## Why\n\nFor `shm_open` itself.\n\n## Again\n\n`shm_open(x)`.\n')
        run = self.make()
        self.assertEqual(run.returncode, 0, run.stderr)
        page = self.made('calls.md')
        self.assertEqual(re.findall('^## (.*)$', page, re.M), ['futex {#call_futex}', 'shm_open {#call_shm_open}'])
        self.assertIn('\n\nOpens the object, e.g. for reading. [man 3 shm_open](https://man7.org/linux/man-pages/man3/shm_open.3.html). '
                      'Told in <a href="lesson_02.html#lesson_02_why">Lesson 02: Why</a>.\n\n'
                      '- 01-first/writer.cpp: <a href="lessons_201-first_2writer_8cpp-example.html#l00003">3</a>, '
                      '<a href="lessons_201-first_2writer_8cpp-example.html#l00004">4</a>\n', page)

    def test_the_index_has_what_the_pages_tell(self):
        self.write('docs/glossary.md', '# Glossary {#glossary}\n\n## slot (slots)\n\nA place.\n')
        self.write('lessons/02-second/lesson.md', '# Lesson 02: Second {#lesson_02}\n\n## Break `it`\n\nA slot.\n\n\\pitfall\n\nDo **not** do it. Never.\n\n\\endpitfall\n\n'
                   '\\seenin{In [a/b#7](https://x.org/7).}\n\n## When it goes wrong\n\n| message | cure |\n| --- | --- |\n| [`it\'s \\| gone`](lesson.md) | wait |\n')
        self.write('lessons/01-first/exercise/one/task.md', '# Exercise 01.1: Write {#exercise_01_1}\n')
        self.write('lessons/01-first/exercise/one/hints.md', '')
        run = self.make()
        self.assertEqual(run.returncode, 0, run.stderr)
        page = self.made('indices.md')
        for entry in ('<b>Lesson 01: First</b>\n  - <a href="lesson_01.html#lesson_01_run_it">What?</a>\n',
                      '  - <a href="lesson_02.html#lesson_02_break_it">Do not do it.</a>\n',
                      '  - <a href="lesson_02.html#lesson_02_when_it_goes_wrong"><code>it\'s | gone</code></a>\n',
                      '- <a href="https://x.org/7">a/b#7</a>: <a href="lesson_02.html#lesson_02_break_it">Lesson 02: Break it</a>\n',
                      '  - <a href="lesson_01.html#lesson_01_run_it">A box</a>\n', '- <a href="exercise_01_1.html">Exercise 01.1: Write</a>\n',
                      '- <a href="glossary.html#glossary_slot_slots">slot</a>: <a href="lesson_02.html">Lesson 02</a>\n'):
            self.assertIn(entry, page)


class Symptoms(unittest.TestCase):
    """docs/symptoms.md. That its links resolve, the build of the site finds."""

    def rows(self, page):
        sections = re.split(r'^## ', (DOCS / page).read_text(), flags=re.M)[1:]
        for section in sections:
            rows = [re.split(r'(?<!\\) \| ', line[2:-2]) for line in section.split('\n') if re.match(r'\| (?!ask |it says |---)', line)]
            self.assertTrue(rows, section)
            for row in rows:
                self.assertEqual(len(row), 3, row)
                yield row

    def test_each_question_has_something_to_look_with_and_leads_on(self):
        self.assertGreaterEqual(len(re.findall(r'^## ', (DOCS / 'symptoms.md').read_text(), re.M)), 15)
        for ask, look, answer in self.rows('symptoms.md'):
            self.assertRegex(ask, r'\?(?: \*Seen as:\* .*)?$')
            self.assertTrue(look.strip(), ask)
            self.assertRegex(answer, r'\[.+\]\(.+\)', ask)

    def test_a_card_can_be_read_in_one_go(self):
        """A question or message of a line or two; causes and cures in short sentences."""
        def plain(text):
            return re.sub(r'\[((?:[^\[\]]|`[^`]*`)*)\]\([^)]*\)', r'\1', text)
        reports = re.compile(r' ?\((?:\[[^\]]*\]\([^)]*\)(?:, |; )?)+\)')
        for page, most, begin in (('symptoms.md', 25, 2), ('other-messages.md', 30, 1), ('program-messages.md', 30, 1)):
            for row in self.rows(page):
                asked = plain(row[0].partition(' *Seen as:* ')[0])
                self.assertLessEqual(len(asked.split()), most, asked)
                for sentence in re.split(r'(?<=[.!?:;])\s+', '. '.join(plain(reports.sub('', cell)) for cell in row[begin:])):
                    self.assertLessEqual(len(re.findall(r"[A-Za-z0-9_`'/=-]+", sentence)), budgets.MOST_WORDS, sentence)

    def test_the_words_of_reporters_are_headings(self):
        heads = re.findall(r'^## (.*)', (DOCS / 'symptoms.md').read_text(), re.M)
        for words in ('hangs', 'crashes at start', 'works as root', 'only in a container', 'on Arm', 'fills up after days', 'old value',
                      'Invalid argument', 'No space left on device', 'Bus error', 'slow', 'vanishes', 'wait ends at once'):
            self.assertTrue(any(words in head for head in heads), words)


class Budgets(SmallCourse):
    """budgets.py."""

    def budgets(self, text, over=''):
        self.write('lessons/01-first/lesson.md', PAGE + text)
        self.write('docs/over_budget.txt', over)
        return subprocess.run([sys.executable, DOCS / 'budgets.py', self.root, self.root / 'scenes'], capture_output=True, text=True)

    def plant(self, text, message):
        self.assertEqual(self.budgets('').returncode, 0)
        run = self.budgets(text)
        self.assertEqual(run.returncode, 1, run.stdout + run.stderr)
        self.assertIn(f'lessons/01-first/lesson.md: {message}', run.stdout)

    def test_too_many_words(self):
        self.plant('The kernel ends it.\n' * 301, 'words 1211, at most 1200')

    def test_too_much_code(self):
        self.plant('```\n' + 'x\n' * 110 + '```\n', 'code 111, at most 110')

    def test_too_much_output(self):
        self.write('scenes/01-first/it-runs/writer.txt', 'x\n' * 41)
        self.assertIn('output 41, at most 40', self.budgets('').stdout)

    def test_too_many_ways_to_go_wrong(self):
        self.plant('\n## When it goes wrong\n\n| message | cure |\n| --- | --- |\n' + '| a | b |\n' * 7, 'rows 7, at most 6')

    def test_a_long_sentence(self):
        self.plant('\nThe kernel ' + 'does so ' * 16 + '.\n', 'long 1, at most 0')

    def test_vague_subjects(self):
        self.plant('\nThen nobody has it.\n', 'vague')

    def test_a_page_that_is_over_may_only_shrink(self):
        long = '\nThe kernel ' + 'does so ' * 16 + '.\n'
        self.assertEqual(self.budgets(long, 'lessons/01-first/lesson.md long 1\n').returncode, 0)
        self.assertEqual(self.budgets(long * 2, 'lessons/01-first/lesson.md long 1\n').returncode, 1)
        self.assertIn('take it out', self.budgets('', 'lessons/01-first/lesson.md long 1\n').stdout)


class BuiltPages(unittest.TestCase):
    GOOD = ('<html lang="en"><body><a class="skip" href="#text">Skip</a><main id="text" class="written"><h1>Title</h1><h2>Part</h2>'
            '<p><a href="lesson_01.html#text">here</a></p></main></body></html>')

    def check(self, page, name='lesson_01.html', **others):
        with tempfile.TemporaryDirectory() as folder:
            for file, text in {'lesson_01.html': self.GOOD, name: page, **others}.items():
                pathlib.Path(folder, file).write_text(text)
            return subprocess.run([sys.executable, DOCS / 'check_site.py', folder, '/home/me/course'], capture_output=True, text=True)

    def stumble(self, text, message, name='lesson_01.html'):
        run = self.check(self.GOOD.replace('</main>', text + '</main>'), name)
        self.assertEqual(run.returncode, 1)
        self.assertIn(f'{name}: {message}', run.stdout)

    def passes(self, text):
        run = self.check(self.GOOD.replace('</main>', text + '</main>'))
        self.assertEqual(run.returncode, 0, run.stdout)

    LISTING = '<div class="fragment"><div class="line">{}</div>\n</div><!-- fragment -->'

    def test_markdown_that_stayed(self):
        self.stumble('<p>the **wrong way</p>', 'Markdown that stayed in the text: **wrong')
        self.stumble('<p>the `wrong way</p>', 'Markdown that stayed in the text: `wrong')
        self.stumble('<dl class="asked"><div id="a"><dt>Why?</dt><dd><code>ls \\| wc</code></dd></div></dl>', 'a bar in a table whose backslash stayed')
        self.passes('<p><code>char **argv, `ls`</code></p>' + self.LISTING.format('char **argv'))

    def test_a_marker_that_stayed(self):
        self.stumble('<p>[layout mark] What it is.</p>', "a snippet's marker in the text: [layout mark]")
        self.stumble(self.LISTING.format('//! [layout mark]'), "a snippet's marker: //! [layout mark]")

    def test_a_lesson_that_is_named_twice(self):
        self.stumble('<p>From <a href="lesson_01.html">Lesson 01</a>.</p>' * 2, 'says twice from which lesson it is')

    def test_indentation_that_stayed(self):
        self.stumble(self.LISTING.format('    <span>a();</span>'), 'a snippet whose lines are all indented: a();')
        self.passes(self.LISTING.format('a();</div><div class="line">    b();'))

    def test_a_link_from_a_mere_name(self):
        link = '<a class="el" href="lesson_01.html#text" title="x">{}()</a>'
        self.stumble(f'<p>{link.format("publish")}</p>', 'a link from a mere name: publish()')
        self.passes(f'<p>{link.format("shm::publish")}</p>')

    def test_a_call_of_the_systems_that_leads_to_ours(self):
        code = self.LISTING.format('<a class="code hl_function" href="checked_8hpp.html#a">shm_open</a>(name)')
        self.stumble(code, 'shm_open of the system leads to checked::shm_open')

    def test_a_function_of_a_lesson_that_leads_to_ours(self):
        code = self.LISTING.format('now <a class="code hl_function" href="check_8hpp.html#a">check</a>(name)')
        self.stumble(code, 'check of the lesson leads to check_8hpp.html#a')

    def test_a_sentence_cut_at_an_abbreviation(self):
        self.stumble('<table class="markdownTable"><tr><td>A ring, e.g.</td></tr></table>', 'a sentence that is cut at an abbreviation')
        self.stumble('<p>A ring, e.g. <a href="#text">More...</a></p>', 'a sentence that is cut at an abbreviation')
        self.passes('<p>A ring, e.g. of 8 slots.</p>')

    def test_an_empty_cell(self):
        self.stumble('<table class="markdownTable"><tr><th>a</th></tr><tr><td>EINVAL</td><td> </td></tr></table>', 'an empty cell in the row: EINVAL')
        self.stumble('<dl class="asked"><div id="a"><dt>EINVAL?</dt><dd> </dd></div></dl>', 'an empty part of the card: EINVAL?')

    def test_a_path_of_this_machine(self):
        self.stumble('<p>/home/me/course/lessons</p>', 'a path of this machine: /home/me/course')

    def test_a_page_that_is_too_heavy(self):
        page = self.GOOD.replace('<body>', '<body><script src="big.js"></script>')
        self.assertEqual(self.check(page, **{'big.js': 'x' * 500_000}).returncode, 0)
        self.assertIn('lesson_01.html: weighs 600 KB', self.check(page, **{'big.js': 'x' * 600_000}).stdout)

    def plant(self, right, wrong, message):
        self.assertIn(right, self.GOOD)
        run = self.check(self.GOOD.replace(right, wrong, 1))
        self.assertEqual(run.returncode, 1)
        self.assertIn(message, run.stdout)

    def test_a_good_page(self):
        run = self.check(self.GOOD)
        self.assertEqual(run.returncode, 0, run.stdout)

    def test_an_empty_site(self):
        with tempfile.TemporaryDirectory() as folder:
            self.assertEqual(subprocess.run([sys.executable, DOCS / 'check_site.py', folder], capture_output=True).returncode, 1)

    def test_a_dead_link(self):
        self.plant('href="lesson_01.html', 'href="lesson_02.html', 'lesson_02.html#text: no such file')

    def test_a_dead_anchor(self):
        self.plant('html#text', 'html#nowhere', 'no such anchor')

    def test_two_elements_of_one_name(self):
        self.plant('<h2>Part</h2>', '<h2 id="text">Part</h2>', 'two elements have the id text')

    def test_two_titles(self):
        self.plant('<h2>Part</h2>', '<h1>Part</h1>', 'has to begin with its one <h1>; its headings are [1, 1]')

    def test_a_picture_without_text(self):
        self.plant('<p>', '<p><img src="lesson_01.html">', 'a picture without alt')

    def test_an_element_left_open(self):
        self.plant('<p>', '<div><p>', '<div> is still open at </main>')

    def test_a_level_of_headings_left_out(self):
        self.plant('<h2>Part</h2>', '<h3>Part</h3>', 'a heading of level 3 follows one of level 1')

    def test_a_command_that_stands_in_the_text(self):
        self.plant('here</a>', 'here</a> \\output{it runs, writer}', 'a command that was not understood')

    def test_no_language(self):
        self.plant(' lang="en"', '', 'does not say its language')

    def test_no_way_past_the_menu(self):
        self.plant('class="skip"', '', 'no link that skips the menu')


class FinishedPages(unittest.TestCase):
    """What Doxygen writes, and what finish_pages.py makes of it."""

    def finished(self, page, name='lesson_01.html', **others):
        frame = ('<body><header class="masthead"><nav id="contents"><a href="lesson_01.html">One</a><a href="library.html">Library</a></nav>'
                 '</header><div id="top">\n</div><!-- top -->\n{}</body>')
        with tempfile.TemporaryDirectory() as folder:
            for file, text in {name: page, **{f'{other}.html': text for other, text in others.items()}}.items():
                pathlib.Path(folder, file).write_text(frame.format(text))
            pathlib.Path(folder, 'site.css').write_text(self.SHEET)
            subprocess.run([sys.executable, DOCS / 'finish_pages.py', folder], check=True)
            self.sheet = pathlib.Path(folder, 'site.css').read_text()
            return pathlib.Path(folder, name).read_text()

    SHEET = ('/* Copyright of  others */\na > b,\n  c + d { /* Why;  so */\n  width: calc(1px + 2px);\n}\n'
             """e::after {  content: ",  /* { ";  background: url(data:x;  y)  }  f :hover { content: ' ; ' }\n""")

    def test_a_style_sheet_loses_what_no_browser_needs(self):
        self.finished('')
        self.assertEqual(self.sheet, '/* Copyright of  others */a > b,c + d{ width: calc(1px + 2px);}'
                                     """e::after{content: ",  /* { ";background: url(data:x;  y)}f :hover{content: ' ; '}""")

    @staticmethod
    def text(inside):
        return f'<div class="title">Lesson 01</div>\n<div class="contents">\n<div class="textblock">{inside}</div></div>'

    def test_the_title_is_the_one_heading_of_the_first_level(self):
        page = self.finished(self.text('<h1>Run it</h1><h2>Again</h2>'))
        self.assertIn('<h1 class="title">Lesson 01</h1>', page)
        self.assertIn('<h2>Run it</h2><h3>Again</h3>', page)

    def test_a_section_leads_to_itself(self):
        page = self.finished(self.text('<h1><a class="anchor" id="lesson_01_run"></a>\nRun <code>it</code></h1>'))
        self.assertIn('<h2 id="lesson_01_run">Run <code>it</code>&#160;<a class="self" href="#lesson_01_run" aria-label="Link to “Run it”">', page)

    def test_the_menu_marks_the_page(self):
        self.assertIn('<a href="lesson_01.html" aria-current="page">', self.finished(self.text('')))
        page = self.finished(self.text(''), 'check_8hpp.html')
        self.assertIn('<a href="library.html" aria-current="true">', page)
        self.assertNotIn('lesson_01.html" aria', page)

    def test_the_frame_stands_around_the_text(self):
        page = self.finished(self.text('<p>Here.</p>'))
        self.assertNotIn('id="top"', page)
        self.assertLess(page.index('</header>'), page.index('<main id="text"'))
        self.assertLess(page.index('<main id="text"'), page.index('Here.'))

    def test_a_snippet_loses_the_indentation_that_its_lines_share_and_no_more(self):
        page = self.finished('<div class="fragment"><div class="line">    if (a)</div>\n<div class="line">        b();</div>\n'
                             '<div class="line"> </div>\n</div><!-- fragment -->')
        self.assertIn('<div class="line">if (a)</div>\n<div class="line">    b();</div>', page)

    def test_a_comment_does_not_hide_the_indentation(self):
        page = self.finished('<div class="fragment"><div class="line"><span class="comment">    // why</span></div>\n'
                             '<div class="line">    b();</div>\n</div><!-- fragment -->')
        self.assertIn('<span class="comment">// why</span></div>\n<div class="line">b();', page)

    def test_code_and_output_stand_in_boxes_with_their_names(self):
        code = '<div class="fragment"><div class="line">b();</div>\n</div><!-- fragment -->'
        page = self.finished(f'<div class="src-name"><a href="x">b.cpp</a></div> {code}<p>and</p>{code}'
                             '<div class="output-title">Output</div> <pre class="fragment">$ b</pre>')
        self.assertIn('<div class="listing code"><div class="src-name"><a href="x">b.cpp</a></div><div class="fragment">', page)
        self.assertIn('<p>and</p><div class="listing code bare"><div class="fragment">', page)
        self.assertIn('<div class="listing output"><div class="output-title">Output</div><pre class="fragment">$ b</pre></div>', page)

    def test_long_code_in_a_text_breaks_at_spaces_and_slashes(self):
        page = self.finished('<p><code>build/broken --no-lock --pause 5</code> <code>--no-lock</code></p>')
        self.assertIn('<code class="long"><span>build/</span><wbr>broken <span>--no-lock</span> '
                      '<span>--pause</span> 5</code> <code>--no-lock</code>', page)

    def test_a_long_name_in_a_text_breaks_at_its_parts(self):
        page = self.finished('<p><code>boost::library_error: --suppress-equal-lines</code></p>')
        self.assertIn('<code class="long">boost::<wbr>library_<wbr>error: <span>--suppress-equal-lines</span></code>', page)

    def test_what_a_browser_would_break_is_kept_together(self):
        page = self.finished('<p><code>one.two(three) f:(g) a-b x|y {z} 10%x … ok=1</code></p>')
        self.assertIn('<code class="long">one.two(three) <span>f:(g)</span> <span>a-b</span> <span>x|y</span> <span>{z}</span> '
                      '<span>10%x</span> <span>…</span> ok=<wbr>1</code>', page)

    def test_the_name_of_a_report_breaks_behind_its_owner(self):
        self.assertIn('>boostorg/<wbr>interprocess#65</a>', self.finished('<p><a href="x">boostorg/interprocess#65</a> <a href="y">a/b</a></p>'))

    def test_a_table_that_a_program_printed_keeps_its_lines(self):
        output = '<div class="output-title">Output</div> <pre class="fragment">{}</pre>'
        self.assertIn('class="listing output columns"', self.finished(output.format('ring   0.79   1.23\n' * 4)))
        self.assertIn('class="listing output"', self.finished(output.format('ring   0.79   1.23\n' * 3 + 'It is fast.\n')))

    def test_how_a_process_ended_is_told_from_what_it_printed(self):
        page = self.finished('<div class="output-title">Output</div> <pre class="fragment">$ b\nw │ [ended by SIGSEGV]\n[exit status 3]\n</pre>')
        self.assertIn('w │ <span class="ended">[ended by SIGSEGV]</span>\n<span class="ended">[exit status 3]</span>\n', page)

    def test_a_bar_in_the_code_of_a_table(self):
        page = self.finished('<table class="markdownTable"><tr class="h"><th>a</th></tr><tr class="odd"><td><code>ls \\| wc</code></td></tr></table>')
        self.assertIn('<code>ls | wc</code>', page)

    def test_the_cells_of_a_table_know_their_column(self):
        page = self.finished('<table class="markdownTable"><tr class="h">\n<th class="x">message</th><th>cure</th></tr>\n'
                             '<tr class="odd"><td>EINVAL</td><td>a file</td></tr></table>')
        self.assertIn('<th role="columnheader" class="x">message</th>', page)
        self.assertIn('<td role="cell" data-label="message">EINVAL</td><td role="cell" data-label="cure">a file</td>', page)

    def test_the_rows_of_the_page_by_symptom_are_cards_with_names(self):
        row = '<tr class="markdownTableRow{}">\n<td>Is it <code>{}</code>, or\nwhich other thing of all?</td><td>look</td></tr>'
        page = self.finished('<h2 id="symptoms_hangs">It hangs</h2><table class="markdownTable"><tr class="markdownTableHead">\n<th>ask</th><th>look with</th></tr>'
                             + row.format('Odd', '/dev/shm') + row.format('Even', '/dev/shm').replace('all?', 'all? <em>Seen as:</em> <code>a</code>')
                             + '</table>', 'symptoms.html')
        names = re.findall(r'<div id="(symptoms-[^"]*)"', page)
        self.assertEqual(names, ['symptoms-is_it_dev_shm_or_which', 'symptoms-is_it_dev_shm_or_which_too'])
        self.assertIn('<dl class="asked" data-heads="look with"><div', page)
        self.assertIn('of all?</dt><dd>look</dd></div><div', page)
        self.assertIn('of all?</dt><dd>look</dd><dd class="seen"><code>a</code></dd></div></dl>', page)
        self.assertNotIn('class="asked"', self.finished('<h2 id="x">It</h2><table class="markdownTable"><tr><th>ask</th></tr>' + row.format('Odd', 'a') + '</table>'))

    HEADER = ('<td><a id="a1" name="a1"></a>\nint&#160;</td><td class="memItemRight" valign="bottom"><b>shm::fail</b> ()</td>'
              '<a class="el" href="check_8hpp.html#a2">checked::shm_open</a>')

    def test_a_function_that_is_named_whole_leads_to_its_header_once(self):
        page = self.finished(self.text('<p><code>shm::fail</code>, <code>shm::fail</code>, <code>checked::shm_open()</code>, <code>fail</code></p>'),
                             check_8hpp=self.HEADER)
        self.assertIn('<a href="check_8hpp.html#a1"><code>shm::fail</code></a>, <code>shm::fail</code>', page)
        self.assertIn('<a href="check_8hpp.html#a2"><code>checked::shm_open()</code></a>, <code>fail</code>', page)

    def test_what_is_not_named_whole_leads_to_no_function_of_ours(self):
        page = self.finished(self.text('<p>What <a class="el" href="checked_8hpp.html#a2" title="x">ftok()</a> makes</p>'))
        self.assertIn('What ftok() makes', page)

    def test_a_call_of_the_systems_in_code_does_not_lead_to_ours(self):
        link = '<a class="code hl_function" href="{}_8hpp.html#a2">{}</a>('
        line = '<div class="fragment"><div class="line">{}</div></div><!-- fragment -->'
        for name, before, href, shown, stays in (('ring_8hpp.html', '', 'checked', 'shm_open', False),
                                                 ('checked_8hpp.html', '', 'checked', 'shm_open', True),
                                                 ('lesson_01.html', '', 'checked', 'checked::shm_open', True),
                                                 ('lesson_01.html', 'now ', 'check', 'check', False),
                                                 ('lesson_01.html', 'using shm::check; ', 'check', 'check', True),
                                                 ('ring_8hpp.html', 'now ', 'check', 'check', True)):
            page = self.finished(line.format(before + link.format(href, shown)), name)
            self.assertEqual(link.format(href, shown) in page, stays, (name, before, shown))

    def test_a_figure_has_its_caption_for_those_who_do_not_see_it(self):
        page = self.finished('<object type="image/svg+xml" data="box.svg" style="x">alt</object>\n<div class="caption">\nA box.</div>')
        self.assertIn('<img src="box.svg" alt="A box."/>', page)


class SearchIndex(unittest.TestCase):
    """search_index.py, on a site of one page of each kind."""

    WRITTEN = ('<main id="text" class="written"><h1 class="title">Lesson 01: First </h1><div class="textblock"><p>Before (<a href="x">man 2 mmap</a>). <svg><text>drawn</text></svg></p>'
               '<h2 id="lesson_01_run">Run <code>it</code> <a class="self" href="#lesson_01_run">#</a></h2><p>ready = 1;</p>'
               '<div class="line"><span class="lineno"> 7</span>std::<span>atomic</span></div><div class="output-title">Output</div><nav class="prevnext">Next</nav></div></main>')
    LIBRARY = ('<main id="text" class="library"><h1 class="title">check.hpp</h1><div class="textblock"><p>A check.</p></div><h2>Functions</h2>'
               '<td><a id="a1" name="a1"></a>\nvoid&#160;</td><td class="memItemRight"><b>shm::fail</b> (int)</td></tr>'
               '<tr class="memdesc:a1"><td class="mdescRight">Reports it. <br /></td></tr>'
               '<td><a id="a2" name="a2"></a>\nResult&#160;</td><td class="memItemRight"><b>shm::check</b> ()</td></tr><tr class="memdesc:a2">'
               '<td class="mdescRight">Returns. <br /></td></tr><a id="a2" name="a2"></a>\n<h2 class="memtitle">check()</h2><td class="memname">Result shm::check </td>'
               '<div class="memdoc"><p>Returns it.</p><dl class="section examples"><dt>Examples</dt></dl></div></main>')
    PROGRAM = ('<main id="text" class="programs"><h1 class="title">lessons/01-first/writer.cpp</h1><div class="contents">\n<p>Writes it.</p>'
               '<div class="listing code bare">secret listing</div></div></main>')
    ROW = {'id': 'name-slash', 'fault': 'a <slash>', 'call': 'shm_open', 'expected': 'EINVAL', 'message': 'shm_open: Invalid argument',
           'cause': 'no folders', 'cure': 'one slash'}
    SILENT = {'id': 'key-shared', 'fault': 'one key for two', 'call': 'shmget', 'expected': 'success', 'message': None, 'cause': 'a key', 'cure': 'another'}

    def refused(self, **others):
        return self.made(is_refused=True, **others).stderr

    def made(self, is_refused=False, **others):
        with tempfile.TemporaryDirectory() as name:
            root = pathlib.Path(name)
            for file, text in {'html/lesson_01.html': self.WRITTEN, 'html/check_8hpp.html': self.LIBRARY, 'html/writer_8cpp-example.html': self.PROGRAM,
                               'html/glossary.html': self.WRITTEN.replace('lesson_01', 'glossary'), 'html/check_8hpp_source.html': self.LIBRARY, 'html/Ring-members.html': self.LIBRARY,
                               'html/all_errors.html': self.WRITTEN.replace('Lesson 01: First', 'All error messages'),
                               'gallery.json': json.dumps({'rows': [self.ROW, self.SILENT]}), 'docs/theme/search.js': '/* finds */',
                               'lessons/01-first/writer.cpp': 'void close(int);\nint f() {\n  // munmap()\n  return checked::shm_open("mmap()");\n}\n', **others}.items():
                (root / file).parent.mkdir(parents=True, exist_ok=True)
                (root / file).write_text(text)
            run = subprocess.run([sys.executable, DOCS / 'search_index.py', root / 'html', root, root], capture_output=True, text=True)
            if is_refused:
                self.assertEqual((run.returncode, run.stdout), (1, ''))
                return run
            self.assertTrue((root / 'html' / 'search.js').is_file(), run.stderr)
            self.script = (root / 'html' / 'search.js').read_text()
            packed = re.search(r'load\("([^"]*)"\)', self.script)[1]
            self.entries = zlib.decompress(base64.b64decode(packed)).decode()
            return run

    def found(self):
        return json.loads(self.entries)

    def test_each_kind_of_page_is_found_by_its_parts(self):
        run = self.made()
        self.assertEqual((run.returncode, run.stderr), (0, ''))
        self.assertTrue(self.script.startswith('/* finds */\n'))
        pages = self.found()
        self.assertEqual(pages['lesson_01.html'][0], 'Lesson 01: First')
        entries = [[entry[0], page, *entry[1:]] for page, (_, found) in pages.items() for entry in found]
        for entry in (['e', 'all_errors.html', 'error_name-slash', 'shm_open EINVAL: a <slash>',
                       'shm_open: Invalid argument, errno 22. Cause: no folders. Cure: one slash.'],
                      ['e', 'all_errors.html', 'error_key-shared', 'shmget no error: one key for two', 'the call succeeds, and the mistake shows later. Cause: a key. Cure: another.'],
                      ['p', 'lesson_01.html', '', '', 'Before. drawn'],   # without the source of what it says
                      ['p', 'lesson_01.html', '_run', 'Run it', 'ready = 1; std::atomic'],   # the page's name is put before it
                      ['w', 'glossary.html', '_run', 'Run it', 'ready = 1; std::atomic'],
                      ['a', 'check_8hpp.html', '', '', 'A check.'],
                      ['a', 'check_8hpp.html', 'a1', 'shm::fail', 'Reports it.'],
                      ['a', 'check_8hpp.html', 'a2', 'shm::check', 'Returns it.'],
                      ['c', 'writer_8cpp-example.html', '', '', 'Writes it. Calls shm_open.']):
            self.assertIn(entry, entries)
        self.assertEqual(len(entries), 10)  # the glossary's text before its words is a page's; a source page adds nothing

    def test_a_row_with_a_name_is_found_by_itself(self):
        table = ('<dl class="asked" data-heads="look with|if so"><div id="symptoms-full"><dt>Is it <code>full</code>?</dt>'
                 '<dd>df</dd><dd><a href="x">ask first</a> (<a href="y">pi-hole/FTL#2</a>, <a href="z">who/full#3</a>)</dd></div></dl></div></main>')
        self.made(**{'html/symptoms.html': self.WRITTEN.replace('lesson_01', 'symptoms').replace('</div></main>', table)})
        entries = self.found()['symptoms.html'][1]
        at = entries.index(['h', 'Run it', ['Look with', 'If so']])
        self.assertEqual(entries[at + 1], ['s', '-full', 'Is it full?', ['df', 'ask first (FTL)']])   # of reports the projects that are new
        self.made(**{'html/symptoms.html': self.WRITTEN.replace('lesson_01', 'symptoms').replace('</div></main>', table.replace('-full', '-is_it_full'))})
        self.assertIn('["s","-","Is it full?"', self.entries)   # a row that is called as its question says
        self.assertIn(['p', '_run', 'Run it', 'ready = 1; std::atomic'], entries)
        seen = table.replace('-full', '-is_it_full').replace('</dd></div>', '</dd><dd class="seen">QEMU: <code>no room</code></dd></div>')
        self.made(**{'html/symptoms.html': self.WRITTEN.replace('lesson_01', 'symptoms').replace('</div></main>', seen)})
        self.assertIn('["s","-","Is it full?¦QEMU: no room",["df","ask first (FTL)"]]', self.entries)
        lists = table.replace('</dl></div>', '</dl><p>Particular programs:</p><dl class="asked" data-heads="look with|if so"><div id="symptoms-qemu_full"><dt>QEMU full?</dt><dd>df</dd><dd>it</dd></div></dl></div>')
        self.made(**{'html/symptoms.html': self.WRITTEN.replace('lesson_01', 'symptoms').replace('</div></main>', lists)})
        kinds = [entry[:2] for entry in self.found()['symptoms.html'][1] if entry[0] in 'hrs']   # a later list of a section weighs less
        self.assertEqual(kinds, [['h', 'Run it'], ['s', '-full'], ['r', 'Run it'], ['s', '-']])

    def test_a_card_is_found_by_the_words_that_people_have_for_it(self):
        table = ('<dl class="asked" data-heads="look with|if so"><div id="symptoms-full"><dt>Is there room?</dt><dd>df</dd><dd>it</dd></div>'
                 '<div id="symptoms-is_it_old"><dt>Is it old?</dt><dd>ls</dd><dd>it</dd></div></dl></div></main>')
        page = self.WRITTEN.replace('lesson_01', 'symptoms').replace('</div></main>', table)
        words = '# Why\n\nfull = grows = for ever; disk is full\nis_it_old = wrong value\n'
        self.assertEqual(self.made(**{'html/symptoms.html': page, 'docs/search_words.txt': words}).returncode, 0)
        entries = self.found()['symptoms.html'][1]
        self.assertIn(['s', '-full', 'Is there room?', ['df', 'it'], 'grows = for ever; disk is full'], entries)
        self.assertIn(['s', '-', 'Is it old?', ['ls', 'it'], 'wrong value'], entries)
        self.assertIn('search_words.txt: empty: no card is called so', self.refused(**{'html/symptoms.html': page, 'docs/search_words.txt': 'empty = nothing there\n'}))
        twice = page.replace('symptoms-is_it_old', 'symptoms-other-full')
        self.assertIn('full: several cards are called so', self.refused(**{'html/symptoms.html': twice, 'docs/search_words.txt': 'full = no room\n'}))

    def test_a_snippet_is_found_by_its_names_alone(self):
        snippet = ('<div class="fragment"><div class="line"><span class="comment">// told of there</span></div><div class="line">'
                   '<span class="keyword">static_cast</span>(<a href="x">robust</a>.lock(ready, 17, std::memory_order_release))</div></div><!-- fragment -->')
        self.made(**{'html/lesson_03.html': self.WRITTEN.replace('lesson_01', 'lesson_03').replace('</div></main>', snippet + '</div></main>')})
        entries = self.found()['lesson_03.html'][1]
        self.assertIn(['p', '_run', 'Run it', 'ready = 1; std::atomic Code: robust.lock std::memory_order_release'], entries)

    def test_an_index_that_is_too_large(self):
        run = self.made(**{'html/lesson_02.html': self.WRITTEN.replace('Before', os.urandom(500_000).hex())})
        self.assertEqual(run.returncode, 1)
        self.assertIn('at most 600000', run.stderr)


class PlayedScenes(unittest.TestCase):
    """play_scenes.py, with a program in place of `scenes` that ends with the status that a scene's name says."""

    def play(self, *named):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            pages = []
            for at, scene in enumerate(named):
                pages.append(folder / f'page_{at}.md')
                pages[-1].write_text(f'# A page\n\n\\output{{{scene}, writer}}\n')
            scenes = folder / 'scenes'
            scenes.write_text('#!/bin/sh\necho "skipped: needs root"\necho "$6" >> "$0.log"\nexit "${6#status }"\n')
            scenes.chmod(0o755)
            run = subprocess.run([sys.executable, DOCS / 'play_scenes.py', folder, folder, folder / 'out', scenes, *pages],
                                 capture_output=True, text=True)
            self.played = scenes.with_name('scenes.log').read_text().splitlines()
            skipped = list((folder / 'out').rglob('skipped.txt'))
            return run, skipped[0].read_text() if skipped else None

    def test_a_scene_that_went_as_written(self):
        run, skipped = self.play('status 0')
        self.assertEqual((run.returncode, skipped), (0, None), run.stdout + run.stderr)

    def test_a_scene_that_failed(self):
        run, _ = self.play('status 1')
        self.assertEqual(run.returncode, 1)
        self.assertIn('page_0.md: \\output{status 1, …}', run.stdout)

    def test_the_scenes_of_all_pages_are_played_once(self):
        run, _ = self.play('status 0', 'status 1', 'status 0')
        self.assertEqual((run.returncode, self.played), (1, ['status 0', 'status 1']), run.stdout + run.stderr)
        self.assertIn('page_1.md: \\output{status 1, …}', run.stdout)

    def test_a_scene_that_could_not_be_played_leaves_the_reason(self):
        run, skipped = self.play('status 77')
        self.assertEqual((run.returncode, skipped), (0, 'needs root'), run.stdout + run.stderr)


class InATerminal(unittest.TestCase):
    """read_page.py, which shows a page of the tree that it lies in."""

    def read(self, page, deeper=''):
        with tempfile.TemporaryDirectory() as name:
            root = pathlib.Path(name).resolve()
            lesson, scene = root / 'lessons' / '01-first', root / 'build' / 'scenes' / '01-first' / 'it-runs'
            for folder in (root / 'docs' / 'figures', lesson, scene):
                folder.mkdir(parents=True)
            for tool in ('measured.py', 'orders.py', 'page.py', 'read_page.py'):
                (root / 'docs' / tool).write_text((DOCS / tool).read_text())
            (root / 'docs' / 'figures' / 'box.svg').write_text(FIGURE)
            (lesson / 'lesson.md').write_text(page)
            if deeper:
                (lesson / 'deeper.md').write_text(deeper)
            (lesson / 'writer.cpp').write_text('//! [do it]\n    //! [in it]\n    write();\n    //! [in it]\n//! [do it]\n')
            (scene / 'writer.txt').write_text('$ writer\nhello\n')
            return subprocess.run([sys.executable, '-B', root / 'docs' / 'read_page.py', *self.which],
                                  capture_output=True, text=True)

    which = ['01']

    def test_a_page_has_its_snippets_outputs_and_figures(self):
        run = self.read(PAGE)
        self.assertEqual((run.returncode, run.stderr), (0, ''))
        for text in ('    write();\n', '  │ hello\n', 'Figure: A box. Empty.', 'Question\n\nWhat?'):
            self.assertIn(text, run.stdout)
        self.assertNotIn('//!', run.stdout)  # the markers of other snippets
        self.assertLess(run.stdout.index('What?'), run.stdout.index('The answer'))

    def test_a_page_ends_with_the_way_to_its_deeper_page(self):
        self.assertNotIn('--deeper', self.read(PAGE).stdout)
        run = self.read(PAGE, Course.DEEPER)
        self.assertIn('Lesson 01, deeper: Down: lessons/run --read 01 --deeper\n', run.stdout)
        self.which = ['01-deeper']
        run = self.read(PAGE, Course.DEEPER)
        self.assertEqual((run.returncode, run.stderr), (0, ''))
        self.assertIn('    write();\n', run.stdout)
        self.assertIn('  │ hello\n', run.stdout)
        self.assertIn('lesson 01 has no deeper page', self.read(PAGE).stderr)

    def test_what_is_wrong_is_said_at_the_end(self):
        run = self.read(PAGE.replace('writer.cpp, do', 'reader.cpp, do'))
        self.assertEqual(run.returncode, 1)
        self.assertIn('lesson.md:11: no file reader.cpp', run.stderr)


if __name__ == '__main__':
    unittest.main()
