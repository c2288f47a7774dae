"""Numbers in the text of a page, taken from what the tools recorded in docs/measurements (see WRITING.md).

The text of a page that names a number says where it is from, and gets it when the page is made: so no sentence
contradicts the record that its figure is drawn from, also when that is recorded anew.
"""
import json
import re
from functools import lru_cache

# What a number is divided by, or made of, before two digits of it are shown.
UNITS = {'us': lambda ns: ns / 1e3, 'ms': lambda ns: ns / 1e6, 'million': lambda number: number / 1e6,
         'MB': lambda number: number / 1e6, 'GB': lambda number: number / 1e9, 'MiB': lambda number: number / 2**20,
         'KiB': lambda number: number / 1024, 'ns_each': lambda per_s: 1e9 / per_s, 'percent': lambda part: part * 100,
         'off': lambda ratio: abs(ratio - 1) * 100}


def shown(number):
    """Two digits that count, and commas: 2.6, 62, 1,300. A whole number stays as it is."""
    if isinstance(number, int):
        return f'{number:,}'
    if number == 0:
        return '0'
    rounded = float(f'{number:.2g}')
    return f'{rounded:,.0f}' if rounded >= 10 else f'{rounded:.2g}' if rounded < 1 else f'{rounded:.1f}'


@lru_cache
def record(folder, name):
    return json.loads((folder / f'{name}.json').read_text(encoding='utf-8'))


def found(data, path):
    """What the path leads to: members by name; the one row of a list that has all the values, as in `pipe&cores=2`."""
    for step in path.strip().split('/'):
        if isinstance(data, list):
            wanted = {value.strip() for value in step.split('&')}
            rows = [row for row in data
                    if wanted <= {str(value) for value in row.values()} | {f'{key}={row[key]}' for key in row}]
            if len(rows) != 1:
                raise LookupError(f'{len(rows)} rows have {step}')
            data = rows[0]
        elif step in data:
            data = data[step]
        else:
            raise LookupError(f'there is no {step}; there are: {", ".join(data)}')
    if isinstance(data, bool) or not isinstance(data, (int, float)):
        raise LookupError(f'{path.strip()} is no number')
    return data


def measured(folder, text):
    r"""What \measured{text} stands for. Raises LookupError, with what is wrong, where the record does not have it."""
    name, _, path = (part.strip() for part in text.partition(','))
    rest, _, unit = (part.strip() for part in path.rpartition(','))
    if unit not in UNITS:
        rest, unit = path, None
    if not (folder / f'{name}.json').is_file():
        raise LookupError(f'no record docs/measurements/{name}.json')
    numbers = [found(record(folder, name), part) for part in rest.split(' over ')]
    number = numbers[0] if len(numbers) == 1 else numbers[0] / numbers[1]
    return shown(UNITS[unit](number) if unit else number)


def filled_in(text, folder, error):
    """The page's text with its numbers in it; `error(line, message)` is told of each that is not there."""
    def number(command):
        try:
            return measured(folder, command[1])
        except LookupError as missing:
            error(text.count('\n', 0, command.start()) + 1, f'\\measured{{{command[1]}}}: {missing.args[0]}')
            return ''
    return re.sub(r'\\measured\{([^}]*)\}', number, text)
