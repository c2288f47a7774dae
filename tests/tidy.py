#!/usr/bin/env python3
"""What the target tidy runs: clang-tidy once over each file that is compiled.

    tests/tidy.py RUN_CLANG_TIDY BUILD

A file that two programs are made of stands twice among the compiler's calls, and clang-tidy would read it twice. The
analyzer leaves a function after max-nodes states of it, 225,000 by default; with a quarter of that, all takes half the
time, and only what lies behind very many branches is no longer looked at.
"""

import json
import pathlib
import subprocess
import sys


def main(run_clang_tidy, build):
    calls = json.loads((pathlib.Path(build) / "compile_commands.json").read_text())
    once = pathlib.Path(build) / "tidy"
    once.mkdir(exist_ok=True)
    (once / "compile_commands.json").write_text(json.dumps(list({call["file"]: call for call in calls}.values())))
    bound = [f"-extra-arg={word}" for word in ("-Xclang", "-analyzer-config", "-Xclang", "max-nodes=56000")]
    return subprocess.run([run_clang_tidy, "-quiet", "-p", str(once), *bound]).returncode


sys.exit(main(*sys.argv[1:]))
