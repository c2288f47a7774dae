"""Holds what our programs write as JSON against its schema file. Used by the tests of all of them."""
import json
import pathlib

TYPES = {'object': (dict,), 'array': (list,), 'string': (str,), 'boolean': (bool,), 'integer': (int,),
         'number': (int, float), 'null': (type(None),)}
KNOWN = {'$schema', '$id', '$defs', '$ref', 'title', 'description', 'type', 'required', 'properties', 'items', 'enum',
         'const'}


class Schema:
    """The part of JSON Schema that ours use; what it does not know, it refuses. An object has no further members."""

    def __init__(self, file):
        self.whole = json.loads(pathlib.Path(file).read_text(encoding='utf-8'))

    def check(self, value, place='document', rule=None):
        """Raises AssertionError, which names the place, where `value` is not as the schema says."""
        rule = self.whole if rule is None else rule
        assert set(rule) <= KNOWN, f'{place}: unknown words {set(rule) - KNOWN}'
        if '$ref' in rule:
            rule = self.whole['$defs'][rule['$ref'].split('/')[-1]]
        assert 'const' not in rule or value == rule['const'], f'{place}: {value!r}'
        assert 'enum' not in rule or value in rule['enum'], f'{place}: {value!r}'
        if 'type' in rule:
            allowed = rule['type'] if isinstance(rule['type'], list) else [rule['type']]
            assert type(value) in [kind for name in allowed for kind in TYPES[name]], f'{place}: {value!r} is no {allowed}'
        if isinstance(value, list):
            for number, element in enumerate(value):
                self.check(element, f'{place}[{number}]', rule['items'])
        if isinstance(value, dict):
            assert set(rule['required']) <= set(value) <= set(rule['properties']), f'{place}: {set(value)}'
            for name, member in value.items():
                self.check(member, f'{place}.{name}', rule['properties'][name])
