#!/usr/bin/env python3
"""Lesson 06's gallery: every mistake comes out as it has to, none is missing, and nothing is left.

    test_gallery.py GALLERY
"""
import json
import os
import signal
import subprocess
import sys
import unittest

GALLERY = sys.argv.pop()

# Each kind of mistake that one program can make: a row that is taken out is missed here.
ROWS = {
    'Objects and their sizes': 'mmap-before-ftruncate touch-beyond-end peer-shrinks full-write full-fallocate no-inodes '
    'file-size-limit file-size-signal ftruncate-negative ftruncate-zero ftruncate-read-only beyond-100-bytes no-descriptors',
    'Mappings': 'mmap-zero mmap-negative mmap-offset mmap-kind mmap-closed mmap-read-only mmap-too-large huge-object '
    'huge-pool-empty huge-advice mprotect-read-only munmap-inside write-read-only after-munmap',
    'Limits': 'shmget-over-shmmax shmget-over-shmall shmget-over-shmmni shmget-no-memory shmget-huge shmget-huge-user '
    'shmget-zero semget-over-semmsl semget-over-semmni semget-over-semmns mlock-over-limit mlock-none address-space '
    'mq-too-many',
    'Names': 'name-missing name-taken name-slash name-only-slash name-empty name-too-long name-no-slash name-of-semaphore '
    'name-of-folder semaphore-too-long semaphore-missing semaphore-taken semaphore-foreign left-behind half-made nameless',
    'Other users': 'object-of-another unlink-of-another create-of-another squatted object-0666 segment-0666 '
    'segment-of-another segment-asked-nothing attach-of-another remove-of-another',
    'Keys and ids': 'key-missing key-taken key-smaller key-shared ftok-missing key-after-removal id-after-removal id-removed '
    'stat-removed attach-unaligned attach-taken',
    'Semaphores': 'set-smaller set-taken semop-outside semop-too-many semop-over-range semop-would-wait set-reset '
    'setval-no-otime setval-over-range',
    'Semaphores while they are used': 'holder-killed undo-on-p-only undo-over-range semop-interrupted set-removed-waiting '
    'set-removed',
    'Locks, and owners that die': 'mutex-owner-killed robust-owner-killed robust-not-repaired robust-unmapped '
    'rwlock-reader-killed',
    'Waiting': 'condition-waiter-killed semaphore-holder-killed wrong-clock-semaphore wrong-clock-mutex private-futex',
    'What lies in the memory': 'pointer-inside old-layout foreign-data index-wraps',
    'A peer that means harm': 'index-out-of-range seal-shrink seal-grow seal-future-write seal-object memfd-opened-again',
}


def left():
    """What stands under the gallery's own names and keys, outside of its namespaces."""
    files = [name for name in os.listdir('/dev/shm') if 'shared-memory-gallery' in name]
    for table in ('shm', 'sem'):
        with open(f'/proc/sysvipc/{table}') as lines:
            files += [line for line in lines if line.split()[0] == str(0x67616c6c)]
    return files


def run(*words, **options):
    return subprocess.run([GALLERY, *words], capture_output=True, text=True, timeout=100, **options)


class Gallery(unittest.TestCase):
    def tearDown(self):
        self.assertEqual(left(), [])

    def test_every_mistake_comes_out_as_it_has_to(self):
        ran = run('--json')
        found = json.loads(ran.stdout)
        self.assertEqual(found['schema'], 'gallery/1')
        for row in found['rows']:
            with self.subTest(row['id']):
                self.assertTrue(row['as_expected'], row)
                for key in ('section', 'id', 'fault', 'call', 'expected', 'cause', 'cure'):
                    self.assertTrue(row[key])
                if row['not_here'] is None:
                    self.assertEqual(row['seen'], row['expected'])
                    self.assertTrue(row['message'])
                else:
                    self.assertTrue(row['not_here'])
                    self.assertIsNone(row['seen'])
                if row['not_here'] is None and row['expected'].startswith('E'):
                    self.assertTrue(row['message'].startswith(row['call'].split()[0]), row['message'])
        self.assertEqual(ran.returncode, 0, ran.stderr)

    def test_no_mistake_is_missing(self):
        shown = {}
        for row in json.loads(run('--json').stdout)['rows']:
            shown.setdefault(row['section'], []).append(row['id'])
        self.assertEqual(shown, {section: ids.split() for section, ids in ROWS.items()})

    def test_text_and_json_tell_the_same(self):
        text = run('--only', 'semop-outside').stdout
        row, = json.loads(run('--json', '--only', 'semop-outside').stdout)['rows']
        for key in ('call', 'fault', 'seen', 'message', 'cause', 'cure'):
            self.assertIn(row[key], text)

    def test_wrong_usage_is_status_2(self):
        for words in (['--bogus'], ['--only', 'no-such-row']):
            self.assertEqual(run(*words).returncode, 2)

    def test_ended_at_any_moment_it_leaves_nothing(self):
        for kind in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
            for rows in (1, 20, 60):
                with self.subTest(kind=kind, rows=rows):
                    process = subprocess.Popen([GALLERY], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
                    for line in process.stdout:
                        rows -= 'cure:' in line
                        if rows == 0:
                            break
                    process.send_signal(kind)
                    process.stdout.close()
                    self.assertIn(process.wait(), (-kind, 1))  # 1: its output is closed

    def test_a_closed_output_is_an_error(self):
        with open('/dev/full', 'w') as full:
            self.assertEqual(subprocess.run([GALLERY], stdout=full, stderr=subprocess.DEVNULL).returncode, 1)


if __name__ == '__main__':
    unittest.main()
