#!/usr/bin/env python3
"""Makes a scene of each order of a stepper (orders.py) that real programs can be driven through.

    order_scenes.py STEPPER SOURCE LESSON_TOML

The scene has the programs take their steps in that order: it starts them, gives them Enter, and holds them before a system call.
A step waits until the last one has been seen. What a program prints is compared with the words of the model after that step, and
what is left behind with what the end says.
"""
import json
import pathlib
import re
import sys

import orders


def text(value):
    return json.dumps(value, ensure_ascii=False)   # a string, or a list of them, is the same in TOML


def table(**members):
    return '{ ' + ', '.join(f'{key} = {value}' for key, value in members.items()) + ' }'


def listed(tables):
    return '[' + ', '.join(tables) + ']'


class OrderScene:
    """One order of a version: what drives each process, and what it must print."""

    def __init__(self, version, order, state):
        self.version, self.order = version, order
        self.processes = version.processes
        self.end, _ = version.end(state)
        way = list(version.way(order))
        self.moves = [(number, step, after) for number, step, _, after in way]
        self.driven = [(number, step, before) for number, step, before, _ in way if step['drive'] != 'with next']
        self.stuck = [number for number, process in enumerate(self.processes) if state.at[number] < len(process.steps)]
        self.starts, self.inputs, self.holds = ([[] for _ in self.processes] for _ in range(3))
        self.printed_before = set()
        self.drive()

    def wrong(self, why):
        return orders.Wrong(f'"{self.version.name}", order {self.order}: {why}')

    def is_held_first(self, number):
        """Else its first step is its start."""
        first = next(step for step in self.processes[number].steps if step['drive'] != 'with next')
        return 'hold' in first['drive']

    def held(self, number, times):
        return table(process=text(self.processes[number].name), held=times)

    def drive(self):
        held_first = [number for number in range(len(self.processes)) if self.is_held_first(number)]
        for before, number in zip(held_first, held_first[1:]):
            self.starts[number].append(self.held(before, 1))
        seen = [self.held(number, 1) for number in held_first]
        for number, step, words in self.driven:
            self.drive_step(number, step['drive'], words, seen)
            seen = self.what_is_seen(number, step)
        self.kills = {number: table(when=listed([*seen, table(waits_in=text(self.waits_in(number)))])) for number in self.stuck}
        for number, process in enumerate(self.processes):
            if process.then == 'enter':
                self.drive_step(number, 'enter', {}, seen)

    def drive_step(self, number, drive, words, until):
        if drive == 'start':
            self.starts[number] += until
        elif drive == 'enter':
            self.inputs[number].append(table(when=listed(until), text=text('\n')))
        elif 'hold' in drive:
            call = orders.result(str(drive.get('call', 1)), words)
            self.holds[number].append(table(before=text(drive['hold']), call=call, until=listed(until)))

    def waits_in(self, number):
        """The call in which a process waits that does not come to its end."""
        process = self.processes[number]
        taken = sum(number == one for one, _, _ in self.moves)
        call = next((step['drive']['waits_in'] for step in process.steps[taken:] if 'waits_in' in step['drive']), '')
        if not call:
            raise self.wrong(f'{process.name} waits for ever, and no step says in which call')
        return call

    def what_is_seen(self, number, step):
        """Conditions that hold once it has taken the step, and not before."""
        name, seen, conditions = text(self.processes[number].name), step['seen'], []
        if 'next_hold' in seen:
            conditions.append(self.held(number, len(self.holds[number]) + 1))
        if 'ends' in seen:
            conditions.append(table(process=name, ends='true'))
        if 'prints' in seen:
            line = re.sub(r'\{[\w.]+\}', '{any*}', seen['prints'])   # the value is looked at when all is over
            if not conditions and (number, line) in self.printed_before:
                raise self.wrong(f'"{line}" is printed twice: what else is seen of step "{step["name"]}"?')
            self.printed_before.add((number, line))
            conditions.append(table(process=name, prints=text(line)))
        return conditions

    def prints(self, number):
        lines = [orders.filled(step['seen']['prints'], after) for one, step, after in self.moves
                 if one == number and 'prints' in step.get('seen', {})]
        return '...\n' + ''.join(f'{{who*}}{line}\n...\n' for line in lines)

    def process_as_toml(self, number):
        process = self.processes[number]
        members = {'role': text(process.name), 'run': text(process.run), 'prints': text(self.prints(number)), 'errors': text('...')}
        for key, tables in (('when', self.starts), ('input', self.inputs), ('hold', self.holds)):
            if tables[number]:
                members[key] = listed(tables[number])
        if number in self.stuck:
            members['kill'] = self.kills[number]
        return '[[scene.process]]\n' + ''.join(f'{key} = {value}\n' for key, value in members.items())

    def as_toml(self):
        members = {'name': text(f'{self.version.name}, {self.order}'), 'say': text(self.end['says']), 'leaves': text(self.end.get('leaves', []))}
        return '\n[[scene]]\n' + ''.join(f'{key} = {value}\n' for key, value in members.items()) + ''.join(
            '\n' + self.process_as_toml(number) for number in range(len(self.processes)))


def lesson_as_toml(title, caption, versions):
    return f'title = {text("orders: " + title)}\ngoal = {text(caption)}\n' + ''.join(
        OrderScene(version, order, state).as_toml() for version in versions for order, state in version.driven_orders())


def main():
    stepper, source, made = map(pathlib.Path, sys.argv[1:])
    if not orders.tomllib:
        print(f'No scenes of the orders of {stepper.name}: {orders.LEFT_OUT}')
        made.write_text(f'title = "orders: {stepper.stem}"\ngoal = "none"\n', encoding='utf-8')
        return
    try:
        made.write_text(lesson_as_toml(*orders.read(stepper, source)), encoding='utf-8')
    except orders.Wrong as wrong:
        sys.exit(f'{stepper}: {wrong}')


main()
