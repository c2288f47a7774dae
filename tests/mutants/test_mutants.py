#!/usr/bin/env python3
"""The runner's own verdicts, on a small project: a program of the shell, which is "compiled" by sh -n."""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

RUN = pathlib.Path(__file__).resolve().with_name('run')
PROGRAM = 'add() {\n    echo $(($1 + $2))\n}\n# unused: 1\n# twice\n# twice\n'
CMAKE = '''cmake_minimum_required(VERSION 3.25)
project(small NONE)
enable_testing()
add_custom_target(unit_tests COMMAND sh -n ${CMAKE_SOURCE_DIR}/program.sh)
function(check name script)
    add_test(NAME "${name}" COMMAND sh -c ". ${CMAKE_SOURCE_DIR}/program.sh && ${script}")
    set_tests_properties("${name}" PROPERTIES SKIP_REGULAR_EXPRESSION "skipped: ")
endfunction()
check("unit:it adds (2 + 3)" "test $(add 2 3) = 5")
check("unit:it prints" "add 1 1")
check("unit:it never passes" "false")
check("unit:it needs another machine" "echo skipped: no such machine")
'''
PRESETS = '''{"version": 6, "configurePresets": [{"name": "default", "binaryDir": "${sourceDir}/build", "generator": "Ninja"}]}'''


class Planted(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name).resolve()
        (self.root / 'tests' / 'mutants').mkdir(parents=True)
        for file in (RUN, RUN.parents[1] / 'planting.py'):
            shutil.copy(file, self.root / file.relative_to(RUN.parents[2]))
        for name, text in (('program.sh', PROGRAM), ('CMakeLists.txt', CMAKE), ('CMakePresets.json', PRESETS)):
            (self.root / name).write_text(text)
        self.entries = []

    def mutant(self, name, old, new, test='unit:it adds (2 + 3)', more=''):
        self.entries.append(f"[[mutant]]\nname = '{name}'\nmistake = 'It is wrong: {name}.'\nfile = 'program.sh'\n"
                            f"old = '''{old}'''\nnew = '''{new}'''\ntests = ['{test}']\n{more}\n")

    def plant(self, *words):
        (self.root / 'tests' / 'mutants' / 'list.toml').write_text(''.join(self.entries))
        done = subprocess.run([sys.executable, '-B', self.root / 'tests' / 'mutants' / 'run', *words],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=500)
        self.said = done.stdout + done.stderr
        return done.returncode

    def verdict(self, name):
        return re.search(rf'\] {name}: (.*?) \(\d+ s; about', self.said, re.S)[1]

    def test_what_a_test_sees_is_caught(self):
        self.mutant('subtracts', '$1 + $2', '$1 - $2')
        self.mutant('two-changes', '$1 + $2', '$1', more="also = [{ old = 'echo', new = 'printf' }]")
        self.assertEqual(self.plant(), 0, self.said)
        self.assertEqual(self.verdict('subtracts'), 'caught: unit:it adds (2 + 3)')
        self.assertEqual(self.verdict('two-changes'), 'caught: unit:it adds (2 + 3)')
        self.assertIn('2 caught, 0 survived, 0 with an error, 0 skipped', self.said)

    def test_what_no_test_sees_has_survived(self):
        self.mutant('seen', '$1 + $2', '$1 * $2')
        self.mutant('unseen', 'unused: 1', 'unused: 2')
        self.mutant('seen-by-another', '$1 + $2', '$1 - $2', test='unit:it prints')
        self.assertEqual(self.plant(), 1, self.said)
        self.assertIn('caught', self.verdict('seen'))
        self.assertEqual(self.verdict('unseen'), 'survived: It is wrong: unseen.')  # and so the one before is taken out
        self.assertIn('survived', self.verdict('seen-by-another'))
        self.assertIn('survived: unseen (program.sh): It is wrong: unseen.', self.said)
        self.assertEqual((self.root / 'program.sh').read_text(), PROGRAM)

    def test_what_does_not_apply_any_more_is_said(self):
        self.mutant('gone', '$1 & $2', '$1')
        self.mutant('ambiguous', '# twice', '#')
        self.mutant('nothing', '# unused', '# unused')
        for words, verdict in ((['--list'], lambda name: re.search(rf'(?m)^{name}: (.*)$', self.said)[1]), ([], self.verdict)):
            self.assertEqual(self.plant(*words), 1, self.said)
            self.assertIn('does not apply any more: program.sh has no such text: $1 & $2', verdict('gone'))
            self.assertIn('does not apply any more: program.sh has 2 such texts: # twice', verdict('ambiguous'))
            self.assertIn('changes nothing', verdict('nothing'))
        self.assertIn('0 caught, 0 survived, 3 with an error', self.said)

    def test_what_does_not_compile_is_an_error_and_not_caught(self):
        self.mutant('broken', 'add() {', 'add() { {')
        self.assertEqual(self.plant(), 1)
        self.assertIn('error: does not compile', self.verdict('broken'))
        self.assertIn('0 caught, 0 survived, 1 with an error', self.said)

    def test_what_fails_anyway_shows_nothing(self):
        self.mutant('by-a-failing-test', '$1 + $2', '$1 - $2', test='unit:it never passes')
        self.mutant('by-no-test', '$1 + $2', '$1 - $2', test='unit:it multiplies')
        self.assertEqual(self.plant(), 1)
        self.assertIn('error: its tests fail without it, too', self.verdict('by-a-failing-test'))
        self.assertIn('error: names tests that are not there', self.verdict('by-no-test'))

    def test_what_this_machine_cannot_test_is_skipped(self):
        self.mutant('elsewhere', '$1 + $2', '$1 - $2', test='unit:it needs another machine')
        self.assertEqual(self.plant(), 0, self.said)
        self.assertIn('skipped: its tests are skipped on this machine', self.verdict('elsewhere'))
        self.assertEqual(self.plant('--list'), 0)
        self.assertIn('1 mistake, 0 that say', self.said)

    def test_what_hangs_is_caught_and_nothing_runs_on(self):
        seconds = str(1_000_000 + os.getpid())  # no other run of this test, in another tree, sleeps so long
        self.mutant('hangs', 'echo $(($1', f'exec sleep {seconds}; echo $(($1')
        self.assertEqual(self.plant('--slack', '1'), 0, self.said)
        self.assertEqual(self.verdict('hangs'), 'caught: unit:it adds (2 + 3)')
        sleeping = f'sleep\0{seconds}\0'.encode()
        self.assertEqual(running(sleeping, seconds=60), [])

    def test_a_seed_draws_the_same_again(self):
        for number in range(20):
            self.mutant(f'number-{number}', '$1 + $2', f'$1 - {number}')
        drawn = []
        for seed in ('7', '7', '8'):
            self.assertEqual(self.plant('--count', '3', '--seed', seed), 0, self.said)
            self.assertIn(f'3 mistakes, drawn by seed {seed}; the same again: --count 3 --seed {seed}', self.said)
            drawn.append(sorted(re.findall(r'\] (number-\d+):', self.said)))
        self.assertEqual(len(drawn[0]), 3)
        self.assertEqual(drawn[0], drawn[1])
        self.assertNotEqual(drawn[0], drawn[2])

    def test_only_those_that_are_named(self):
        self.mutant('one', '$1 + $2', '$1 - $2')
        self.mutant('two', '$1 + $2', '$1 * $2')
        self.assertEqual(self.plant('--only', 'two'), 0, self.said)
        self.assertNotIn('one', re.findall(r'\] (\w+):', self.said))
        self.assertEqual(self.plant('--only', 'three'), 2)
        self.assertIn('no mistake is called three', self.said)

    def test_what_an_ended_run_left_in_the_copy_is_gone_at_the_next(self):
        self.mutant('subtracts', '$1 + $2', '$1 - $2')
        self.assertEqual(self.plant(), 0)
        copy = self.root / 'build' / 'mutants' / 'tree'
        (copy / 'program.sh').write_text(PROGRAM.replace('$1 + $2', '$1 - $2'))
        (copy / 'left.sh').write_text('')
        self.assertEqual(self.plant(), 0, self.said)
        self.assertEqual((copy / 'program.sh').read_text(), PROGRAM)
        self.assertFalse((copy / 'left.sh').exists())

    def test_an_entry_that_is_not_whole_is_said(self):
        self.mutant('whole', '$1 + $2', '$1 - $2')
        self.entries.append("[[mutant]]\nname = 'half'\nfile = 'program.sh'\n")
        self.mutant('whole', '$1', '$2')
        self.assertEqual(self.plant('--list'), 1)
        self.assertIn('list.toml, half: has', self.said)
        self.assertIn('list.toml, whole: another one has this name', self.said)


def running(command, seconds):
    """The processes with that command line, once there is none or the time is over: one that was killed is gone only
    when it next gets a processor."""
    deadline = time.monotonic() + seconds
    while True:
        found = [file for file in pathlib.Path('/proc').glob('[0-9]*/cmdline') if contents(file) == command]
        if not found or time.monotonic() > deadline:
            return found
        time.sleep(0.05)


def contents(file):
    try:
        return file.read_bytes()
    except OSError:
        return b''  # it has ended


if __name__ == '__main__':
    unittest.main()
