"""A mistake as a few lines of old text and new: tests/mutants/*.toml, and wrong/changes.toml of the exercises."""


class Problem(Exception):
    """Why a mistake says nothing: it cannot be planted, built, or looked for."""


def changes(mistake):
    """Yields each change of a mistake: file, old and new text."""
    yield mistake['file'], mistake['old'], mistake['new']
    for more in mistake.get('also', []):
        yield more.get('file', mistake['file']), more['old'], more['new']


def planted(mistake, tree):
    """Returns what the files of `tree` hold once the mistake is planted."""
    texts = {}
    for name, old, new in changes(mistake):
        file = tree / name
        if name not in texts:
            if not file.is_file():
                raise Problem(f'does not apply any more: there is no file {name}')
            texts[name] = file.read_text(encoding='utf-8')
        count = texts[name].count(old)
        if count != 1:
            first_line = (old.strip() or repr(old)).splitlines()[0]
            raise Problem(f'does not apply any more: {name} has {count or "no"} such text{"s" * (count > 1)}: {first_line}')
        if old == new:
            raise Problem('changes nothing')
        texts[name] = texts[name].replace(old, new)
    return texts
