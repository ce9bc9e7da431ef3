"""Tries mutants: runs the tests on each in a forked process, and says which test failed first.

What a function does is changed in a process that has imported and collected everything, for the tests that run that
function, the quickest first. What a file does while it is imported is changed in a process that has imported nothing
of Corsight yet, for the tests in its twin's folder and the casebook.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import _lru_cache_wrapper, partial
from importlib.machinery import PathFinder, SourceFileLoader
from pathlib import Path
from time import process_time
from types import CodeType, FunctionType
from typing import Any

import pytest
from _pytest.runner import runtestprotocol

from corsight.scripts.dev.mutate.mutants import Mutant
from corsight.scripts.paths import ROOT

CASEBOOK = "tests/test_cases.py"
SUITE = (
    *("tests/policies/fetch", "tests/policies/session", CASEBOOK),
    *("tests/policies/decision/test_judge.py", "tests/policies/decision/test_decide.py"),
    "tests/recordings/test_recordings.py",
)
"""The tests of what is decided, without those that draw examples: what these find, they find slowly and by chance."""
OPTIONS = ("-q", "-x", "-p", "no:cacheprovider", "--rootdir", str(ROOT))
LONGEST = 20
"""Seconds of CPU time, beside ten times what the tests take on the original, after which a mutant counts as killed."""
LARGEST = 4 << 30
"""Bytes of memory that a mutant may ask for."""
SURVIVED, KILLED, BROKEN = 0, 1, 3
"""What a trial's process ends with."""


@dataclass(frozen=True)
class Result:
    """What came of a mutant."""

    mutant: Mutant
    killer: str
    """The test that failed first, or what else ended it; empty where it survived."""


def try_mutants(mutants: Sequence[Mutant], jobs: int) -> Iterator[Result]:
    """Try every mutant, some at once. What came of each, as it is known."""
    at_import = [mutant for mutant in mutants if not mutant.function]
    inside = [mutant for mutant in mutants if mutant.function]
    if inside:
        by_key = {mutant.key: mutant for mutant in inside}
        for key, killer, is_run_at_import in _read_lines(partial(_serve, inside, jobs)):
            if is_run_at_import and not killer:
                at_import.append(by_key[key])
            else:
                yield Result(by_key[key], killer)
    yield from _try_each(at_import, lambda mutant: partial(_try_imported, mutant), jobs)


def _try_each(
    mutants: Iterable[Mutant], trial: Callable[[Mutant], Callable[[int], int]], jobs: int
) -> Iterator[Result]:
    running: dict[int, tuple[Mutant, int]] = {}
    waiting = iter(mutants)
    while True:
        while len(running) < jobs and (mutant := next(waiting, None)) is not None:
            process, output = _fork(trial(mutant))
            running[process] = mutant, output
        if not running:
            return
        process, status = os.wait()
        mutant, output = running.pop(process)
        with os.fdopen(output) as pipe:
            killer = pipe.read()
        code = os.waitstatus_to_exitcode(status)
        if code == BROKEN:
            raise RuntimeError(f"cannot try this mutant:\n{mutant.diff()}\n{killer}")
        yield Result(mutant, "" if code == SURVIVED else killer if code == KILLED else f"ended by signal {-code}")


def _fork(work: Callable[[int], int]) -> tuple[int, int]:
    """Start `work`, which is given where to write, in a process of its own. Its id, and where to read."""
    reading, writing = os.pipe()
    process = os.fork()
    if process:
        os.close(writing)
        return process, reading
    code = BROKEN
    try:
        os.close(reading)
        nowhere = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(nowhere, descriptor)
        code = work(writing)
    except BaseException as error:
        os.write(writing, repr(error).encode())
    finally:
        os._exit(code)


def _read_lines(work: Callable[[int], int]) -> Iterator[Any]:
    process, reading = _fork(work)
    with os.fdopen(reading) as pipe:
        for line in pipe:
            yield json.loads(line)
    if os.waitpid(process, 0)[1]:
        raise RuntimeError("the tests fail, or cannot be run, on the code as it is: try scripts/test --quick")


# What a function does.


class _Warm:
    """A plugin of pytest's: in the place of one run of the tests, many on mutants."""

    def __init__(self, mutants: Sequence[Mutant], jobs: int, output: int) -> None:
        self._mutants, self._jobs, self._output = mutants, jobs, output
        self._watch = _Watch({mutant.file for mutant in mutants})

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave out tests that draw examples."""
        items[:] = _list_drawing_none(items)

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Try every mutant."""
        # What is frozen is not listed.
        gc.unfreeze()
        at_import = self._watch.take()
        tests = self._run_original(session)
        functions = _functions({mutant.file for mutant in self._mutants})
        caches = _caches()
        gc.freeze()

        def trial(mutant: Mutant) -> Callable[[int], int]:
            runs = tests.get((mutant.file, mutant.function), [])
            items = [session.items[index] for _, index in sorted(runs)]
            originals = functions[mutant.file, mutant.function]
            used = [cache for cache in caches if _takes_arguments(cache) or cache.__wrapped__ in originals]
            return partial(_try_function, mutant, originals, used, items, sum(seconds for seconds, _ in runs))

        for result in _try_each(self._mutants, trial, self._jobs):
            place = (result.mutant.file, result.mutant.function)
            line = [result.mutant.key, result.killer, place in at_import]
            os.write(self._output, f"{json.dumps(line)}\n".encode())
        return True

    def _run_original(self, session: pytest.Session) -> dict[tuple[str, str], list[tuple[float, int]]]:
        """Run every test on the original. Of each function: the seconds and the number of each test that runs it."""

        def work(output: int) -> int:
            caches = [cache for cache in _caches() if _takes_arguments(cache)]
            for index, item in enumerate(session.items):
                for cache in caches:
                    cache.cache_clear()
                self._watch.begin()
                started = process_time()
                if not _passes(item, session.items[index + 1 : index + 2]):
                    os.write(output, f"{json.dumps([item.nodeid, 0, []])}\n".encode())
                    return KILLED
                line = [index, process_time() - started, [*self._watch.take()]]
                os.write(output, f"{json.dumps(line)}\n".encode())
            return SURVIVED

        tests = defaultdict(list)
        for index, seconds, places in _read_lines(work):
            for file, function in places:
                tests[file, function].append((seconds, index))
        return tests


class _Watch:
    """Tells which functions of some files are run."""

    TOOL = 3

    def __init__(self, files: set[str]) -> None:
        self._files = {str(path): file for file in files for path in _paths(file)}
        self._places: set[tuple[str, str]] = set()
        kinds = sys.monitoring.events
        sys.monitoring.use_tool_id(self.TOOL, "mutate")
        sys.monitoring.register_callback(self.TOOL, kinds.PY_START, self._see)
        sys.monitoring.set_events(self.TOOL, kinds.PY_START)

    def begin(self) -> None:
        """Look anew, at what was seen before too."""
        self._places = set()
        sys.monitoring.restart_events()

    def take(self) -> set[tuple[str, str]]:
        """Return the files and the outermost functions that were run since."""
        return self._places

    def _see(self, code: CodeType, _: int) -> object:
        if (file := self._files.get(code.co_filename)) is not None:
            self._places.add((file, code.co_qualname.partition(".<locals>")[0]))
        return sys.monitoring.DISABLE


def _serve(mutants: Sequence[Mutant], jobs: int, output: int) -> int:
    return int(pytest.main([*OPTIONS, *SUITE], [_Warm(mutants, jobs, output)]))


def _try_function(
    mutant: Mutant,
    originals: Sequence[FunctionType],
    caches: Sequence[Any],
    items: Sequence[Any],
    cost: float,
    output: int,
) -> int:
    """Run the tests on a mutant whose function is put in the original's place. What the process ends with."""
    _limit(cost)
    changed = _code_of(compile(mutant.after, str(_paths(mutant.file)[-1]), "exec", dont_inherit=True), mutant.function)
    for function in originals:
        function.__code__ = changed
    for cache in caches:
        cache.cache_clear()
    for place, item in enumerate(items):
        if not _passes(item, items[place + 1 : place + 2]):
            os.write(output, item.nodeid.encode())
            return KILLED
    return SURVIVED


def _passes(item: Any, following: Sequence[Any]) -> bool:
    reports = runtestprotocol(item, log=False, nextitem=following[0] if following else None)
    return not any(report.failed for report in reports)


def _functions(files: set[str]) -> dict[tuple[str, str], list[FunctionType]]:
    """Return the functions of some files, by their files and names: those that stand inside no other."""
    names = {str(path): file for file in files for path in _paths(file)}
    functions = defaultdict(list)
    for one in gc.get_objects():
        if isinstance(one, FunctionType) and (file := names.get(one.__code__.co_filename)) is not None:
            functions[file, one.__code__.co_qualname].append(one)
    return functions


def _code_of(code: CodeType, name: str) -> CodeType:
    inside = [code]
    while inside:
        code = inside.pop()
        if code.co_qualname == name:
            return code
        inside += [one for one in code.co_consts if isinstance(one, CodeType)]
    raise LookupError(name)


def _caches() -> list[Any]:
    """Return what remembers earlier calls of functions."""
    caches = [one for one in gc.get_objects() if isinstance(one, _lru_cache_wrapper)]
    return [one for one in caches if str(one.__module__).startswith(("corsight.", "tests."))]


def _takes_arguments(cache: Any) -> bool:
    """Return whether it remembers what was made of something, not what there is: that takes long to read again."""
    return cache.__wrapped__.__code__.co_argcount > 0  # type: ignore[no-any-return]


# What a file does while it is imported.


class _Loader(SourceFileLoader):
    """Loads one file with a change in it, and others as they are."""

    mutant: Mutant | None = None

    def get_code(self, fullname: str) -> CodeType | None:
        """Return the module's code."""
        if self.mutant is not None and Path(self.path).resolve() == ROOT / self.mutant.file:
            return compile(self.mutant.after, self.path, "exec", dont_inherit=True)
        return super().get_code(fullname)


class _Finder:
    """Finds Corsight's modules, for the loader."""

    @staticmethod
    def find_spec(name: str, path: Any = None, target: Any = None) -> Any:
        """Return where a module is, and what loads it."""
        spec = PathFinder.find_spec(name, path, target) if name.startswith("corsight.") else None
        if spec is not None and spec.origin is not None and isinstance(spec.loader, SourceFileLoader):
            spec.loader = _Loader(name, spec.origin)
        return spec


def _try_imported(mutant: Mutant, output: int) -> int:
    """Import everything with a mutant in its place, and run the tests. What the process ends with."""
    _limit(10)
    _Loader.mutant = mutant
    sys.meta_path.insert(0, _Finder())
    failures = _Failures()
    tests = [str(Path("tests", mutant.file).parent), CASEBOOK]
    if pytest.main([*OPTIONS, *tests], [failures]):
        os.write(output, (failures.first or "it cannot be imported").encode())
        return KILLED
    return SURVIVED


class _Failures:
    """A plugin of pytest's that keeps the name of the first test that fails."""

    first = ""

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave out tests that draw examples."""
        items[:] = _list_drawing_none(items)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep it."""
        if report.failed and not self.first:
            self.first = report.nodeid


def _list_drawing_none(items: Iterable[pytest.Item]) -> list[pytest.Item]:
    return [item for item in items if not getattr(getattr(item, "obj", None), "is_hypothesis_test", False)]


def _limit(seconds: float) -> None:
    most = int(10 * seconds) + LONGEST
    resource.setrlimit(resource.RLIMIT_CPU, (most, most))
    resource.setrlimit(resource.RLIMIT_AS, (LARGEST, LARGEST))


def _paths(file: str) -> tuple[Path, Path]:
    """Return the two paths of a file: by the root, and by the link that makes the namespace."""
    return ROOT / file, ROOT / ".corsight" / "src" / "corsight" / file
