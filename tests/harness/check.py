#!/usr/bin/env python3
"""What lessons/check does once everything is installed: finds the exercise, makes and compiles the learner's file, has
the harness's `grade` play it, remembers what came out, and says one next step. lessons/check --help says how."""
import argparse
import datetime
import json
import os
import pathlib
import pwd
import re
import select
import shlex
import shutil
import subprocess
import sys
import termios
import time
import tty
from typing import NamedTuple

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / 'build'
WORK = ROOT / 'work'
COMPILER = ['c++', '-std=c++20', '-O2', '-g', '-Wall', '-Wextra', '-pthread']
THREAD_SANITIZER = '-fsanitize=thread'
NOT_YET, WRONG_USAGE, NOT_COMPILED = 1, 2, 3
NOT_PLAYED = 77  # a scene cannot be played here, or its moment did not come; no other failed
NONE_PLAYED = 78  # of `grade`: that is so of every scene
NOTHING_KNOWN = 'No scene could be played here (see "Skipped:"), so nothing is known of your program.'


class Refused(Exception):
    """Wrong usage; said in one line."""
    status = WRONG_USAGE


class DoesNotRun(Refused):
    """A program of another language that cannot begin, as one that does not compile."""
    status = NOT_COMPILED


class Exercise(NamedTuple):
    number: str           # "02.1"
    folder: pathlib.Path  # lessons/02-name/exercise/1-name
    title: str
    goal: str
    role: str             # the learner's, and the name of the file
    flags: str            # further ones for the compiler

    def compile_command(self, source, program):
        return [*COMPILER, *self.flags.split(), f'-I{self.folder}', str(source), '-o', str(program)]

    @property
    def may_be_killed(self):
        return '[[kill]]' in (self.folder / 'exercise.toml').read_text(encoding='utf-8')

    @property
    def file(self):
        return WORK / self.folder.parents[1].name / self.folder.name / f'{self.role}.cpp'

    @property
    def page(self):
        site = BUILD / 'docs' / 'html' / f'exercise_{self.number.replace(".", "_")}.html'
        return site if site.is_file() else self.folder / 'task.md'


def shown(path):
    """A path as it is typed from here."""
    near = os.path.relpath(path)
    return str(path) if near.startswith('..') else near


def exercises():
    """All of them, in the order of the course."""
    found = []
    for folder in sorted(ROOT.glob('lessons/[0-9][0-9]-*/exercise/[0-9]-*')):
        head = (folder / 'exercise.toml').read_text(encoding='utf-8').split('[[scene]]')[0]
        said = dict(re.findall(r'^(\w+) *= *"(.*)"$', head, re.M))
        number = f'{folder.parents[1].name[:2]}.{folder.name.split("-")[0]}'
        found.append(Exercise(number, folder, said['title'], said['goal'], said['role'], said.get('flags', '')))
    return found


class Progress:
    """work/progress.toml: for each exercise its state, the date, and how many hints were shown. What is lost is found
    again by checking."""

    def __init__(self):
        self.file = WORK / 'progress.toml'
        self.entries = {}
        if not self.file.exists():
            return
        try:
            self.entries = self.read(self.file.read_text(encoding='utf-8'))
        except (ValueError, OSError):
            aside = free_name(self.file, 'unreadable')
            self.file.rename(aside)
            print(f'{shown(self.file)} could not be read; it is now {shown(aside)}. Checking an exercise again enters it '
                  'in a new one.', file=sys.stderr)

    @staticmethod
    def read(text):
        entries, entry = {}, None
        for line in text.splitlines():
            line = line.strip()
            if not line or line.startswith('#'):
                continue
            if table := re.fullmatch(r'\["(\d\d\.\d)"\]', line):
                entry = entries.setdefault(table[1], {})
            elif (pair := re.fullmatch(r'(state|date) = "([\w-]*)"|(hints) = (\d+)', line)) and entry is not None:
                entry[pair[1] or pair[3]] = pair[2] if pair[1] else int(pair[4])
            else:
                raise ValueError(line)
        return entries

    def get(self, exercise):
        return self.entries.get(exercise.number, {})

    def is_done(self, exercise):
        return self.get(exercise).get('state') == 'done'

    def note(self, exercise, **news):
        entry = self.entries.setdefault(exercise.number, {'date': datetime.date.today().isoformat()})
        entry.update(news)
        text = '# What lessons/check found. Checking an exercise again enters it anew.\n'
        for number, values in sorted(self.entries.items()):
            text += f'\n["{number}"]\n' + ''.join(
                f'{key} = {json.dumps(value)}\n' for key, value in sorted(values.items()))
        self.file.parent.mkdir(parents=True, exist_ok=True)
        draft = self.file.with_suffix(f'.{os.getpid()}')
        draft.write_text(text, encoding='utf-8')
        draft.replace(self.file)  # whole, or not at all

    def note_check(self, exercise, passed):
        if passed or not self.is_done(exercise):
            self.note(exercise, state='done' if passed else 'begun', date=datetime.date.today().isoformat())


def free_name(file, word):
    number = 1
    while (name := file.with_name(f'{file.stem}.{word}-{number}{file.suffix}')).exists():
        number += 1
    return name


# ---- the learner's file ----

def start(exercise, quiet=False):
    """Makes it from the starter, unless it is there."""
    if exercise.file.exists():
        return
    exercise.file.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(exercise.folder / 'starter.cpp', exercise.file)
    if not quiet:
        print(f'Made for you: {shown(exercise.file)}')


def reset(exercise):
    if exercise.file.exists() and exercise.file.read_bytes() != (exercise.folder / 'starter.cpp').read_bytes():
        kept = free_name(exercise.file, 'old')
        exercise.file.rename(kept)
        print(f'Your old file is kept: {shown(kept)}')
    elif exercise.file.exists():
        print(f'{shown(exercise.file)} is as it was made: nothing to do')
    start(exercise)


def compiled(exercise, verbose, to):
    """Compiles it by one call. Returns the program, and what the compiler said; no program, and says why, if it does not
    compile."""
    program = BUILD / 'work' / exercise.number / exercise.role
    program.parent.mkdir(parents=True, exist_ok=True)
    command = [*exercise.compile_command(exercise.file, program), '-fdiagnostics-color=never']
    ran = subprocess.run(command, capture_output=True, text=True, errors='replace', check=False,
                         env={**os.environ, 'LC_ALL': 'C'})
    if verbose:
        print(shlex.join(command), file=to)
        print(ran.stderr, end='', file=to)
    if ran.returncode == 0:
        return program, ran.stderr
    first, where = first_error(ran.stderr, exercise.file)
    print(f'{shown(exercise.file)} does not compile yet; no scene was played.\n\n{first}\n', file=to)
    if not verbose:
        print(f'Next: mend that{where}; then lessons/check {exercise.number} (--verbose shows all that the compiler says).',
              file=to)
    return None, ran.stderr


def first_error(text, file):
    """The first error, with the line of the learner's file that it is about, and words for where it is."""
    lines = text.splitlines()
    for at, line in enumerate(lines):
        found = re.match(r'(.*?):(\d+):(?:\d+:)? (?:fatal )?error: (.*)', line)
        if found:
            part = [f'line {found[2]}: {found[3]}' if found[1] == str(file) else line]
            for more in lines[at + 1:at + 4]:
                if re.match(r' *\d* \|', more):
                    part.append(more)
            inside = [re.match(re.escape(str(file)) + r':(\d+):', other) for other in lines]
            place = found[2] if found[1] == str(file) else next((one[1] for one in inside if one), None)
            return '\n'.join('  ' + one for one in part), f' in line {place}' if place else ''
        if 'undefined reference to' in line:
            return '  ' + line.split(': ', 1)[-1], ': a function is called that is defined nowhere'
    return '\n'.join('  ' + line for line in lines[:3]), ''


# ---- a check ----

def command_of(exercise, given):
    """The learner's program as `grade` takes it, from ROLE=COMMAND."""
    role, _, command = given.partition('=')
    if role != exercise.role:
        raise Refused(f'in exercise {exercise.number} your program is the {exercise.role}: {exercise.role}=COMMAND')
    program = program_of(role, command)
    if THREAD_SANITIZER in exercise.flags.split() and not has_thread_sanitizer(program):
        raise Refused(f'exercise {exercise.number} is for C++ only, compiled with {THREAD_SANITIZER}, which looks at the '
                      f'memory order; this was not: {command}')
    return program


def has_thread_sanitizer(command):
    """Says whether the program was compiled with it: then it calls functions whose names begin so."""
    return b'__tsan_' in pathlib.Path(shutil.which(shlex.split(command)[0])).read_bytes()


def program_of(role, command):
    """The words of a command, its program found, as `grade` takes them."""
    try:
        words = shlex.split(command)
    except ValueError:
        raise Refused(f'a quote is not closed in: {command}') from None
    if not words:
        raise Refused(f'which program? {role}=COMMAND')
    if '/' in words[0]:
        words[0] = os.path.abspath(words[0])
    if not shutil.which(words[0]):
        hint = f'; a file of Python: {role}="python3 {command}"' if words[0].endswith('.py') else ''
        raise Refused(f'no such program, or it may not be executed: {words[0]}{hint}')
    require_python(words)
    return shlex.join(words)


def require_python(words):
    """Refuses a program of Python that cannot begin: no file, or its syntax is wrong."""
    if not re.fullmatch(r'python[\d.]*', os.path.basename(words[0])) or len(words) < 2 or not words[1].endswith('.py'):
        return
    if not os.path.isfile(words[1]):
        raise Refused(f'no such file: {words[1]}')
    ran = subprocess.run([words[0], '-c', 'import ast, sys; ast.parse(open(sys.argv[1], "rb").read(), sys.argv[1])', words[1]],
                         capture_output=True, text=True, errors='replace', check=False)
    if ran.returncode:
        said = [line for line in ran.stderr.splitlines() if line.strip()]
        at = next((one.strip() for one in reversed(said) if one.strip().startswith('File "')), '')
        raise DoesNotRun(f'{words[1]} does not run yet; no scene was played. {at}: {said[-1] if said else ran.returncode}')


def next_hint(exercise, progress):
    return f'a hint: lessons/check {exercise.number} --hint' if progress.get(exercise).get('hints', 0) < len(hints(exercise)) \
        else f'a solution: lessons/check {exercise.number} --solution'


def check(exercise, given, progress, options):
    """Returns the exit status."""
    to = sys.stderr if options.json else sys.stdout
    if options.kill and not exercise.may_be_killed:
        others = ', '.join(one.number for one in exercises() if one.may_be_killed)
        raise Refused(f'exercise {exercise.number} asks nothing of what comes after the death of your program, so --kill has '
                      f'nothing to try; it has in {others}')
    results = BUILD / 'work' / exercise.number / 'results.json'
    if given:
        try:
            command = command_of(exercise, given)
        except DoesNotRun as error:
            progress.note_check(exercise, False)
            if options.json:
                say_error(str(error))
            raise
    else:
        start(exercise, options.json)
    built = subprocess.run([ROOT / 'tests' / 'build_exercise.sh', exercise.number], check=False)
    if built.returncode:
        return NOT_YET
    if not given:
        program, said = compiled(exercise, options.verbose, to)
        if not program:
            progress.note_check(exercise, False)
            if options.json:
                say_error(f'It does not compile.\n{said}')
            return NOT_COMPILED
        command = shlex.quote(str(program))
    results.parent.mkdir(parents=True, exist_ok=True)
    how = ['--json', results, '--quiet'] if options.json else ['--verbose'] if options.verbose else []
    played = grade(exercise, command, *how)
    if played == NONE_PLAYED:
        played = NOT_PLAYED
        if not options.json:
            print(NOTHING_KNOWN)
            return played
    elif played == NOT_PLAYED and not options.json:
        print('All others went as asked.')
        played = 0
    if played in (0, 1):
        progress.note_check(exercise, played == 0)
    if played == 0 and options.kill:
        played = grade(exercise, command, '--kill', results.with_name('calls'))
    if played not in (0, 1) and not (options.json and played == NOT_PLAYED):
        return played
    if options.json:
        print(results.read_text(encoding='utf-8'), end='')
    else:
        say_next(exercise, progress, played == 0, given, options)
    return played


def say_error(message):
    """What a grading service reads where nothing was played."""
    print(json.dumps({'version': 3, 'status': 'error', 'message': message, 'tests': []}))


def grade(exercise, command, *how):
    """Plays it, as `grade --help` says; returns the exit status."""
    sys.stdout.flush()
    status = subprocess.run([BUILD / 'tests' / 'harness' / 'grade', exercise.folder, '--programs',
                             BUILD / 'exercises' / exercise.number, '--put', command, *how], check=False).returncode
    return status if status >= 0 else 128 - status


def check_lesson(number, given, options):
    """Plays the scenes of a lesson itself that say `grade = true`, with the learner's program in one role."""
    folder = next(iter(sorted((ROOT / 'lessons').glob(f'{number}-*'))), None)
    if not folder:
        raise Refused(f'there is no lesson {number}')
    if not given or options.watch or options.json or options.kill:
        raise Refused(f'{number}.0 stands for the scenes of lesson {number} itself: lessons/check {number}.0 ROLE=COMMAND')
    role, _, command = given.partition('=')
    command = program_of(role, command)
    if subprocess.run([ROOT / 'tests' / 'build_exercise.sh', f'{number}.0'], check=False).returncode:
        return NOT_YET
    sys.stdout.flush()
    played = subprocess.run([BUILD / 'tests' / 'harness' / 'grade', folder, '--role', role, '--put', command,
                             '--programs', BUILD / 'lessons' / folder.name], check=False).returncode
    if played == NONE_PLAYED:
        print(NOTHING_KNOWN)
        return NOT_PLAYED
    return played


def file_of(exercise, given):
    """The file that the learner changes: of "python3 mine.py" the last word that names one."""
    words = shlex.split(given.partition('=')[2])
    return next((word for word in reversed(words) if os.path.isfile(word)), words[-1]) if words else shown(exercise.file)


def say_next(exercise, progress, passed, given, options):
    if not passed and options.watch:
        print(f'Next: change {shown(exercise.file)}, and save it; {next_hint(exercise, progress)}')
        return
    option = ' --kill' if options.kill else ''
    if not passed:
        role, _, command = given.partition('=')
        again = f'lessons/check {exercise.number}' + (f' {role}={shlex.quote(command)}' if given else '') + option
        print(f'Next: change {file_of(exercise, given)}, then {again} again; {next_hint(exercise, progress)}')
        return
    left = next_after(exercise, progress)
    if left and options.watch:
        print(f'Exercise {exercise.number} is done.\n')
        return  # which introduces the next one
    before = left and left.number < exercise.number
    print(f'Exercise {exercise.number} is done. ' +
          (f'Next{", not done before" if before else ""}: lessons/check {left.number} ({left.title})' if left
           else 'That was the last one: all are done.'))


def hints(exercise):
    """The hints, one for each heading "## Hint N" of hints.md."""
    text = (exercise.folder / 'hints.md').read_text(encoding='utf-8')
    return [part.split('\n', 1)[1].strip() for part in re.split(r'^## ', text, flags=re.M)[1:]]


def hint(exercise, progress):
    all_of_them = hints(exercise)
    shown_before = progress.get(exercise).get('hints', 0)
    number = min(shown_before + 1, len(all_of_them))
    if shown_before >= number:
        print('There is no other hint. The last one again:\n')
    print(f'Hint {number} of {len(all_of_them)}:\n\n{all_of_them[number - 1]}\n')
    if number == len(all_of_them):
        print(f'That is the last hint. Next: lessons/check {exercise.number} tries what you have; '
              f'lessons/check {exercise.number} --solution shows ours.')
    progress.note(exercise, hints=number, state=progress.get(exercise).get('state', 'begun'))


def solution(exercise, yes):
    if not yes:
        if not sys.stdin.isatty():
            raise Refused('--solution asks first, and there is no terminal to ask in: add --yes')
        answer = input(f'Show a solution of exercise {exercise.number}, {exercise.title}? [y/N] ')
        if answer.strip().lower() not in ('y', 'yes'):
            return
    print((exercise.folder / 'solution.cpp').read_text(encoding='utf-8'), end='')


# ---- watching ----

class Keys:
    """The keys of a terminal, one at a time and without echo, for as long as it is entered; without one, none comes."""

    def __enter__(self):
        self.before = termios.tcgetattr(0) if sys.stdin.isatty() else None
        if self.before:
            tty.setcbreak(0, termios.TCSADRAIN)  # and not what else discards keys that came before
        return self

    def __exit__(self, *_):
        if self.before:
            termios.tcsetattr(0, termios.TCSADRAIN, self.before)

    def wait(self, seconds):
        """Returns the key that came within the time, or ''."""
        if not self.before:
            time.sleep(seconds)
            return ''
        ready = select.select([0], [], [], seconds)[0]
        return (os.read(0, 1).decode(errors='replace') or 'q') if ready else ''


def state_of(file):
    """What changes with each save, also by an editor that writes another file and renames it. Looked at again and
    again: a network folder tells nobody."""
    try:
        state = file.stat()
    except OSError:
        return None  # between the two steps of such an editor
    return state.st_mtime_ns, state.st_size, state.st_ino


def wait_for_save(file, before, keys):
    """Returns a key, or '' when the file is no longer as it was `before`, and has not changed since."""
    seen = before
    while True:
        key = keys.wait(0.2)
        if key:
            return key
        now = state_of(file)
        if now and now == seen and now != before:
            return ''
        seen = now


def watch(exercise, progress, options):
    while exercise:
        checked = state_of(exercise.file)  # before the check: a save while it runs is a new one
        status = check(exercise, '', progress, options)
        checked = checked or state_of(exercise.file)  # it has just been made from the starter
        if status == 0:
            exercise = next_after(exercise, progress)
            if exercise:
                introduce(exercise)
                checked = state_of(exercise.file)
        while exercise:
            with Keys() as keys:
                print(f'Waiting for {shown(exercise.file)} to be saved · c: check now · h: hint · q: stop', flush=True)
                key = wait_for_save(exercise.file, checked, keys)
            if key == 'q':
                return 0
            if key == 'h':
                hint(exercise, progress)
            if key in ('', 'c', '\n'):
                break
    return 0


# ---- which one ----

def next_of(some, progress):
    return next((one for one in some if not progress.is_done(one)), None)


def next_after(exercise, progress):
    """One of the same lesson, if one is left."""
    lesson = exercise.number.split('.')[0]
    return next_of([one for one in exercises() if one.number.startswith(f'{lesson}.')], progress) \
        or next_of(exercises(), progress)


def full_number(word):
    """01.1 for 1.1: so the lessons are counted, and so their folders are named."""
    return f'0{word}' if re.fullmatch(r'\d(\.\d)?', word) else word


def chosen(word, all_of_them, progress):
    some = [one for one in all_of_them if one.number == word or one.number.split('.')[0] == word]
    if not some:
        raise Refused(f'there is no exercise {word}; lessons/check --list names them')
    return next_of(some, progress) or some[-1]


def list_all(all_of_them, progress):
    for one in all_of_them:
        entry = progress.get(one)
        state = entry.get('state') or ('begun' if one.file.exists() else 'not begun')
        date = entry.get('date') or (day_of(one.file) if one.file.exists() else '')
        print(f'{one.number}  {state:9}  {date:10}  {one.title}')


def day_of(file):
    """When it was last changed."""
    return datetime.date.fromtimestamp(file.stat().st_mtime).isoformat()


def introduce(exercise):
    print(f'Next: exercise {exercise.number}, {exercise.title}\n  {exercise.goal}\n')
    start(exercise)
    beside = '' if exercise.page.suffix == '.html' or not (exercise.folder / 'exercise.hpp').is_file() \
        else ', and exercise.hpp beside it'
    print(f'  Read:  {shown(exercise.page)}{beside}\n  Open:  {shown(exercise.file)}\n  Check: lessons/check {exercise.number}')


def arguments(words):
    class Parser(argparse.ArgumentParser):
        def error(self, message):
            raise Refused(f'{message}; lessons/check --help names what there is')
    parser = Parser(add_help=False, allow_abbrev=False)
    parser.add_argument('words', nargs='*')
    action = parser.add_mutually_exclusive_group()
    for name in ('start', 'reset', 'hint', 'solution', 'list', 'json', 'watch', 'kill'):
        action.add_argument(f'--{name}', action='store_true')
    for name in ('verbose', 'yes'):
        parser.add_argument(f'--{name}', f'-{name[0]}', action='store_true')
    return parser.parse_intermixed_args(words)  # ROLE=COMMAND may stand behind an option


def run(words):
    options = arguments(words)
    given = [word for word in options.words if '=' in word]
    named = [word for word in options.words if '=' not in word]
    if len(named) > 1 or len(given) > 1:
        raise Refused('one exercise, and one ROLE=COMMAND; lessons/check --help')
    named = [full_number(word) for word in named]
    all_of_them, progress = exercises(), Progress()
    if options.list:
        list_all(all_of_them, progress)
        return 0
    if named and (lesson := re.fullmatch(r'(\d\d)\.0', named[0])):
        return check_lesson(lesson[1], given[0] if given else '', options)
    exercise = chosen(named[0], all_of_them, progress) if named else next_of(all_of_them, progress)
    if not exercise:
        print('All exercises are done. lessons/check --list names them; lessons/check 02.1 checks one again.')
        return 0
    if given and (options.start or options.reset or options.hint or options.solution):
        raise Refused('--start, --reset, --hint and --solution are without ROLE=COMMAND')
    if options.start:
        introduce(exercise)
    elif options.reset:
        reset(exercise)
    elif options.hint:
        hint(exercise, progress)
    elif options.solution:
        solution(exercise, options.yes)
    elif options.watch:
        if given:
            raise Refused('--watch is for your file in work/; without ROLE=COMMAND')
        return watch(exercise, progress, options)
    elif not named and not given and not options.json and not options.kill:
        introduce(exercise)
    else:
        return check(exercise, given[0] if given else '', progress, options)
    return 0


def cure_of(error):
    """What to do where the folder in which a file was to be made is another account's; else nothing."""
    folder = next(one for one in pathlib.Path(error.filename).absolute().parents if one.exists())
    owner = folder.stat().st_uid
    if not isinstance(error, PermissionError) or owner == os.geteuid():
        return ''
    try:
        name = pwd.getpwuid(owner).pw_name
    except KeyError:  # of a container's owner outside, say
        name = str(owner)
    return f'; {folder} belongs to {name}: work in a clone of your own, or make this one yours (chown -R, as root)'


def main():
    try:
        status = run(sys.argv[1:])
        sys.stdout.flush()
        return status
    except Refused as refused:
        print(f'lessons/check: {refused}', file=sys.stderr)
        return refused.status
    except KeyboardInterrupt:
        print()
        return 130
    except BrokenPipeError:  # whoever read it has enough, as head has
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except OSError as error:
        if error.filename is None:
            raise
        print(f'lessons/check: {error.filename}: {error.strerror}{cure_of(error)}', file=sys.stderr)
        return NOT_YET


if __name__ == '__main__':
    sys.exit(main())
