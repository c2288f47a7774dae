#!/usr/bin/env python3
"""The tables of the exercises' pages that say what lies where in the memory.

    layout_tables.py            says which of them are not what the compiler makes of exercise.hpp; then the status is 1
    layout_tables.py --write    writes them anew, in place

A table whose first line is `| bytes | type | member of `Slot` | ... | what |` is about struct Slot of the page's
exercise.hpp. The compiler gives bytes and types; what a member means is the comment behind it in exercise.hpp, so it is
written down once. Columns between `member` and `what` are the page's own. The tables stand in task.md itself, since
`lessons/check` names that file, and a learner who writes in another language opens it in an editor.
CXX is the compiler; the pages give the layout on x86-64.
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent

# Prints a line for each member. A structured binding takes neither one name more nor one less than the struct has members.
PROGRAM = r'''
#include "exercise.hpp"

#include <atomic>
#include <climits>
#include <cstddef>
#include <iostream>
#include <string>
#include <type_traits>

template <class T> struct Content { using type = T; };
template <class T> struct Content<std::atomic<T>> { using type = T; };

template <class T> std::string type_of() {
    using One = typename Content<std::remove_const_t<T>>::type;
    if constexpr (std::is_array_v<T>) {
        using Element = std::remove_const_t<std::remove_extent_t<T>>;
        if constexpr (!std::is_same_v<Element, char>) {
            return std::to_string(std::extent_v<T>) + " times " + type_of<Element>();
        }
    } else if constexpr (std::is_integral_v<One>) {
        return std::to_string(sizeof(T) * CHAR_BIT) + " bits, " + (std::is_signed_v<One> ? "signed" : "unsigned");
    }
    return std::to_string(sizeof(T)) + " bytes";
}

template <class T> void row(std::size_t offset, const T&) {
    std::cout << offset << " to " << offset + sizeof(T) - 1 << " | " << type_of<T>() << '\n';
}

int main() {
    static const STRUCT object{};
    const auto& [NAMES] = object;
ROWS}
'''


class Wrong(Exception):
    """A table that cannot be made."""


def members(header, struct):
    """Each member of the struct, with the comment behind it, which may go on in lines of its own."""
    body = re.search(rf'^struct {struct} {{\n(.*?)^}};', header, re.M | re.S)
    if not body:
        raise Wrong(f'exercise.hpp has no struct {struct}')
    found = {}
    for line in body[1].splitlines():
        member = re.fullmatch(r'\s+\S.*?(\w+)(?:\[\w+\])?;\s+// (.*)', line)
        more = re.fullmatch(r'\s+// (.*)', line)
        if member:
            name = member[1]
            found[name] = member[2]
        elif more and found:
            found[name] += ' ' + more[1]
        else:
            raise Wrong(f'struct {struct}: a member and its comment are expected in "{line.strip()}"')
    return found


def compiled(folder, struct, names):
    """What the compiler says of each member: bytes, and type."""
    rows = ''.join(f'    row(offsetof({struct}, {name}), {name});\n' for name in names)
    program = PROGRAM.replace('STRUCT', struct).replace('NAMES', ', '.join(names)).replace('ROWS', rows)
    with tempfile.TemporaryDirectory() as made:
        source = pathlib.Path(made, 'layout.cpp')
        source.write_text(program, encoding='utf-8')
        built = subprocess.run([os.environ.get('CXX', 'c++'), '-std=c++20', '-I', folder, source, '-o', f'{made}/layout'],
                               capture_output=True, text=True, check=False)
        if built.returncode != 0:
            raise Wrong(f'struct {struct} does not compile: {built.stderr}')
        return subprocess.run([f'{made}/layout'], capture_output=True, text=True, check=True).stdout.splitlines()


def cells(line):
    return [cell.strip() for cell in re.split(r'(?<!\\)\|', line.strip())[1:-1]]


def table(folder, header, old):
    """A table, made anew: its first line names the struct, and its rows have what the page itself says."""
    head = cells(old[0])
    struct = re.fullmatch(r'member of `(\w+)`', head[2])[1]
    said = members(header, struct)
    own = {cells(line)[2].strip('`'): cells(line)[3:-1] for line in old[2:]}
    rows = []
    for name, layout in zip(said, compiled(folder, struct, list(said))):
        what = re.sub(r'\w+_\w+', r'`\g<0>`', said[name].replace('|', '\\|'))
        rows.append(f'| {" | ".join([layout, f"`{name}`", *own.get(name, [""] * (len(head) - 4)), what])} |')
    return [*old[:2], *rows]


def made(page):
    """The page's text with each table as it is to be."""
    text = page.read_text(encoding='utf-8')
    header = (page.parent / 'exercise.hpp').read_text(encoding='utf-8')

    def replace(found):
        return '\n'.join(table(page.parent, header, found[0].splitlines())) + '\n'
    return re.sub(r'^\| bytes \| type \| member of `\w+` \|.*\n(?:\|.*\n)+', replace, text, flags=re.M)


def stale(pages, write=False):
    """Returns what is wrong with the tables of these pages; `write` mends what can be."""
    wrong = []
    for page in pages:
        try:
            text = made(page)
        except Wrong as problem:
            wrong.append(f'{page}: {problem}')
            continue
        if text == page.read_text(encoding='utf-8'):
            continue
        if write:
            page.write_text(text, encoding='utf-8')
        else:
            wrong.append(f'{page}: a layout is not as the compiler makes it of exercise.hpp; '
                         'docs/layout_tables.py --write mends that')
    return wrong


if __name__ == '__main__':
    if sys.argv[1:] not in ([], ['--write']):
        sys.exit(__doc__)
    problems = stale(sorted(ROOT.glob('lessons/*/exercise/*/task.md')), bool(sys.argv[1:]))
    sys.exit('\n'.join(problems) or 0)
