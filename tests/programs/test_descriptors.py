#!/usr/bin/env python3
"""Every descriptor that is made is close-on-exec: a program that another one runs has none of them.

Reads the sources below the root that is given, since most programs never run another one, and the next who adds that
would not look. Where a program is meant to have a descriptor, a comment with the word "inherited" stands before it.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(sys.argv[1])
CALL = r'(?<![\w.>])(?<!checked::)(?<!std::)(?:::)?'  # the system's, and no function of ours
# Of what has a form with flags, the form without it.
WITHOUT_FLAGS = re.compile(CALL + r'(pipe|mkstemp|dup|accept|epoll_create|inotify_init)\(')
# open() without a flag of the system's is a function of ours.
WITH_FLAGS = re.compile(CALL + r'(open(at)?\(.*\bO_(RDONLY|WRONLY|RDWR|PATH)\b|'
                        r'(socket|socketpair|memfd_create|eventfd|pipe2|accept4|mkostemp|popen|fopen)\((?!const ))', re.DOTALL)
IS_CLOSED = re.compile(r'CLOEXEC|"\w*e"')  # fopen and popen: "re"


def statements(text):
    """Each statement with its line; comments are left out, unless they say that it is inherited."""
    text = re.sub(r'//.*', lambda found: '/*inherited*/' if 'inherited' in found[0] else '', text)
    line = 1
    for statement in re.split(r'(?<=[;{}])', text):
        begin = len(statement) - len(statement.lstrip())
        yield line + statement.count('\n', 0, begin), statement
        line += statement.count('\n')


def faults_of(text):
    for line, statement in statements(text):
        if 'inherited' in statement:
            continue
        is_open = WITH_FLAGS.search(statement) and not IS_CLOSED.search(statement)
        if is_open or WITHOUT_FLAGS.search(statement):
            yield line, statement


def main():
    bad = 0
    for folder in ('common', 'lessons', 'tests'):
        for path in sorted((ROOT / folder).rglob('*.[ch]pp')):
            for line, statement in faults_of(path.read_text()):
                bad += 1
                print(f'{path.relative_to(ROOT)}:{line}: not close-on-exec: {" ".join(statement.split())}')
    return 1 if bad else 0


if __name__ == '__main__':
    sys.exit(main())
