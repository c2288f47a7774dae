#!/usr/bin/env python3
"""The doors, as somebody meets them who has just cloned the course: wrong usage, packages that are missing, a build that
is another's, optional parts that come and go, a terminal and a pipe.

    test_doors.py [GROUP]      BUILD names the build folder
"""
import os
import pathlib
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get('BUILD', ROOT / 'build'))
# Every Debian has these: their packages are marked essential.
ESSENTIAL = {'sh', 'bash', 'ls', 'cat', 'cut', 'mv', 'rm', 'head', 'tr', 'stat', 'chmod', 'truncate', 'getconf', 'find', 'grep', 'printf',
             'echo', 'umask', 'exec', 'read'}


def lessons():
    try:
        import tomllib
    except ModuleNotFoundError:
        raise unittest.SkipTest('python3 here has no tomllib (it came with 3.11)')
    for file in sorted([*ROOT.glob('lessons/*/lesson.toml'), *ROOT.glob('docs/*/lesson.toml')]):
        yield file, tomllib.loads(file.read_text())


def names_of(scene):
    """One [[scene]] stands for several where it has for_each."""
    words = scene.get('for_each', {})
    for at in range(max([1, *map(len, words.values())])):
        name = scene['name']
        for word, values in words.items():
            name = name.replace(f'{{{word}}}', values[at])
        yield name


class Folder(unittest.TestCase):
    """A copy of what the doors are made of, and a PATH with what we say."""

    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.top = pathlib.Path(holder.name)
        self.top.chmod(0o755)
        self.tree = self.top / 'tree'
        for name in ['lessons/run', 'tests/setup.sh', 'tests/build_lesson.sh',
                     *(str(file.relative_to(ROOT)) for file in ROOT.glob('lessons/*/lesson.toml'))]:
            (self.tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, self.tree / name)
        self.path = self.top / 'bin'
        self.path.mkdir()
        for name in ['bash', 'env', 'cat', 'awk', 'dirname', 'find', 'mkdir', 'stat', 'id', 'mktemp', 'rm', 'tail', 'sort', 'readlink', 'grep']:
            (self.path / name).symlink_to(shutil.which(name))

    def program(self, name, script):
        file = self.path / name
        file.write_text('#!/usr/bin/env bash\n' + script)
        file.chmod(0o755)

    def run_door(self, *words, door='lessons/run', uid=None):
        """Returns status, standard output, standard error."""
        ran = subprocess.run([self.tree / door, *words], env={'PATH': str(self.path)}, stdin=subprocess.DEVNULL, text=True,
                             capture_output=True, user=uid, check=False)
        return ran.returncode, ran.stdout, ran.stderr


def in_terminal(words, answer, environment, uid=None):
    """Runs `words` in a terminal, and answers by answer(output so far): what is typed, or signals; returns status and
    output."""
    child, terminal = pty.fork()
    if child == 0:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # a shell's job in the background ignores it, and so would what it starts
        if uid is not None:
            os.setuid(uid)
        os.execve(words[0], [str(word) for word in words], environment)
    output = b''
    while True:
        readable, _, _ = select.select([terminal], [], [], 120)
        if not readable:
            os.kill(child, 9)
            raise AssertionError(f'silent for two minutes after: {output.decode()}')
        try:
            piece = os.read(terminal, 65536)
        except OSError:  # how a terminal says that its last user has closed it
            break
        if not piece:
            break
        output += piece
        said = answer(output.decode(errors='replace'))
        for number in said if isinstance(said, list) else []:
            os.kill(child, number)
        if said and isinstance(said, str):
            os.write(terminal, said.encode())
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return status, output.decode(errors='replace').replace('\r', '')


class Asks(Folder):
    """What is answered before anything is installed or built: the PATH has no cmake, and no apt-get."""

    def tearDown(self):
        self.assertFalse((self.tree / 'build').exists())

    def test_wrong_usage_is_two_and_one_line(self):
        for words in (['--lst'], ['99'], ['no such scene'], ['02', 'no such scene'], ['--read'] + ['01', '02'],
                      ['--site', '02'], ['--site', '--list'], ['--read', 'killed'], [''], ['02', ''], ['--list', 'late']):
            with self.subTest(words):
                status, out, err = self.run_door(*words)
                self.assertEqual((status, out), (2, ''))
                self.assertRegex(err, r'\Alessons/run: [^\n]+\n\Z')

    def test_help_is_answered(self):
        for word in ('--help', '-h'):
            status, out, err = self.run_door(word)
            self.assertEqual((status, err), (0, ''))
            self.assertIn('--site', out)

    def test_through_a_link_and_with_a_cdpath_it_is_the_same(self):
        (self.top / 'link').symlink_to(self.tree / 'lessons/run')
        wanted = self.run_door('--list', '3')
        for words, where in ([[self.top / 'link', '--list', '3'], '/'], [['tree/lessons/run', '--list', '3'], self.top]):
            ran = subprocess.run(words, cwd=where, env={'PATH': str(self.path), 'CDPATH': str(self.top)}, text=True,
                                 capture_output=True, check=False)
            self.assertEqual((ran.returncode, ran.stdout, ran.stderr), wanted)

    def test_the_other_doors_answer_too(self):
        for door in ('lessons/run', 'lessons/check', 'tests/run', 'tests/portable/run', '.ci/run'):
            (self.tree / door).parent.mkdir(exist_ok=True)
            shutil.copy(ROOT / door, self.tree / door)
            for word in ('--help', '-h'):
                with self.subTest(door, word=word):
                    status, out, err = self.run_door(word, door=door)
                    self.assertEqual((status, err), (0, ''))
                    self.assertRegex(out, rf'\Ausage: {door}')
                    self.assertEqual([line for line in out.splitlines() if len(line) > 80], [])
        self.assertEqual(self.run_door('--lst', door='.ci/run')[0], 2)

    def test_the_list_is_what_the_scenes_say(self):
        wanted = []
        for file, lesson in lessons():
            if file.parent.parent.name != 'lessons':
                continue
            wanted += [f'{file.parent.name[:2]}  {lesson["title"]}', f'    {lesson["goal"]}']
            wanted += [f'    -  {name}{" (the wrong way)" if scene.get("broken") else ""}'
                       for scene in lesson['scene'] if scene.get('tour', True) for name in names_of(scene)]
        status, out, err = self.run_door('--list')
        self.assertEqual((status, err), (0, ''))
        self.assertEqual(out.splitlines(), wanted)

    def test_the_list_of_one_lesson(self):
        status, out, _ = self.run_door('--list', '2')
        self.assertEqual(status, 0)
        self.assertEqual([line[:2] for line in out.splitlines() if line[0] != ' '], ['02'])


class Installs(Folder):
    """Packages that are missing, told to somebody who is not root."""

    def setUp(self):
        super().setUp()
        self.uid = 65534 if os.geteuid() == 0 else None
        self.log = self.top / 'calls'
        self.log.touch()
        self.log.chmod(0o666)
        self.program('apt-get', f'echo "apt-get $*" >>{self.log}\n')

    def calls(self, name):
        return [line for line in self.log.read_text().splitlines() if line.startswith(name)]

    def test_without_sudo_the_command_is_for_su(self):
        status, _, err = self.run_door('01', uid=self.uid)
        self.assertEqual(status, 1)
        self.assertRegex(err, r"su -c 'apt-get update && apt-get install --no-install-recommends g\+\+ cmake ")
        self.assertEqual(self.calls('apt-get'), [])

    def test_an_account_that_may_not_use_sudo_is_asked_once_and_told_su(self):
        self.program('sudo', f'echo "sudo $*" >>{self.log}\n'
                             'read -rsp "[sudo] password for learner: " password </dev/tty\n'
                             'echo "learner is not in the sudoers file." >&2\nexit 1\n')
        answered = []

        def answer(output):
            for question in ('now? [Y/n] ', '[sudo] password for learner: '):
                if output.count(question) > answered.count(question):
                    answered.append(question)
                    return '\n'
            return ''
        status, output = in_terminal([self.tree / 'lessons/run', '01'], answer, {'PATH': str(self.path)}, self.uid)
        self.assertEqual(status, 1)
        self.assertEqual(len(self.calls('sudo')), 1, output)
        self.assertIn("su -c 'apt-get update", output)
        self.assertNotIn('sudo sh -c', output)

    def test_with_sudo_all_is_one_call(self):
        self.program('sudo', f'echo "sudo" >>{self.log}\nexec "$@"\n')
        status, output = in_terminal([self.tree / 'lessons/run', '01'], lambda output: '\n' if output.endswith('[Y/n] ') else '',
                                     {'PATH': str(self.path)}, self.uid)
        self.assertEqual(status, 1)  # this apt-get installs nothing
        self.assertEqual(len(self.calls('sudo')), 1)
        self.assertIn('Still missing after the installation: g++', output)
        self.assertTrue(any(re.search(r'install --no-install-recommends g\+\+ cmake', call) for call in self.calls('apt-get')))

    def test_what_the_scenes_run_is_set_up_by_the_door_that_plays_them(self):
        listed = {}
        for level, _, ways in re.findall(r'^(learn|site|tests|ci) +(\S+) +(\S+) ', (ROOT / 'tests/setup.sh').read_text(), re.M):
            for way in re.split(r'[|&]', ways):
                listed.setdefault(way, level)
        for file, lesson in lessons():
            door = {'learn'} if file.parent.parent.name == 'lessons' else {'learn', 'site'}
            for scene in lesson['scene']:
                for process in scene['process']:
                    for program in programs_of(process['run']):
                        if program.startswith('{') or '/' in program or (file.parent / f'{program}.cpp').exists() \
                                or (file.parent / program).exists() or program in ESSENTIAL or program.startswith('ring_{'):
                            continue
                        with self.subTest(f'{file.parent.name}, "{scene["name"]}" runs {program}'):
                            self.assertIn(listed.get(program), door)
                if any(process.get('kill', {}).get('before') for process in scene['process']):
                    self.assertEqual(listed.get('strace'), 'learn')


def programs_of(command):
    """The programs that a command line of a scene starts, those of `sh -c '…'` too."""
    script = re.search(r"sh -c '(.*)'", command)
    yield command.split()[0]
    if script:
        for part in re.split(r'&&|\|\||[|;]', script[1]):
            if part.split():
                yield part.split()[0]


class Builds(Folder):
    """The build: another's, and with parts that come and go."""

    def test_a_build_of_another_account_is_one_line_with_the_cure(self):
        if os.geteuid() != 0:
            self.skipTest('only root can make a build folder that is not the account\'s own')
        for name in ('apt-get', 'c++', 'cmake', 'ninja', 'strace', 'ps', 'ipcs', 'ipcmk', 'ipcrm', 'flock', 'python3'):
            self.program(name, 'echo 3.30\n')
        (self.tree / 'build' / 'lessons').mkdir(parents=True)
        status, out, err = self.run_door('01', uid=65534)
        if 'Missing on this system' in err:
            self.skipTest('needs the packages that lessons/run needs')
        self.assertEqual((status, out), (1, ''))
        self.assertRegex(err, r'\A[^\n]*/build belongs to root, so nobody cannot build here. The cure: '
                              r"su -c 'chown -R nobody \"[^\n]*/build\"'\n\Z")

    def test_what_ninja_says_and_what_is_gone_is_shown(self):
        """By the door's own reading of a build: a cmake that says what a build could say."""
        for name in ('tee', 'flock'):
            (self.path / name).symlink_to(shutil.which(name))
        (self.tree / 'build').mkdir()
        (self.tree / 'build/build.ninja').touch()
        (self.tree / 'build/CMakeCache.txt').write_text(
            f'CMAKE_HOME_DIRECTORY:INTERNAL={self.tree}\nCMAKE_CACHEFILE_DIR:INTERNAL={self.tree}/build\n'
            'CMAKE_GENERATOR:INTERNAL=Ninja\n')
        (self.tree / 'build/left_out.txt').write_text('-- Left out, since a is not installed: x\n')
        self.program('cmake', "printf '%s\\n' '-- Left out, since a is not installed: x' '-- Left out, since b is not "
                              "installed: y' '-- Configuring done' '[1/2] Building x' 'ninja: error: no space' "
                              "'ninja: build stopped: subcommand failed.'; exit 1\n")
        ran = subprocess.run(['bash', '-c', f'source {self.tree}/tests/setup.sh; build_in_order it'],
                             env={'PATH': str(self.path)}, text=True, capture_output=True, check=False)
        self.assertEqual(ran.returncode, 1)
        self.assertEqual(ran.stderr.splitlines(), ['No longer there: b is not installed: y', 'Building it ...',
                                                   'ninja: error: no space', 'The build failed, see above.'])

    def test_a_first_build_says_what_it_does_before_it_takes_long(self):
        for name in ('tee', 'flock'):
            (self.path / name).symlink_to(shutil.which(name))
        self.program('cmake', "echo 'no compiler'; exit 1\n")
        ran = subprocess.run(['bash', '-c', f'source {self.tree}/tests/setup.sh; build_in_order it'],
                             env={'PATH': str(self.path)}, text=True, capture_output=True, check=False)
        self.assertEqual(ran.returncode, 1)
        first, *rest = ran.stderr.splitlines()
        self.assertIn('The first build in this folder', first)
        self.assertEqual(rest, ['no compiler', 'The build could not be configured, see above.'])

    def test_optional_parts_come_and_go(self):
        for name in ('cmake', 'ninja', 'c++', 'python3', 'sh', 'uname', 'as', 'ld', 'sed', 'touch', 'false'):
            if not shutil.which(name):
                self.skipTest(f'needs {name}')
            if name != 'python3':  # may be a shim that has to be called by its own name
                (self.path / name).symlink_to(shutil.which(name))
        self.program('python3', f'exec {sys.executable} "$@"\n')
        environment = {'PATH': str(self.path), 'HOME': str(self.top)}

        def run(*words):
            ran = subprocess.run(words, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
            return ran.returncode, ran.stdout
        made = self.top / 'made'
        status, output = run('cmake', '-G', 'Ninja', '-S', str(ROOT), '-B', str(made))
        self.assertEqual(status, 0, output)
        self.assertIn('Left out, since doxygen is not installed', output)
        status, output = run('cmake', '--build', str(made), '--target', 'docs')
        self.assertNotEqual(status, 0)
        self.assertIn('The site cannot be made: install doxygen', output)

        self.program('doxygen', 'echo 1.0.0\n')  # installed, if only an old one
        _, output = run('cmake', '--build', str(made), '--target', 'docs')
        self.assertIn('doxygen is 1.0.0, older than', output)

        (self.path / 'doxygen').unlink()
        _, output = run('cmake', '--build', str(made), '--target', 'docs')
        self.assertIn('Left out, since doxygen is not installed', output)
        self.assertIn('The site cannot be made: install doxygen', output)


class Shows(unittest.TestCase):
    """A tour and a page, in the build folder of the doors."""

    def setUp(self):
        if BUILD.resolve() != ROOT / 'build':
            self.skipTest('the doors build in build/, and this is another folder')
        self.environment = {**os.environ, 'PAGER': 'cat', 'TERM': 'dumb', 'LC_ALL': 'C.UTF-8'}
        self.environment.pop('COLUMNS', None)

    def test_each_scene_of_the_list_can_be_played_by_its_name(self):
        listed, known = set(), set()
        lesson = ''
        for line in subprocess.run([ROOT / 'lessons/run', '--list'], text=True, capture_output=True, check=True).stdout.splitlines():
            lesson = line[:2] if line[0] != ' ' else lesson
            if line.startswith('    -  '):
                listed.add((lesson, line[7:].removesuffix(' (the wrong way)')))
        for folder in ROOT.glob('lessons/[0-9]*'):
            names = subprocess.run([BUILD / 'tests/harness/scenes', 'list', folder], text=True, capture_output=True, check=True)
            known |= {(folder.name[:2], name) for name in names.stdout.splitlines()}
        self.assertEqual(listed - known, set())

    def test_through_a_pipe_every_line_is_whole_and_nothing_is_built_twice(self):
        for _ in range(2):
            ran = subprocess.run([ROOT / 'lessons/run', '02', 'five messages'], env=self.environment, text=True,
                                 capture_output=True, check=False)
        self.assertEqual((ran.returncode, ran.stderr), (0, ''), ran.stdout)
        self.assertIn('Consumer: Received - Counter: 5, Message: Message number 5 from producer\n', ran.stdout)
        self.assertIn('\n1 scene:  1 as written', ran.stdout)

    def test_a_second_configuration_warns_of_no_more_than_the_first(self):
        with tempfile.TemporaryDirectory() as folder:
            said = [subprocess.run(['cmake', '--preset', 'default', '-B', folder], cwd=ROOT, text=True, capture_output=True,
                                   check=True).stderr for _ in range(2)]
        self.assertEqual(said[0], said[1])

    def test_the_question_stands_there_again_after_ctrl_z_and_fg(self):
        signals = []

        def answer(output):
            times = output.count('Enter: next')
            if times == 1 and not signals:
                signals.extend([signal.SIGSTOP, signal.SIGCONT])
                return signals
            return 'q' if times == 2 else ''
        status, output = in_terminal([ROOT / 'lessons/run', '01'], answer, self.environment)
        self.assertEqual((status, output.count('Enter: next')), (0, 2), output)
        self.assertIn('1 as written', output)

    def test_a_page_asks_before_it_answers(self):
        asked = []

        def answer(output):
            if output.count('Enter: the answer') == len(asked):
                return ''
            asked.append(output)
            return '\n'
        status, output = in_terminal([ROOT / 'lessons/run', '--read', '01'], answer, self.environment)
        self.assertEqual((status, len(asked)), (0, 1), output)
        self.assertIn('What does the reader still have?', ' '.join(asked[0].split()))
        self.assertNotIn('Its memory, with the greeting in it.', asked[0])
        self.assertIn('Its memory, with the greeting in it.', output)
        self.assertIn('  │ Data read from shared memory: Hello from shared memory!\n', output)

    def test_every_page_is_shown_whole(self):
        pages = [[file.parent.name[:2]] for file in sorted(ROOT.glob('lessons/*/lesson.md'))] + [[]]
        pages += [[file.parent.name[:2], '--deeper'] for file in sorted(ROOT.glob('lessons/*/deeper.md'))]
        for page in pages:
            with self.subTest(page):
                ran = subprocess.run([ROOT / 'lessons/run', '--read', *page], env=self.environment, text=True,
                                     capture_output=True, check=False)
                self.assertEqual(ran.returncode, 0, ran.stderr)
                code = re.sub(r'(?m)^(    |  │).*$', '', ran.stdout)
                self.assertNotRegex(code, r'\\(from|output|figure|stepper|predict|answer|seenin|pitfall|lessonmeta)')
                self.assertNotRegex(code, r'\]\(')


if __name__ == '__main__':
    unittest.main(verbosity=2)
