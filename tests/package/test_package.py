#!/usr/bin/env python3
"""The ring in another project, in each way in which one can take it; each time two processes exchange messages.

    test_package.py [GROUP]      BUILD names the course's build folder; CMAKE and CXX the programs

Builds in folders of its own below BUILD, and removes them.
"""
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
HERE = pathlib.Path(__file__).resolve().parent
RING = ROOT / 'common' / 'ring'
BUILD = pathlib.Path(os.environ.get('BUILD', ROOT / 'build'))
CMAKE = os.environ.get('CMAKE', 'cmake')
CXX = os.environ.get('CXX', 'c++')
WARNINGS = ['-Wall', '-Wextra', '-Wpedantic', '-Wconversion', '-Wshadow', '-Werror']
COUNT = 100_000
VERSION = '.'.join(re.findall(r'#define SHM_RING_VERSION_\w+ (\d+)', (RING / 'version.hpp').read_text()))
MAJOR = int(VERSION.split('.')[0])
# What another project has set, it has not set for us. The generator is the one that is there: make may not be.
ENVIRONMENT = {'CMAKE_GENERATOR': 'Ninja'} | {
    name: value for name, value in os.environ.items()
    if name not in ('CXXFLAGS', 'CPPFLAGS', 'LDFLAGS', 'CPLUS_INCLUDE_PATH', 'CMAKE_PREFIX_PATH', 'DESTDIR')}


def example():
    """The program in the comment at the top of ring.hpp."""
    text = (RING / 'ring.hpp').read_text()
    lines = text.split('/// @code\n')[1].split('/// @endcode\n')[0].splitlines()
    return ''.join(re.sub('^/// ?', '', line) + '\n' for line in lines)


class Project(unittest.TestCase):
    """A project in a folder of its own."""

    def setUp(self):
        holder = tempfile.TemporaryDirectory(prefix='package-', dir=BUILD)
        self.addCleanup(holder.cleanup)
        self.top = pathlib.Path(holder.name)
        self.source = self.top / 'source'
        self.source.mkdir()
        shutil.copy(HERE / 'stream.cpp', self.source)
        shutil.copy(HERE / 'CMakeLists.consumer.cmake', self.source / 'CMakeLists.txt')
        (self.source / 'example.hpp').write_text('#pragma once\n' + example())

    def run_it(self, *words, **more):
        return subprocess.run([str(word) for word in words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              env={**ENVIRONMENT, **more})

    def must(self, *words, **more):
        done = self.run_it(*words, **more)
        self.assertEqual(done.returncode, 0, f'{shlex.join(map(str, words))}\n{done.stdout}')
        return done.stdout

    def install(self):
        """Installs as a person does who has built the course. Returns where, and what was said."""
        where = self.top / 'installed'
        return where, self.must(CMAKE, '--install', BUILD, '--prefix', where)

    def configure(self, *arguments):
        return self.run_it(CMAKE, '-S', self.source, '-B', self.top / 'build', f'-DCMAKE_CXX_COMPILER={CXX}', *arguments)

    def configure_and_build(self, *arguments):
        """Returns the program."""
        done = self.configure(*arguments)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.must(CMAKE, '--build', self.top / 'build')
        return self.top / 'build' / 'stream'

    def compile(self, *options, compiler=CXX):
        """Returns the program, made by one call of a compiler, with all warnings."""
        program = self.top / 'stream'
        self.must(compiler, *WARNINGS, *options, self.source / 'stream.cpp', '-o', program)
        return program

    def check_exchange(self, program):
        """Two processes: the consumer comes first, and then the producer."""
        for order in (['consumer', 'producer'], ['producer', 'consumer']):
            name = f'/{self.top.name}'
            self.addCleanup(lambda file=pathlib.Path('/dev/shm' + name): file.unlink(missing_ok=True))
            processes = {}
            for role in order:
                processes[role] = subprocess.Popen([program, role, name, str(COUNT)], stdout=subprocess.PIPE,
                                                   stderr=subprocess.PIPE, text=True)
            said = {role: process.communicate() for role, process in processes.items()}
            self.assertEqual({role: process.returncode for role, process in processes.items()},
                             {'consumer': 0, 'producer': 0}, said)
            self.assertEqual(said['consumer'][0], f'received {COUNT} quotes, each right\n')


class Installed(Project):
    """`cmake --install`, then find_package(shm)."""

    def test_two_processes_exchange_messages(self):
        where, said = self.install()
        self.assertIn('shm::ring', said, 'the installation does not say what it has installed')
        self.check_exchange(self.configure_and_build('-DWAY=installed', f'-DWANTED={MAJOR}', f'-DCMAKE_PREFIX_PATH={where}'))

    def test_the_ring_is_installed_and_nothing_else(self):
        where, _ = self.install()
        found = {str(file.relative_to(where)) for file in where.rglob('*') if file.is_file()}
        headers = {f'include/shm/ring/{file.name}' for file in RING.glob('*.hpp')}
        self.assertEqual(found, headers | {
            'share/cmake/shm/shmConfig.cmake', 'share/cmake/shm/shmConfigVersion.cmake', 'share/cmake/shm/shmTargets.cmake',
            'share/pkgconfig/shm.pc', 'share/doc/shm/LICENSE'})
        self.assertEqual((RING / 'LICENSE').read_text(), (ROOT / 'LICENSE').read_text())

    def test_another_major_version_is_refused(self):
        where, _ = self.install()
        for wanted, is_refused in [(MAJOR + 1, True), (MAJOR - 1, True), (f'{MAJOR}.99', True), (VERSION, False)]:
            with self.subTest(wanted=wanted):
                done = self.configure('-DWAY=installed', f'-DWANTED={wanted}', f'-DCMAKE_PREFIX_PATH={where}')
                self.assertEqual(done.returncode != 0, is_refused, done.stdout)
                if is_refused:
                    self.assertIn(f'shmConfig.cmake, version: {VERSION}', done.stdout)
                shutil.rmtree(self.top / 'build')

    def test_the_room_installs_by_itself(self):
        where, alone = self.top / 'installed', self.top / 'alone'
        self.must(CMAKE, '-S', RING, '-B', alone, f'-DCMAKE_CXX_COMPILER={CXX}')
        self.must(CMAKE, '--install', alone, '--prefix', where)
        self.assertTrue((where / 'include/shm/ring/ring.hpp').is_file())


class PkgConfig(Project):
    """`cmake --install`, then pkg-config."""

    def setUp(self):
        super().setUp()
        if not shutil.which('pkg-config'):
            self.skipTest('pkg-config is not installed')
        where, _ = self.install()
        self.where = self.top / 'moved'
        where.rename(self.where)  # the folder says nothing of where it was
        self.path = {'PKG_CONFIG_PATH': str(self.where / 'share' / 'pkgconfig')}

    def test_two_processes_exchange_messages(self):
        flags = shlex.split(self.must('pkg-config', '--cflags', '--libs', f'shm >= {MAJOR}', **self.path))
        self.check_exchange(self.compile('-std=c++20', *flags))

    def test_another_version_is_refused(self):
        self.must('pkg-config', '--exists', f'shm = {VERSION}', **self.path)
        self.assertNotEqual(self.run_it('pkg-config', '--exists', f'shm >= {MAJOR + 1}', **self.path).returncode, 0)


class Subdirectory(Project):
    """add_subdirectory() and FetchContent of the whole course, in a project that has none of what the course needs."""

    def check_way(self, way):
        missing = [f'-DCMAKE_DISABLE_FIND_PACKAGE_{package}=ON'
                   for package in ('fmt', 'CLI11', 'tomlplusplus', 'Catch2', 'nlohmann_json')]
        self.check_exchange(self.configure_and_build(f'-DWAY={way}', f'-DCOURSE={ROOT}', *missing))

    def test_two_processes_exchange_messages(self):
        self.check_way('subdirectory')

    def test_two_processes_exchange_messages_of_what_was_fetched(self):
        self.check_way('fetched')

    def test_nothing_is_forced_on_the_project(self):
        done = self.configure('-DWAY=subdirectory', f'-DCOURSE={ROOT}')
        self.assertEqual(done.returncode, 0, done.stdout)
        build = self.top / 'build'
        self.assertEqual((build / 'targets.txt').read_text(), 'shm_ring;stream')
        self.assertEqual((build / 'variables.txt').read_text(), '')
        self.assertEqual([str(file) for file in build.rglob('CTestTestfile.cmake')], [], 'it has switched tests on')
        self.assertEqual(re.findall(r'^(\w+_DIR):PATH=', (build / 'CMakeCache.txt').read_text(), re.M), [],
                         'it has looked for packages')
        where = self.top / 'installed'
        self.must(CMAKE, '--install', build, '--prefix', where)
        self.assertFalse(where.exists(), 'it installs something of its own')

    def test_nothing_is_compiled_otherwise(self):
        done = self.configure('-DWAY=subdirectory', f'-DCOURSE={ROOT}', '-DCMAKE_EXPORT_COMPILE_COMMANDS=ON')
        self.assertEqual(done.returncode, 0, done.stdout)
        commands = json.loads((self.top / 'build' / 'compile_commands.json').read_text())
        self.assertEqual([pathlib.Path(command['file']).name for command in commands], ['stream.cpp'])
        options = [word for word in shlex.split(commands[0]['command']) if word.startswith('-')]
        allowed = re.compile(r'-I\S+/include|-std=\S+|-pthread|-o|-c')
        self.assertEqual([word for word in options if not allowed.fullmatch(word)], [])


class Copied(Project):
    """The folder copied, and a compiler: no build system, no definitions."""

    def setUp(self):
        super().setUp()
        shutil.copytree(RING, self.source / 'third_party' / 'shm' / 'ring')

    def check_with(self, compiler):
        if not shutil.which(compiler):
            self.skipTest(f'{compiler} is not installed')
        for standard in (['-std=c++20'], ['-std=c++23', '-std=c++2b']):  # its name before it had one
            with self.subTest(standard=standard[0]):
                known = [flag for flag in standard if self.run_it(compiler, flag, *'-fsyntax-only -x c++ /dev/null'.split()).returncode == 0]
                self.check_exchange(self.compile(known[0], '-I', self.source / 'third_party', compiler=compiler))


class CopiedGcc(Copied):
    def test_two_processes_exchange_messages(self):
        self.check_with('g++')

    def test_each_header_can_be_included_first(self):
        for header in sorted(RING.glob('*.hpp')):
            with self.subTest(header=header.name):
                self.must(CXX, '-std=c++20', *WARNINGS, '-I', self.source / 'third_party', '-fsyntax-only',
                          '-include', f'shm/ring/{header.name}', '-x', 'c++', '/dev/null')


class CopiedClang(Copied):
    def test_two_processes_exchange_messages(self):
        self.check_with('clang++')


if __name__ == '__main__':
    class Result(unittest.TextTestResult):
        def addSkip(self, test, reason):
            super().addSkip(test, reason)
            print(f'skipped: {reason}', flush=True)

    unittest.main(testRunner=unittest.TextTestRunner(resultclass=Result, stream=sys.stdout), verbosity=2)
