#!/usr/bin/env python3
"""The exercises, and lessons/check.

    test_exercises.py 02.1     that exercise: starter, solution, wrong answers
    test_exercises.py Door     lessons/check, in a copy of the tree
    test_exercises.py Kill     lessons/check --kill, in such a copy
    test_exercises.py Lesson   scenes of the lessons themselves, with the programs of lesson/, in Python and in C
    test_exercises.py Layout   the pages' tables of what lies where, and the compiler

BUILD names the build folder. A wrong answer that is built in another way is a file wrong/*.cpp. It says in
its first lines which scene rejects it (`// scene: ...`), and a piece of the explanation that its learner reads
(`// says: ...`); exercise.toml says the latter of the starter. One that passes until --kill kills it says what the table
then says of it (`// killed: hung`). One that differs from the solution, or from the starter, in a few lines is an entry
of wrong/changes.toml:

    [[wrong]]
    name = "sleeps"
    mistake = "A sleep in place of a handshake."
    scene = "the messages come slowly"
    says = "no handshake"
    file = "starter.cpp"                  # which is changed; without: solution.cpp
    old = '''...'''                       # stands there exactly once
    new = '''...'''
    also = [{old = '''...''', new = '''...'''}]   # further changes of the same mistake
"""
import json
import os
import pathlib
import platform
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import unittest
from typing import NamedTuple
try:
    import tomllib
except ImportError:
    tomllib = None  # before Python 3.11

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get('BUILD', ROOT / 'build'))
sys.path[:0] = [str(ROOT / 'tests'), str(ROOT / 'tests' / 'harness'), str(ROOT / 'tests' / 'doors'), str(ROOT / 'docs')]
import check  # noqa: E402  (what lessons/check is made of)
import layout_tables  # noqa: E402
import planting  # noqa: E402
from test_doors import in_terminal  # noqa: E402


def value(text, key):
    """What stands in a TOML text behind `key = `, or in a comment behind `// key: `."""
    found = re.search(rf'^(?:// {key}: (.*)|{key} = "(.*)")$', text, re.M)
    return found and (found[1] or found[2])


class Wrong(NamedTuple):
    """An answer that must be rejected."""
    name: str
    text: str
    scene: str  # which rejects it; none for one that only --kill rejects
    says: str   # a piece of the explanation


def wrong_answers(folder):
    """Returns all of an exercise. Raises Problem where one cannot be made any more."""
    answers = []
    for file in sorted((folder / 'wrong').glob('*.cpp')):
        text = file.read_text()
        answers.append(Wrong(file.stem, text, value(text, 'scene'), value(text, 'says')))
    changes = folder / 'wrong' / 'changes.toml'
    for entry in tomllib.loads(changes.read_text())['wrong'] if changes.is_file() else []:
        try:
            text, = planting.planted({'file': 'solution.cpp', **entry}, folder).values()
        except planting.Problem as problem:
            raise planting.Problem(f'{changes.relative_to(ROOT)}, {entry["name"]}: {problem}') from None
        answers.append(Wrong(entry['name'], text, entry['scene'], entry['says']))
    return answers


class Graded(unittest.TestCase):
    """One exercise, as the harness plays it; its number is set by main."""
    number = ''

    def setUp(self):
        self.exercise = next(one for one in check.exercises() if one.number == self.number)
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.top = pathlib.Path(holder.name)
        self.top.chmod(0o755)

    def program(self, source):
        if source.suffix == '.py':
            return shlex.join([sys.executable, '-B', str(source)])
        made = self.top / source.stem
        ran = subprocess.run(self.exercise.compile_command(source, made), capture_output=True, text=True, check=False)
        self.assertEqual((ran.returncode, ran.stderr), (0, ''), f'{source} compiles without a warning')
        return made

    def grade(self, source):
        """Returns the status, and each scene that was played, up to the first that failed."""
        results = self.top / 'results.json'
        ran = subprocess.run([BUILD / 'tests/harness/grade', self.exercise.folder, '--programs',
                              BUILD / 'exercises' / self.number, '--put', self.program(source), '--json', results,
                              '--until-failure', '--quiet'], capture_output=True, text=True, check=False)
        if ran.returncode in (check.NOT_PLAYED, check.NONE_PLAYED):
            self.skipTest('a scene cannot be played here')
        self.assertIn(ran.returncode, (0, 1), ran.stderr)
        return ran.returncode, json.loads(results.read_text())['tests']

    def assert_rejected(self, source, scene, says):
        status, scenes = self.grade(source)
        last = scenes[-1]
        self.assertEqual((status, last['name'], last['status']), (1, scene, 'fail'), last)
        why = last['message'].partition('Why: ')[2]
        self.assertIn(says, why, last)
        return why.strip()

    def test_the_solution_passes(self):
        status, scenes = self.grade(self.exercise.folder / 'solution.cpp')
        self.assertEqual(status, 0, scenes[-1])
        self.assertTrue(scenes)

    def test_a_solution_in_python_passes_too(self):
        for solution in self.exercise.folder.glob('solution.py'):
            status, scenes = self.grade(solution)
            self.assertEqual(status, 0, scenes[-1])

    @unittest.skipUnless(tomllib, 'python3 here has no tomllib (it came with 3.11)')
    def test_starter_and_wrong_answers_are_rejected_for_their_reason_and_each_explanation_is_said(self):
        toml = (self.exercise.folder / 'exercise.toml').read_text()
        first_scene = re.search(r'\[\[scene\]\]\nname = "(.*)"\n(?:for_each = { (\w+) = \["([^"]*)")?', toml)
        first_scene = first_scene[1].replace('{%s}' % first_scene[2], first_scene[3] or '')
        said = {self.assert_rejected(self.exercise.folder / 'starter.cpp', first_scene, value(toml, 'starter'))}
        wrong = wrong_answers(self.exercise.folder)
        self.assertGreaterEqual(len(wrong), 3)
        unplayed = []
        for answer in wrong:
            if not answer.scene:
                continue  # Kill tries it
            with self.subTest(answer.name):
                source = self.top / f'{answer.name}.cpp'
                source.write_text(answer.text)
                try:
                    said.add(self.assert_rejected(source, answer.scene, answer.says))
                except unittest.SkipTest:
                    unplayed.append(answer.name)
                    raise
        known = re.findall(r'\[\[scene\.mistake\]\]\nsigns = .*\nsay = "(.*)"', toml)
        self.assertEqual(len(known), toml.count('[[scene.mistake]]'))
        if unplayed:
            return  # what it would say is not known here
        never = {one.replace('\\"', '"') for one in known} - said
        self.assertFalse(never, 'explanations that no wrong answer gets')

    def test_the_hints_rise_and_the_page_names_the_command(self):
        self.assertGreaterEqual(len(check.hints(self.exercise)), 3)
        page = (self.exercise.folder / 'task.md').read_text()
        self.assertIn(f'lessons/check {self.number} {self.exercise.role}=', page)
        self.assertIn(str(self.exercise.file.relative_to(ROOT)), page)

    def test_the_starter_includes_what_its_hints_use(self):
        starter = (self.exercise.folder / 'starter.cpp').read_text() + (self.exercise.folder / 'exercise.hpp').read_text()
        said = '\n'.join(check.hints(self.exercise))
        for word, header in ((r'\berrno\b', '<cerrno>'), (r'\bE[A-Z]{3,}\b', '<cerrno>'), (r'\bkill\(', '<csignal>'),
                             (r'\bfstat\(', '<sys/stat.h>')):
            if re.search(word, said):
                self.assertIn(header, starter, word)

    def test_the_page_has_each_text_that_the_header_offers(self):
        page = (self.exercise.folder / 'task.md').read_text()
        for text in re.findall(r'^constexpr const char\* \w+ = "(.*)";', (self.exercise.folder / 'exercise.hpp').read_text(), re.M):
            self.assertIn(f'- `{text}`\n', page)

    def test_the_page_says_whether_there_is_something_to_kill_for(self):
        page = (self.exercise.folder / 'task.md').read_text()
        said = re.findall(rf'`lessons/check {self.number} --kill` (kills|refuses)', page)
        if '## Whom your program meets' in page:
            self.assertEqual(said, ['kills' if self.exercise.may_be_killed else 'refuses'])

    def test_where_a_hint_says_what_main_does_the_starter_has_it(self):
        if '`main` does that' in '\n'.join(check.hints(self.exercise)):
            main = [(self.exercise.folder / name).read_text().partition('int main(')[2] for name in ('starter.cpp', 'solution.cpp')]
            self.assertEqual(*main)

    def test_the_starter_marks_one_place_to_write(self):
        self.assertEqual((self.exercise.folder / 'starter.cpp').read_text().count('// Your turn'), 1)


@unittest.skipUnless(platform.machine() == 'x86_64', 'the pages give the layout on x86-64')
class Layout(unittest.TestCase):
    """The tables of what lies where, which docs/layout_tables.py makes of each exercise.hpp."""

    def test_each_page_has_what_the_compiler_makes_of_its_header(self):
        pages = sorted(ROOT.glob('lessons/*/exercise/*/task.md'))
        self.assertEqual(layout_tables.stale(pages), [])
        for page in pages:
            text = page.read_text()
            self.assertEqual(text.count('| bytes |'), text.count('| bytes | type | member of `'), page)

    def test_a_member_that_moved_or_came_is_noticed_and_written_and_what_the_page_says_stays(self):
        with tempfile.TemporaryDirectory() as folder:
            page, header = pathlib.Path(folder, 'task.md'), pathlib.Path(folder, 'exercise.hpp')
            exercise = next(ROOT.glob('lessons/02-*/exercise/1-*'))
            was = (exercise / 'task.md').read_text()
            page.write_text(was)
            code = (exercise / 'exercise.hpp').read_text()
            header.write_text(code.replace('char text[32];', 'std::int64_t stamp;  // when\n    char text[64];'))
            self.assertIn('not as the compiler makes it', layout_tables.stale([page])[0])
            self.assertEqual(layout_tables.stale([page], write=True), [])
            now = page.read_text()
            for row in ('| 16 to 23 | 64 bits, signed | `stamp` |  | when |\n| 24 to 87 | 64 bytes | `text` | producer | the text;',
                        '| 88 to 107 | 20 bytes | `own` | producer |'):
                self.assertIn(row, now)
            header.write_text(code)
            layout_tables.stale([page], write=True)
            self.assertEqual(page.read_text(), was)

    def test_a_member_without_a_comment_is_refused(self):
        with self.assertRaises(layout_tables.Wrong):
            layout_tables.members('struct Slot {\n    int a;\n    int b;  // b\n};\n', 'Slot')
        with self.assertRaises(layout_tables.Wrong):
            layout_tables.compiled(next(ROOT.glob('lessons/02-*/exercise/1-*')), 'Slot', ['messages', 'sent', 'taken', 'text'])


class Tree(unittest.TestCase):
    """lessons/check in a copy of the tree, with what is built here."""

    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.tree = pathlib.Path(holder.name) / 'tree'
        for name in ('lessons/check', 'lessons/run', 'tests/setup.sh', 'tests/harness/check.py',
                     'lessons/01-posix-create/lesson.toml'):
            (self.tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, self.tree / name)
        for folder in ROOT.glob('lessons/*/exercise'):
            shutil.copytree(folder, self.tree / folder.relative_to(ROOT))
        build = self.tree / 'tests/build_exercise.sh'
        build.write_text(f'#!/bin/sh\necho "$1" >>{self.tree}/built\n')
        build.chmod(0o755)
        (self.tree / 'build/tests').mkdir(parents=True)
        (self.tree / 'build/tests/harness').symlink_to(BUILD / 'tests/harness')
        (self.tree / 'build/exercises').symlink_to(BUILD / 'exercises')
        self.file = self.tree / 'work/01-posix-create/1-second-reader/follower.cpp'
        self.solution = (self.tree / 'lessons/01-posix-create/exercise/1-second-reader/solution.cpp').read_text()

    def check(self, *words, cwd=None, uid=None):
        """Returns status, standard output, standard error."""
        ran = subprocess.run([self.tree / 'lessons/check', *words], cwd=cwd or self.tree, stdin=subprocess.DEVNULL,
                             capture_output=True, text=True, check=False, user=uid)
        return ran.returncode, ran.stdout, ran.stderr

    def write(self, text):
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self.file.write_text(text)


class Door(Tree):
    """What lessons/check says and does."""

    def test_alone_it_names_the_next_exercise_its_file_and_its_page_and_builds_nothing(self):
        status, out, err = self.check()
        self.assertEqual((status, err), (0, ''))
        for said in ('exercise 01.1', 'work/01-posix-create/1-second-reader/follower.cpp', 'task.md', 'lessons/check 01.1'):
            self.assertIn(said, out)
        self.assertTrue(self.file.exists())
        self.assertFalse((self.tree / 'built').exists())
        self.assertRegex(self.check('--list')[1], r'^01\.1  begun      \d{4}-\d\d-\d\d  ')
        self.check('02.1', '--hint')
        self.assertRegex(self.check('--list')[1], r'\n02\.1  begun      \d{4}-\d\d-\d\d  ')

    def test_a_tree_of_another_account_is_one_line_with_the_cure(self):
        if os.geteuid() != 0:
            self.skipTest('only root can play another account')
        self.tree.parent.chmod(0o755)
        status, _, err = self.check(uid=65534)
        self.assertEqual(status, 1)
        self.assertRegex(err, rf'\Alessons/check: {self.tree}/work: Permission denied; {self.tree} belongs to root: '
                              r'work in a clone of your own, [^\n]*\n\Z')

    def test_the_starter_fails_with_what_was_asked_what_happened_and_one_next_step(self):
        status, out, _ = self.check('01.1')
        self.assertEqual(status, 1)
        places = [out.index(word) for word in ('Asked:', 'Happened:', 'expected:', 'Why:', 'by hand:', 'Next:')]
        self.assertEqual(places, sorted(places))
        self.assertIn('--hint', out.splitlines()[-1])
        self.assertEqual((self.tree / 'built').read_text(), '01.1\n')
        self.assertIn('01.1  begun', self.check('--list')[1])

    def test_a_signal_that_no_mistake_of_the_exercise_explains_is_explained(self):
        for fault, says in (('*static_cast<volatile int*>(nullptr) = 1;', 'SIGSEGV: your program used an address'),
                            ('static_cast<volatile char*>(mmap(nullptr, 4096, PROT_READ, MAP_SHARED, '
                             'memfd_create("empty", 0), 0))[0];', 'SIGBUS: your program touched a page')):
            self.file = self.tree / 'work/01-posix-create/2-left-behind/creator.cpp'
            self.write(f'#include <sys/mman.h>\nint main() {{\n    {fault}\n}}\n')
            status, out, _ = self.check('01.2')
            self.assertEqual(status, 1, out)
            self.assertIn(f'Why: {says}', ' '.join(out.split()))

    def put_opener(self):
        """Makes the solution of 04.1 the learner's, whose scenes can be played everywhere. Returns its folder."""
        self.file = self.tree / 'work/04-large-mmap/1-refuse/opener.cpp'
        folder = self.tree / 'lessons/04-large-mmap/exercise/1-refuse'
        self.solution = (folder / 'solution.cpp').read_text()
        self.write(self.solution)
        return folder

    def test_a_scene_that_passes_is_one_line_unless_all_is_asked_for(self):
        count = (self.put_opener() / 'exercise.toml').read_text().count('[[scene]]')
        out = self.check('04.1')[1]
        self.assertEqual(len(re.findall(rf'^  As asked\.  .* \(scene \d of {count}\)$', out, re.M)), count)
        self.assertNotIn('Sum: 6', out)
        self.assertIn('Sum: 6', self.check('04.1', '--verbose')[1])

    def test_what_passes_is_done_and_the_next_one_is_named(self):
        self.write(self.solution)
        status, out, _ = self.check('01')
        self.assertEqual(status, 0, out)
        self.assertIn('Exercise 01.1 is done.', out.splitlines()[-1])
        self.assertRegex(self.check('--list')[1], r'01\.1  done       \d{4}-\d\d-\d\d')
        listed = subprocess.run([self.tree / 'lessons/run', '--list'], capture_output=True, text=True, check=True).stdout
        self.assertRegex(listed, r'\n    -  .*\n    exercise 01\.1  done       \d{4}-\d\d-\d\d  A second reader\n'
                                 r'    exercise 01\.2  not begun  +Left behind\n\Z')
        self.assertNotIn('exercise 01.1', self.check()[1])
        self.write('broken')  # done stays done
        self.check('01.1')
        self.assertRegex(self.check('--list')[1], r'01\.1  done ')

    def test_what_does_not_compile_is_told_by_its_first_error_and_no_scene_is_played(self):
        self.write('#include "exercise.hpp"\nint main() {\n    int x = shared;\n    return missing;\n}\n')
        status, out, _ = self.check('01.1')
        self.assertEqual(status, 3)
        self.assertIn('does not compile yet; no scene was played', out)
        self.assertIn("line 3: 'shared' was not declared in this scope", out)
        self.assertIn('int x = shared;', out)
        self.assertNotIn('missing', out)
        self.assertNotIn('Asked:', out)
        self.assertIn('missing', self.check('01.1', '--verbose')[1])

    def test_an_error_inside_a_header_names_the_line_of_the_learners_file(self):
        self.write('#include <vector>\n#include <string>\nint main() {\n    std::vector<int> all;\n'
                   '    all.push_back(std::string());\n}\n')
        self.assertIn('line 5', self.check('01.1')[1])
        self.write('#include <memory>\nstruct A { A(int); };\nint main() {\n    std::make_unique<A>();\n}\n')
        self.assertIn('Next: mend that in line 4', self.check('01.1')[1])

    def test_a_file_is_never_overwritten_and_reset_keeps_the_old_one(self):
        self.write('mine')
        self.check('01.1')
        self.check('01.1', '--start')
        self.assertEqual(self.file.read_text(), 'mine')
        status, out, _ = self.check('01.1', '--reset')
        kept = self.tree / re.search(r'Your old file is kept: (\S+)', out)[1]
        self.assertEqual((status, kept.read_text()), (0, 'mine'))
        self.assertIn('Your turn', self.file.read_text())
        self.write('mine again')
        self.check('01.1', '--reset')
        self.assertEqual(kept.read_text(), 'mine')
        before = sorted(self.file.parent.iterdir())
        self.assertIn('nothing to do', self.check('01.1', '--reset')[1])  # there is nothing to keep
        self.assertEqual(sorted(self.file.parent.iterdir()), before)

    def test_progress_that_cannot_be_read_is_set_aside_and_rebuilt(self):
        self.write(self.solution)
        progress = self.tree / 'work/progress.toml'
        for garbage in (b'["01.1"\n', b'\xff\xfe', b'state = "done"\n'):
            with self.subTest(garbage):
                progress.write_bytes(garbage)
                status, _, err = self.check('01.1')
                self.assertEqual(status, 0)
                aside = self.tree / re.search(r'it is now (\S+)\.', err)[1]
                self.assertEqual(aside.read_bytes(), garbage)
                self.assertIn('01.1  done', self.check('--list')[1])

    def test_hints_come_one_at_a_time(self):
        count = len(check.hints(check.exercises()[0]))
        seen = [self.check('01.1', '--hint')[1] for _ in range(count + 1)]
        for number, one in enumerate(seen[:-1], 1):
            self.assertTrue(one.startswith(f'Hint {number} of {count}:'), one)
            self.assertEqual('That is the last hint. Next: lessons/check 01.1 tries' in one, number == count)
        self.assertEqual(seen[-1], 'There is no other hint. The last one again:\n\n' + seen[-2])
        self.assertIn('--solution', seen[-1].splitlines()[-1])

    def test_a_number_may_be_without_its_zero(self):
        for word, title in (('1.1', 'A second reader'), ('2', 'The missing acknowledgement')):
            status, out, _ = self.check(word, '--start')
            self.assertEqual(status, 0)
            self.assertIn(title, out)
        self.assertEqual(self.check('1.0', 'nobody=true')[0], 2)

    def test_the_solution_is_shown_after_a_question_only(self):
        self.assertEqual(self.check('01.1', '--solution')[:2], (2, ''))
        self.assertEqual(self.check('01.1', '--solution', '--yes')[:2], (0, self.solution))

    def test_json_is_what_a_grading_service_reads_and_nothing_else(self):
        self.put_opener()
        status, out, _ = self.check('04.1', '--json')
        results = json.loads(out)
        self.assertEqual((status, results['version'], results['status']), (0, 3, 'pass'))
        self.assertEqual({one['status'] for one in results['tests']}, {'pass'})
        self.write(self.solution.replace('O_RDONLY, 0)', 'O_CREAT | O_RDWR, 0600)'))
        status, out, _ = self.check('04.1', '--json')
        results = json.loads(out)
        self.assertEqual((status, results['status']), (1, 'fail'))
        self.assertEqual([one['status'] for one in results['tests']], ['pass'] * (len(results['tests']) - 1) + ['fail'])
        self.assertIn('Left behind: object', results['tests'][-1]['message'])
        self.write('nonsense')
        status, out, _ = self.check('04.1', '--json')
        self.assertEqual((status, json.loads(out)['status']), (3, 'error'))

    def test_a_program_in_another_language_is_taken_as_it_is_called(self):
        folder = self.tree / 'elsewhere'
        folder.mkdir()
        (folder / 'mine.py').write_text(PYTHON.read_text())
        (folder / 'mine.sh').write_text('#!/bin/sh\nexec python3 mine.py "$@"\n')
        (folder / 'mine.sh').chmod(0o755)
        for command in ('python3 mine.py', './mine.sh'):
            with self.subTest(command):
                status, out, _ = self.check('01.1', f'follower={command}', cwd=folder)
                self.assertEqual(status, 0, out)
        self.assertFalse(self.file.exists())
        (folder / 'mine.py').write_text(PYTHON.read_text() + "os.unlink('/dev/shm' + sys.argv[1])\n")
        status, out, _ = self.check('01.1', 'follower=python3 mine.py', cwd=folder)
        self.assertEqual(status, 1)
        self.assertIn('Who removes a name?', out.replace('\n', ' '))

    def test_the_command_that_is_named_next_can_be_pasted_into_a_shell(self):
        given = """follower=false '$1' "`it's`\""""
        status, out, _ = self.check('01.1', given)
        self.assertEqual(status, 1)
        again = re.search(r', then (lessons/check .*) again; ', out)[1]
        words = subprocess.run(['bash', '-c', f'printf "%s\n" {again}'], capture_output=True, text=True, check=True).stdout
        self.assertEqual(words.splitlines(), ['lessons/check', '01.1', given])

    def test_a_program_in_python_that_cannot_begin_is_no_failed_exercise(self):
        mine = self.tree / 'mine.py'
        mine.write_text('print(\n')
        status, out, err = self.check('01.1', f'follower=python3 {mine}')
        self.assertEqual((status, out), (3, ''))
        self.assertRegex(err, rf'\Alessons/check: {mine} does not run yet; no scene was played\. '
                              rf'File "{mine}", line 1: SyntaxError: [^\n]*\n\Z')
        status, out, _ = self.check('01.1', f'follower=python3 {mine}', '--json')
        self.assertEqual((status, json.loads(out)['status']), (3, 'error'))
        mine.unlink()
        status, out, err = self.check('01.1', f'follower=python3 {mine}')
        self.assertEqual((status, out, err), (2, '', f'lessons/check: no such file: {mine}\n'))

    def test_a_scene_whose_moment_does_not_come_is_said_and_keeps_nothing_from_being_done(self):
        mine = self.tree / 'mine.py'   # reads by calls, which no watchpoint sees, or where there is none
        mine.write_text("""import mmap, os, sys, time
fd = os.open('/dev/shm' + sys.argv[1], os.O_RDWR)
number = memoryview(mmap.mmap(fd, 520)).cast('I')
taken = number[1]
while True:
    waiting = (number[0] - taken) % 2 ** 32
    if waiting == 0:
        time.sleep(0.001)
        continue
    slot = os.pread(fd, 64, 8 + 64 * (taken % 8))
    length = int.from_bytes(slot[:4], sys.byteorder)
    if waiting > 8 or length > 60:
        print('Refused')
        sys.exit(1)
    taken = (taken + 1) % 2 ** 32
    number[1] = taken
    print('Message:', slot[4:4 + length].decode())
    if slot[4:4 + length] == b'end':
        sys.exit(0)
""")
        status, out, err = self.check('05.2', f'consumer=python3 {mine}')
        self.assertEqual((status, err), (0, ''), out)
        self.assertIn('Skipped:', out)
        self.assertIn('All others went as asked.\nExercise 05.2 is done.', out)
        status, out, _ = self.check('05.2', f'consumer=python3 {mine}', '--json')
        unplayed = [one['name'] for one in json.loads(out)['tests'] if one['status'] != 'pass']
        self.assertEqual(status, 77, out)
        self.assertIn('a length that changes', unplayed)
        mine.write_text("""import os, struct, sys, time
fd = os.open('/dev/shm' + sys.argv[1], os.O_RDONLY) if os.path.exists('/dev/shm' + sys.argv[1]) else sys.exit('none')
last = ended = 0
while not ended:
    time.sleep(0.001)
    whole, ended, count = struct.unpack('IIQ', os.pread(fd, 16, 0).ljust(16, bytes(1)))
    if whole and count != last:
        print('Count:', count)
        last = count
print('The counter has ended')
""")
        status, out, err = self.check('01.1', f'follower=python3 {mine}')
        self.assertEqual((status, err), (0, ''), out)
        self.assertIn('Skipped:', out)

    def test_where_no_scene_can_be_played_nothing_is_done(self):
        exercise = (self.tree / STARTER).with_name('exercise.toml')
        head = exercise.read_text().partition('[[scene]]')[0]
        exercise.write_text(head + UNPLAYABLE)
        for words in ((), ('--json',), ('--kill',)):
            status, out, err = self.check('01.1', *words)
            self.assertEqual(status, 77, out + err)
            self.assertEqual('so nothing is known of your program' in out, words != ('--json',), out)
            self.assertNotIn('As asked.', out)
            self.assertNotIn('All others', out)
        self.assertIn('01.1  begun', self.check('--list')[1])

    def test_a_program_under_thread_sanitizer_is_told_from_one_without(self):
        for flags, has_it in (([check.THREAD_SANITIZER], True), ([], False)):
            program = self.tree / 'mine'
            subprocess.run(['c++', *flags, '-x', 'c++', '-', '-o', program], input='int main() {}', text=True, check=True)
            self.assertEqual(check.has_thread_sanitizer(str(program)), has_it)

    def test_a_watch_checks_at_each_save_survives_what_does_not_compile_and_goes_on(self):
        self.write('nonsense')
        steps = [
            ('does not compile yet', lambda: self.write('nonsense, too')),
            ('does not compile yet', lambda: self.save_by_rename((self.file.parents[3] / STARTER).read_text())),
            ('Happened:', lambda: self.write(self.solution)),
            ('Next: exercise 01.2', lambda: 'h'),
            ('Hint 1 of', lambda: 'q'),
        ]
        at = 0

        def answer(output):
            nonlocal at, steps
            if not steps or steps[0][0] not in output[at:] or not output.rstrip().endswith('q: stop'):
                return ''
            at = len(output)
            return steps.pop(0)[1]()
        status, output = in_terminal([str(self.tree / 'lessons/check'), '01.1', '--watch'], answer, os.environ)
        self.assertEqual((status, steps), (0, []), output)

    def save_by_rename(self, text):
        other = self.file.with_suffix('.new')
        other.write_text(text)
        other.rename(self.file)

    def test_ctrl_c_ends_a_watch(self):
        said = []

        def answer(output):
            if not said and 'q: stop' in output:
                said.append(output)
                return '\x03'
            return ''
        status, output = in_terminal([str(self.tree / 'lessons/check'), '01.1', '--watch'], answer, os.environ)
        self.assertEqual(status, 130)
        self.assertNotIn('Traceback', output)

    def test_wrong_usage_is_two_and_one_line(self):
        for words in (['--lst'], ['99'], ['01.9'], ['01.1', '02.1'], ['--hint', '--start'], ['01.1', 'counter=./mine'],
                      ['02.0'], ['99.0', 'a=b'], ['01.1', 'follower='], ['01.1', 'follower=./nowhere'], ['04.1', '--kill'], ['01.1', 'follower="mine'],
                      ['05.1', 'publisher=true'], ['01.1', 'follower=true', '--reset'], ['01.1', 'follower=true', '--hint']):
            with self.subTest(words):
                status, out, err = self.check(*words)
                self.assertEqual((status, out), (2, ''))
                self.assertRegex(err, r'\Alessons/check: [^\n]+\n\Z')


class Kill(Tree):
    """lessons/check --kill."""

    def kill(self, number, *words):
        """Returns status, what it said, and how many kills the line for a README counts."""
        status, out, _ = self.check(number, '--kill', *words)
        if status == 77:
            self.skipTest('strace may not trace here')
        line = re.search(rf'    Kill-proof: exercise {number} \(.*\), killed before each of (\d+) system calls; .*\n', out)
        self.assertEqual(status == 0, line is not None, out)
        return status, out, int(line[1]) if line else 0

    def put(self, number, name):
        """Makes a file of the exercise the learner's."""
        exercise = next(one for one in check.exercises() if one.number == number)
        self.file = self.tree / exercise.file.relative_to(ROOT)
        self.write((exercise.folder / name).read_text())
        return exercise

    def test_a_solution_survives_each_kill_and_gets_a_line_for_a_readme(self):
        for number in ('01.2', '02.1'):
            with self.subTest(number):
                self.put(number, 'solution.cpp')
                status, out, kills = self.kill(number)
                self.assertEqual(status, 0, out)
                self.assertGreater(kills, 5)
                self.assertLess(out.index('As asked.'), out.index('killed before'))
                self.assertRegex(out, r'\n\d+ kills:  a line for each, as it comes; what repeats is counted\.\n\n  killed before')

    def test_lines_that_only_repeat_the_one_before_are_counted_and_what_stays_is_named(self):
        self.put('04.2', 'solution.cpp')
        status, out, kills = self.kill('04.2')
        self.assertEqual(status, 0, out)
        rows = re.findall(r'^  \w+\(.*\S  +survived +object$', out, re.M)
        alike = [int(more) for more in re.findall(r'^    \.\.\. and (\d+) more like that$', out, re.M)]
        self.assertLess(len(rows), 40)
        self.assertEqual(len(rows) + sum(alike), kills)
        self.assertIn('nothing but the object was left behind.', out)

    def test_what_a_killed_process_leaves_for_the_next_is_found_and_explained(self):
        exercise = self.put('01.2', 'wrong/guard_object.cpp')
        said = (exercise.folder / 'wrong/guard_object.cpp').read_text()
        status, out, _ = self.kill('01.2')
        self.assertEqual(status, 1, out)
        rows = re.findall(r'^  (\w+\(.*\S)  +(survived|hung|failed) +(\w.*)$', out, re.M)
        ends = [row[1:] for row in rows]
        hung = ends.index((value(said, 'killed'), 'object'))
        self.assertEqual(ends[:hung], [('survived', 'nothing')] * hung, out)  # before it makes the guard
        self.assertGreater(hung, 0, out)
        self.assertIn(value(said, 'says'), ' '.join(out.split()))
        self.assertIn('lessons/check 01.2 --kill again', out.splitlines()[-1])
        self.assertIn('01.2  done', self.check('--list')[1])  # which is another question

    def test_in_python_only_what_follows_the_first_call_on_the_object_counts(self):
        mine = self.tree / 'mine.py'
        mine.write_text(PYTHON_CREATOR)
        status, out, kills = self.kill('01.2', f'creator=python3 {mine}')
        self.assertEqual(status, 0, out)
        calls = (self.tree / 'build/work/01.2/calls').read_text().count('\n')
        self.assertGreater(calls, 200)
        self.assertLess(kills, calls // 4)
        self.assertIn('openat("/dev/shm/NAME"', out)

    def test_what_does_not_pass_is_not_killed(self):
        status, out, _ = self.kill('01.2')
        self.assertEqual(status, 1)
        self.assertNotIn('killed before', out)


class Lesson(unittest.TestCase):
    """The scenes of the lessons themselves that say `grade = true`, with programs that are not ours: lesson/NN-ROLE.py."""
    here = pathlib.Path(__file__).parent / 'lesson'

    def grade(self, number, role, command):
        folder = next(ROOT.glob(f'lessons/{number}-*'))
        ran = subprocess.run([BUILD / 'tests/harness/grade', folder, '--programs', BUILD / 'lessons' / folder.name,
                              '--role', role, '--put', command], capture_output=True, text=True, check=False)
        return ran.returncode, ran.stdout + ran.stderr

    @unittest.skipUnless(tomllib, 'python3 here has no tomllib (it came with 3.11)')
    def test_each_role_of_each_such_scene_is_played_by_a_program_in_python(self):
        for folder in sorted(ROOT.glob('lessons/[0-9][0-9]-*')):
            number = folder.name[:2]
            scenes = [scene for scene in tomllib.loads((folder / 'lesson.toml').read_text())['scene'] if scene.get('grade')]
            programs = BUILD / 'lessons' / folder.name
            roles = {process['role'] for scene in scenes for process in scene['process']
                     if (programs / process['run'].split()[0]).is_file()}
            self.assertEqual(roles, {file.stem[3:] for file in self.here.glob(f'{number}-*.py')}, folder)
            for role in roles:
                with self.subTest(f'{number} {role}'):
                    status, said = self.grade(number, role, f'python3 {self.here / f"{number}-{role}.py"}')
                    self.assertEqual(status, 0, said)
                    for scene in scenes:
                        if any(process['role'] == role for process in scene['process']):
                            self.assertIn(f'As asked.  {scene["name"].capitalize()}.', said)

    def test_a_program_that_leaves_out_what_the_scene_is_about_fails(self):
        for name, old, new, says in (
                ('01-reader', 'memory[16:128]', 'memory[0:128]', "expected: 'Data read from shared memory: Hello"),
                ('01-writer', "fcntl.fcntl(fd, 37", "str(('fcntl", 'did not end as expected'),
                ('02-producer', '[0] = MAGIC', '[0] = 0', 'it has looked again'),
                ('03-one_semaphore', 'by, SEM_UNDO)', 'by, 0)', 'second one_semaphore: sleeps in sem'),
                ('04-receiver', 'if not (seals & SHRINK and seals & WRITE)', 'if False', 'did not end as expected'),
                ('04-sender', "if '--unsealed' not in sys.argv", 'if False', 'receiver')):
            with self.subTest(name), tempfile.TemporaryDirectory() as top:
                os.chmod(top, 0o755)
                source = (self.here / f'{name}.py').read_text()
                self.assertEqual(source.count(old), 1)
                pathlib.Path(top, 'mine.py').write_text(source.replace(old, new))
                status, said = self.grade(name[:2], name[3:], f'python3 {top}/mine.py')
                self.assertEqual(status, 1, said)
                self.assertIn(says, said)

    def test_a_program_in_c_that_was_built_by_hand_plays_it_too_and_one_that_only_sleeps_does_not(self):
        with tempfile.TemporaryDirectory() as folder:
            os.chmod(folder, 0o755)
            source = (self.here / '02-consumer.c').read_text()
            for text, expected in ((source, 0), (source.replace('atomic_store(&slot->state, 0)', 'usleep(50000)'), 1)):
                (pathlib.Path(folder) / 'mine.c').write_text(text)
                subprocess.run(['cc', '-o', f'{folder}/mine', f'{folder}/mine.c'], check=True)
                status, said = self.grade('02', 'consumer', f'{folder}/mine')
                self.assertEqual(status, expected, said)
            self.assertIn("expected: 'Consumer: Received - Counter: 2", said)

    def test_a_role_that_no_such_scene_has_is_wrong_usage(self):
        status, said = self.grade('02', 'ipcs-two', 'true')
        self.assertEqual(status, 2)
        self.assertIn('no scene of lesson 02 takes a program of yours as ipcs-two', said)


STARTER = 'lessons/01-posix-create/exercise/1-second-reader/starter.cpp'
PYTHON = ROOT / 'lessons/01-posix-create/exercise/1-second-reader/solution.py'
UNPLAYABLE = ''.join(f'''
[[{kind}]]
name = "not here"
say = "It needs a program that no build has."
asks = "Nothing."
needs = ["thread_sanitizer"]

[[{kind}.process]]
role = "missing"
run = "missing"
''' for kind in ('scene', 'kill'))
PYTHON_CREATOR = '''
import fcntl, mmap, os, sys
name = '/dev/shm' + sys.argv[1]


def create():
    while True:
        is_new = True
        try:
            fd = os.open(name, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
        except FileExistsError:
            is_new = False
            fd = os.open(name, os.O_RDWR)
        try:
            fcntl.lockf(fd, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, 0)
        except OSError:
            os._exit(1)
        has_name = os.fstat(fd).st_nlink == 1  # another process may have removed it in between
        if is_new and has_name:
            return fd
        if has_name:
            os.unlink(name)
        os.close(fd)


fd = create()
os.ftruncate(fd, 4096)
memory = mmap.mmap(fd, 4096)  # kept: it has a descriptor of its own, and to close that gives up the lock
memory[:5] = b'Hello'
print('Ready', flush=True)
sys.stdin.readline()
os.unlink(name)
os._exit(0)  # without the calls that Python makes to end
'''


if __name__ == '__main__':
    if sys.argv[1:2] and re.fullmatch(r'\d\d\.\d', sys.argv[1]):
        Graded.number = sys.argv[1]
        sys.argv[1:2] = ['Graded']
    unittest.main()
