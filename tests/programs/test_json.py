#!/usr/bin/env python3
"""What page_cost, ring_bench, ladder and compare write for other programs is as their schema files say.

    test_json.py LESSONS PROGRAMS PROGRAM...

LESSONS: lessons, with the schema files; PROGRAMS: build/lessons; PROGRAM: page_cost, ring_bench, ladder or compare.
The runs are short: what is held against the schema is which members there are, not how fast anything was.
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from schema import Schema  # noqa: E402

LESSONS, PROGRAMS = (pathlib.Path(sys.argv.pop(1)).resolve() for _ in range(2))
RECORDED = LESSONS.parent / 'docs' / 'measurements'
BENCH = ['--messages', '2000', '--rounds', '1']
COMPARE = ['--sizes', '64', '--messages', '20', '--rounds', '1']


class Writes(unittest.TestCase):
    """One class for each program; `folder` is its lesson, `name` the program."""

    def setUp(self):
        self.schema = Schema(LESSONS / self.folder / f'{self.name}.schema.json')

    def written(self, *words):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / 'out.json'
            done = subprocess.run([PROGRAMS / self.folder / self.name, *words, '--json', file],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                                  env={**os.environ, 'LC_ALL': 'C.UTF-8'})
            self.assertEqual(done.returncode, 0, done.stderr)
            document = json.loads(file.read_text(encoding='utf-8'))
        self.schema.check(document)
        return document

    def check_recorded(self):
        """What the pages' figures and numbers are from: NAME.json, and NAME_MACHINE.json of other machines."""
        records = [RECORDED / f'{self.name}.json', *RECORDED.glob(f'{self.name}_*.json')]
        for record in records:
            with self.subTest(record.name):
                self.schema.check(json.loads(record.read_text(encoding='utf-8')))


class page_cost(Writes):
    folder, name = '04-large-mmap', 'page_cost'

    def test_the_first_touch_alone(self):
        document = self.written('--part', 'touch', '--size', '2M', '--rounds', '1')
        self.assertEqual(document['random_access'], [])
        plain = document['first_touch'][0]
        self.assertEqual((plain['name'], plain['call_ns_per_page']), ('plain', None))
        self.assertGreater(plain['touch_ns_per_page'], 0)
        for row in document['first_touch']:
            self.assertEqual(row['touch_ns_per_page'] is None, row['refused'] is not None, row)

    def test_random_access_alone(self):
        document = self.written('--part', 'random', '--random-size', '2M', '--rounds', '1')
        self.assertEqual(document['first_touch'], [])

    def test_the_recorded_run(self):
        self.check_recorded()


class ring_bench(Writes):
    folder, name = '05-optimized-ring-buffer', 'ring_bench'

    def test_all_rings(self):
        document = self.written('--bytes', '4', *BENCH)
        ours = [row for row in document['rows'] if row['ring'] == 'ours' and row['case'] == 'steady']
        self.assertEqual({row['api'] for row in ours}, {'single', 'span64', 'span256'})
        self.assertGreater(document['limits']['bulk_bytes_per_s'], 0)
        self.assertEqual([cell['capacity'] for cell in document['limits']['bulk']], [1024, 16384])
        self.assertTrue(any(row['round_trip_ns'] for row in ours))

    def test_what_was_not_measured_is_null(self):
        document = self.written('--only', 'ours (threads)', '--bytes', '8', *BENCH)
        self.assertEqual(document['limits'].pop('bulk'), [])
        self.assertEqual(set(document['limits'].values()), {None})
        self.assertIsNone(document['waiting']['one_core_ns'])

    def test_the_recorded_run(self):
        self.check_recorded()


class ladder(Writes):
    folder, name = '05-optimized-ring-buffer', 'ladder'

    def test_steps_alone(self):
        document = self.written(*BENCH)
        self.assertEqual(document['experiments'], [])
        self.assertEqual(['ratio_to_before' in row for row in document['steps']],
                         [False] + [True] * (len(document['steps']) - 1))

    def test_with_experiments(self):
        document = self.written('--why', *BENCH)
        for each in document['experiments']:
            self.assertEqual(['ratio_to_first' in row for row in each['rows']],
                             [False] + [True] * (len(each['rows']) - 1))

    def test_the_recorded_run(self):
        self.check_recorded()


class compare(Writes):
    folder, name = '07-performance-comparison', 'compare'

    def test_all_mechanisms(self):
        rows = self.written('--quick', '--cores', '1', *COMPARE)['rows']
        for row in rows:
            self.assertEqual(row['p50_ns'] is None, row['skipped'] is not None, row)
        self.assertTrue(any(row['p50_ns'] for row in rows))
        self.assertTrue(any(row['skipped'] for row in rows))  # pages for 64 bytes

    def test_counted_calls(self):
        row, = self.written('--only', 'pipe', '--cores', '1', *COMPARE)['rows']
        self.assertEqual((row['rounds'], row['round_trips']), (1, 20))

    def test_the_recorded_run(self):
        self.check_recorded()


if __name__ == '__main__':
    unittest.main(verbosity=2)
