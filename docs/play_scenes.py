#!/usr/bin/env python3
"""Plays the scenes whose output a page shows, and keeps what they printed.

    play_scenes.py LESSON_DIR PROGRAMS_DIR OUTPUT_DIR SCENES_PROGRAM PAGE...

Each `\\output{scene, lane}` of a PAGE names a scene of LESSON_DIR/lesson.toml; SCENES_PROGRAM (tests/harness) plays it
and writes OUTPUT_DIR/SCENE/LANE.txt. A scene that this machine does not allow leaves SCENE/skipped.txt with the reason.
"""
import pathlib
import re
import shutil
import subprocess
import sys

from page import output_named, slug

lesson, programs, output, scenes, *pages = sys.argv[1:]
failed = False
shown_by = {}  # each scene once, though several pages may show it
for page in pages:
    for text in re.findall(r'^\\output\{(.*)\}', pathlib.Path(page).read_text(encoding='utf-8'), re.M):
        shown_by.setdefault(output_named(text)[0], page)
for scene, page in shown_by.items():
    folder = pathlib.Path(output) / slug(scene)
    shutil.rmtree(folder, ignore_errors=True)
    played = subprocess.run([scenes, 'run', lesson, '--programs', programs, '--scene', scene, '--record', output],
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if played.returncode == 77:
        reason = played.stdout.strip().removeprefix('skipped: ')
        print(f'docs: the scene "{scene}" could not run, and its page says so: {reason}')
        folder.mkdir(parents=True)
        (folder / 'skipped.txt').write_text(reason)
    elif played.returncode != 0:
        failed = True
        print(f'{page}: \\output{{{scene}, …}}:\n{played.stdout}')
sys.exit(failed)
