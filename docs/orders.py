r"""Steppers in which the reader chooses which process steps next (\stepper, docs/steppers/NAME.toml; WRITING.md has the format).

A file says which words there are, and for each version of a program what every process does, step by step. From that all orders
are tried: each ends somewhere, and a version that is called mended must end right in all of them. The page gets the steps and
a table of all orders and their ends; site.js looks each state up that a reader can reach.
"""
import ast
import html
import itertools
import json
import operator
import re
from typing import NamedTuple

try:
    import tomllib
except ImportError:  # it came with Python 3.11
    tomllib = None

LEFT_OUT = 'python3 is older than 3.11 on the machine that made this page.'
MOST_ORDERS = 300
MOST_SHOWN = 24   # orders in one cell of the table
DRIVEN = {'start', 'enter', 'with next', 'model'}
# Or it was held before that call, and may go on; or it waits in that call, and goes on by itself as soon as it can.
DRIVEN_BY_CALLS = ({'hold'}, {'hold', 'call'}, {'waits_in'})
SEEN = {'prints', 'next_hold', 'ends'}
KEYS = {
    'file': ({'title', 'caption', 'lesson', 'memory', 'version'}, set()),
    'version': ({'name', 'process', 'end'}, {'mended', 'memory', 'model'}),
    'process': ({'names', 'step'}, {'program', 'run', 'private', 'shown', 'then'}),
    'step': ({'name', 'does', 'says', 'drive'}, {'needs', 'waits', 'if', 'seen'}),
    'end': ({'if', 'says'}, {'right', 'leaves'}),
}
OPERATORS = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt,
             ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge}


class Wrong(Exception):
    """What is wrong with a file."""


class Process(NamedTuple):
    name: str
    letter: str    # of it in an order
    shown: str     # the heading of its column
    called: str    # on its button
    private: dict  # its own words, as they are at the start
    steps: list    # as the file has them
    program: str   # of the lesson, which does this; '': the model alone does
    run: str       # how a scene starts it
    then: str      # 'enter': what it is given when the order is over


class State(NamedTuple):
    at: tuple      # of each process the step that it takes next
    words: tuple


class Move(NamedTuple):
    """What a process does if it is chosen: it goes on to a state, or (None) says why not; '': it has ended."""
    to: State
    says: str


# ---- expressions ----

def value(node, words):
    """Of an expression over words: numbers, texts, + - and comparisons, and, or, not, `a if b else c`."""
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, (ast.Name, ast.Attribute)):
        name = ast.unparse(node)
        if name not in words:
            raise Wrong(f'there is no word {name}')
        return words[name]
    if isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
        return OPERATORS[type(node.op)](value(node.left, words), value(node.right, words))
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in OPERATORS:
        return OPERATORS[type(node.ops[0])](value(node.left, words), value(node.comparators[0], words))
    if isinstance(node, ast.BoolOp):
        every = [value(part, words) for part in node.values]
        return all(every) if isinstance(node.op, ast.And) else any(every)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return not value(node.operand, words)
    if isinstance(node, ast.IfExp):
        return value(node.body if value(node.test, words) else node.orelse, words)
    raise Wrong(f'"{ast.unparse(node)}" is not understood')


def result(text, words):
    try:
        return value(ast.parse(text.strip(), mode='eval').body, words)
    except (SyntaxError, TypeError) as error:
        raise Wrong(f'"{text}": {error}') from None


def filled(text, words):
    """A sentence with the values of its {words}."""
    def shown(found):
        if found[1] not in words:
            raise Wrong(f'"{text}": there is no word {found[1]}')
        return str(words[found[1]])
    return re.sub(r'\{([\w.]+)\}', shown, text)


# ---- one version of the programs ----

class Version:
    def __init__(self, data, memory):
        self.name, self.is_mended, self.ends = data['name'], data.get('mended', False), data['end']
        self.memory = {**memory, **data.get('memory', {})}
        self.processes = [Process(name, name[0], part.get('shown', f'process {name}'), part.get('shown', name), part.get('private', {}),
                                  part['step'], part.get('program', ''), part.get('run', ''), part.get('then', '')) for part in data['process'] for name in part['names']]
        letters = [process.letter for process in self.processes]
        if len(set(letters)) < len(letters):
            raise Wrong(f'two processes begin with one letter: {", ".join(process.name for process in self.processes)}')
        self.keys = [*self.memory, *(f'{process.name}.{word}' for process in self.processes for word in process.private)]
        self.states, self.moves = [], {}
        self.explore()

    def words(self, state, process=None):
        """All words by name; a process calls its own by their bare names, and itself {self}."""
        words = dict(zip(self.keys, state.words))
        for at, each in enumerate(self.processes):
            words[f'{each.name}.ended'] = state.at[at] == len(each.steps)
        if process:
            words.update({word: words[f'{process.name}.{word}'] for word in process.private}, self=process.name)
        return words

    def start(self):
        private = [first for process in self.processes for first in process.private.values()]
        state = State((0,) * len(self.processes), (*self.memory.values(), *private))
        return State(tuple(self.passed_over(state, at) for at in range(len(self.processes))), state.words)

    def passed_over(self, state, number):
        """The step that a process takes next, without those whose `if` does not hold: it asks its own words only."""
        process, at = self.processes[number], state.at[number]
        own = {word: self.words(state, process)[word] for word in process.private}
        while at < len(process.steps) and not result(process.steps[at].get('if', 'True'), own):
            at += 1
        return at

    def move(self, state, number):
        process, at = self.processes[number], state.at[number]
        if at == len(process.steps):
            return Move(None, '')
        step, words = process.steps[at], self.words(state, process)
        if not result(step.get('needs', 'True'), words):
            return Move(None, filled(step['waits'], words))
        after = dict(zip(self.keys, state.words))
        for change in filter(str.strip, step['does'].split(';')):
            word, _, expression = (part.strip() for part in change.partition('='))
            key = f'{process.name}.{word}' if word in process.private else word
            if key not in after:
                raise Wrong(f'"{change.strip()}": there is no word {word}')
            after[key] = words[word] = result(expression, words)
        stepped = State((*state.at[:number], at + 1, *state.at[number + 1:]), tuple(after.values()))
        to = State((*state.at[:number], self.passed_over(stepped, number), *state.at[number + 1:]), stepped.words)
        return Move(to, filled(step['says'], words))

    def explore(self):
        self.states = [self.start()]
        for state in self.states:   # which grows
            self.moves[state] = [self.move(state, number) for number in range(len(self.processes))]
            self.states += dict.fromkeys(move.to for move in self.moves[state] if move.to and move.to not in self.moves
                                         and move.to not in self.states)

    def is_end(self, state):
        return not any(move.to for move in self.moves[state])

    def end(self, state):
        """Which of the ends it is, and how it is told."""
        words = self.words(state)
        for end in self.ends:
            if result(end['if'], words):
                return end, filled(end['says'], words)
        raise Wrong(f'"{self.name}": no end fits {words}')

    def orders(self, state=None, before=''):
        """(order, last state) of every way through."""
        state = state or self.states[0]
        if self.is_end(state):
            yield before, state
        for process, move in zip(self.processes, self.moves[state]):
            if move.to:
                yield from self.orders(move.to, before + process.letter)

    def is_driven(self):
        return all(process.program for process in self.processes)

    def driven_orders(self):
        """Those that real programs can be driven through: what a process does "with next" comes right before its next step."""
        return [(order, state) for order, state in self.orders() if self.is_driven() and self.can_be_driven(order)]

    def way(self, order):
        """(process by its number, its step, words before, words after) of each move of an order."""
        state, letters = self.states[0], [process.letter for process in self.processes]
        for letter in order:
            number = letters.index(letter)
            move = self.moves[state][number]
            yield number, self.processes[number].steps[state.at[number]], self.words(state, self.processes[number]), self.words(move.to, self.processes[number])
            state = move.to

    def can_be_driven(self, order):
        state, letters = self.states[0], [process.letter for process in self.processes]
        for letter in order:
            number = letters.index(letter)
            if any(one != number and self.goes_on(state, one) for one in range(len(letters))):
                return False
            state = self.moves[state][number].to
        return True

    def goes_on(self, state, number):
        """Says whether it takes its next step whatever a scene does: with the last one, or by itself since it need not wait."""
        steps, at = self.processes[number].steps, state.at[number]
        if at == len(steps) or not self.moves[state][number].to:
            return False
        if at and steps[at - 1]['drive'] == 'with next':
            return True
        drive = next((step['drive'] for step in steps[at:] if step['drive'] != 'with next'), '')
        return 'waits_in' in drive

    def by_end(self):
        """Each way in which it ends: (is it right?, how it is told) -> the orders that end so. The right ones come first."""
        found, every = {}, list(itertools.islice(self.orders(), MOST_ORDERS + 1))
        if len(every) > MOST_ORDERS:
            raise Wrong(f'"{self.name}" has more than {MOST_ORDERS} orders: leave steps out that no other process can see')
        for order, state in every:
            end, says = self.end(state)
            found.setdefault((end.get('right', False), says), []).append(order)
        return dict(sorted(found.items(), key=lambda one: not one[0][0]))


# ---- a file ----

def check_keys(kind, data, where):
    needed, more = KEYS[kind]
    for key in sorted(needed - set(data)):
        raise Wrong(f'{where} has no "{key}"')
    for key in sorted(set(data) - needed - more):
        raise Wrong(f'{where} has a "{key}", which means nothing there')


def check_step(step, where, code):
    """How a scene drives it, and what it then sees: what a program is to print stands in its source."""
    check_keys('step', step, where)
    if ('needs' in step) != ('waits' in step):
        raise Wrong(f'{where}: "needs" and "waits" go together')
    drive, seen = step['drive'], step.get('seen', {})
    if drive not in DRIVEN if isinstance(drive, str) else set(drive) not in DRIVEN_BY_CALLS:
        raise Wrong(f'{where}: drive = {drive}; there are {", ".join(sorted(DRIVEN))}, {{ hold = "CALL", call = 2 }}, {{ waits_in = "CALL" }}')
    if set(seen) - SEEN:
        raise Wrong(f'{where}: seen = {seen}; there are {", ".join(sorted(SEEN))}')
    if (drive != 'model') != bool(code):
        raise Wrong(f'{where}: a step of a program is driven, and one of no program is the model\'s')
    if drive not in ('model', 'with next') and not seen:
        raise Wrong(f'{where} is driven, and nothing is seen of it')
    printed = re.split(r'[{\d]', seen.get('prints', ''))[0]  # numbers are put in as it runs
    if printed not in code:
        raise Wrong(f'{where}: its program does not print "{printed}"')


def check_version(part, folder):
    """The program of the lesson that tries the same orders, if there is one, is there."""
    where = f'version "{part.get("name", "?")}"'
    check_keys('version', part, where)
    model = part.get('model', '').partition(' ')[0]
    if model and not (folder / model).is_dir() and not (folder / f'{model}.cpp').is_file():
        raise Wrong(f'{where}: no program {model} in {folder.name}')


def check_process(part, where, folder):
    check_keys('process', part, where)
    code = ''
    if 'program' in part:
        file = folder / f'{part["program"]}.cpp'
        if not file.is_file():
            raise Wrong(f'{where}: no program {part["program"]}.cpp in {folder.name}')
        code = file.read_text(encoding='utf-8')
    for step in part['step']:
        check_step(step, f'{where}, step "{step.get("name", "?")}"', code)


def check_ends(version):
    reached = {says for _, says in version.by_end()}
    for end in version.ends:
        shape = re.sub(r'\\\{[\w.]+\\\}', '.*', re.escape(end['says']))
        if not any(re.fullmatch(shape, says) for says in reached):
            raise Wrong(f'"{version.name}": no order ends with "{end["says"]}"')
    wrong = [orders[0] for (right, _), orders in version.by_end().items() if not right]
    if version.is_mended and wrong:
        raise Wrong(f'"{version.name}" is called mended, and ends wrong in the order {wrong[0]}')
    if not version.is_mended and not wrong:
        raise Wrong(f'"{version.name}" ends right in every order: it is mended')


def read(file, source):
    """The title, the caption and the versions of a file; a Wrong says what is wrong with it."""
    try:
        data = tomllib.loads(file.read_text(encoding='utf-8'))
    except tomllib.TOMLDecodeError as error:
        raise Wrong(str(error)) from None
    check_keys('file', data, 'it')
    versions, folder = [], source / 'lessons' / data['lesson']
    for part in data['version']:
        check_version(part, folder)
        for process in part['process']:
            check_process(process, f'"{part["name"]}", {"/".join(process.get("names", "?"))}', folder)
        for end in part['end']:
            check_keys('end', end, f'"{part["name"]}", an end')
        versions.append(Version(part, data['memory']))
        check_ends(versions[-1])
    if [version.is_mended for version in versions] != [False] * (len(versions) - 1) + [True]:
        raise Wrong('the last version is the mended one')
    return data['title'], ' '.join(data['caption'].split()), versions


def title(file):
    """Also where the file cannot be read as a whole."""
    found = re.search(r'^title = "(.*)"$', file.read_text(encoding='utf-8'), re.M)
    return found[1] if found else file.stem


# ---- what the page gets ----

def count_text(number):
    return f'{number} order is' if number == 1 else f'{number} orders are'


def summary(version):
    ends = version.by_end()
    every = sum(map(len, ends.values()))
    right = sum(len(orders) for (is_right, _), orders in ends.items() if is_right)
    if right == every:
        return f'{count_text(every)} possible, and {"it ends" if every == 1 else "each of them ends"} right.'
    return f'{count_text(every)} possible: {right or "none"} {"ends" if right == 1 else "end"} right, {every - right} {"does" if every - right == 1 else "do"} not.'


def played(version):
    """Which of them docs/order_scenes.py has real programs play."""
    number = len(version.driven_orders())
    if not number:
        return ''
    every = sum(map(len, version.by_end().values()))
    programs = ' and '.join(dict.fromkeys(f'<code>{process.program}</code>' for process in version.processes))
    which = 'it' if every == 1 else 'each of them' if number == every else f'{number} of them'
    return f' The tests drive the real {programs} through {which}, and compare what is printed with the words here.'


def table(version):
    """All orders by their ends."""
    letters = ', '.join(f'{process.letter}: a step of {process.shown}' for process in version.processes)
    rows = ''
    for (right, says), orders in version.by_end().items():
        shown = ' '.join(f'<code>{order}</code>' for order in orders[:MOST_SHOWN])
        more = f' and {len(orders) - MOST_SHOWN} more' if len(orders) > MOST_SHOWN else ''
        rows += (f'<tr><th scope="row" class="{"good" if right else "bad"}">{"✓" if right else "✗"} {html.escape(says)}</th>'
                 f'<td>{shown}{more}</td></tr>')
    return (f'<div class="all"><p>{summary(version)}{played(version)}</p><table><caption>{html.escape(letters)}</caption>'
            f'<thead><tr><th scope="col">End</th><th scope="col">Orders that end so</th></tr></thead><tbody>{rows}</tbody></table></div>')


def cells(words):
    return ''.join(f'<div><dt>{html.escape(word.replace("_", " "))}</dt><dd>{html.escape(str(first)) or "–"}</dd></div>' for word, first in words.items())


def process_as_html(process):
    steps = ''.join(f'<li>{html.escape(step["name"])}</li>' for step in process.steps)
    private = f'<dl>{cells(process.private)}</dl>' if process.private else ''
    return f'<div class="process"><p class="who">{html.escape(process.shown)}</p><ol>{steps}</ol>{private}</div>'


def version_as_html(version):
    return (f'<div class="version"><p class="name">{html.escape(version.name)}</p><div class="scene">'
            f'<div class="memory"><p class="who">shared memory</p><dl>{cells(version.memory)}</dl></div>'
            f'<div class="processes">{"".join(map(process_as_html, version.processes))}</div></div>{table(version)}</div>')


def as_data(version):
    """What site.js looks up: of each state its words, where each process is, what each does next, and how it ends."""
    number = {state: at for at, state in enumerate(version.states)}

    def row(state):
        moves = [[number[move.to], move.says] if move.to else move.says for move in version.moves[state]]
        end = [int(version.end(state)[0].get('right', False)), version.end(state)[1]] if version.is_end(state) else 0
        return [[str(word) for word in state.words], state.at, moves, end]
    return {'name': version.name, 'letters': [process.letter for process in version.processes],
            'names': [process.called for process in version.processes], 'states': [row(state) for state in version.states]}


def figure(title, caption, versions):
    data = json.dumps([as_data(version) for version in versions], ensure_ascii=False, separators=(',', ':')).replace('</', '<\\/')
    return (f'<figure class="diagram orders" aria-label="{html.escape(title, quote=True)}">{"".join(map(version_as_html, versions))}'
            f'<script type="application/json">{data}</script><figcaption>{html.escape(caption, quote=False)}</figcaption></figure>\n')


def as_text(title, caption, versions):
    """For a terminal: the steps, and how the orders end."""
    out = [f'{title}. {caption}']
    for version in versions:
        out.append(f'{version.name}. {summary(version)}')
        out += [f'{process.shown}: {"; ".join(step["name"] for step in process.steps)}' for process in version.processes]
        out += [f'{"right" if right else "wrong"}: {says} {" ".join(orders[:MOST_SHOWN])}' for (right, says), orders in version.by_end().items()]
    return out
