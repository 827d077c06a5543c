"""What does a repository's configuration file ask for?

It is `.kaniko-split.toml` at the repository's root, or the table `[tool.kaniko-split]` of `pyproject.toml` beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct, field
from msgspec.structs import fields

from kaniko_split.detect.vocabulary import Column

OWN, SHARED = ".kaniko-split.toml", "pyproject.toml"
_TABLE = "kaniko-split"
# Where the search ends that begins in the folder of a path.
_MARKS = (".git", ".gitlab-ci.yml")


class BadConfigurationError(Exception):
    """The file cannot be used; the text is one sentence that names it."""


class Configuration(Struct, frozen=True, eq=False):
    """What a file says; None and empty where it says nothing.

    Attributes:
        template_name: How the template is to be called.
        job_name: The pattern for the new jobs' names.
        select: Names or patterns of the jobs that are meant.
        ignore: Names or patterns of the jobs that are not meant.
        cached_only: Whether only jobs that use Kaniko's cache are meant.
        keep_order: Whether each new job is to wait for the one before it.
        ci_file: The file that GitLab starts from.
        executors: Further command words that count as the executor.
        wrappers: Further commands that run the command behind them, with words for those that they take first.
        format: The format of `check`.
        baseline: The file of the findings that are known.
        programs: What further programs do, by their first words; `programs.configured` has the keys.
    """

    template_name: str | None = None
    job_name: str | None = None
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    cached_only: bool = False
    keep_order: bool = False
    ci_file: str | None = None
    executors: tuple[str, ...] = ()
    wrappers: tuple[str, ...] = ()
    format: str | None = None
    baseline: str | None = None
    programs: Mapping[str, Mapping[str, Column]] = field(default_factory=dict)


KEYS = tuple(field.name.replace("_", "-") for field in fields(Configuration))
_LISTS = frozenset({"select", "ignore", "executors", "wrappers"})
_SWITCHES = frozenset({"cached-only", "keep-order"})


def configuration_of(path: Path) -> tuple[Configuration, Path]:
    """Return what is configured for a file or folder, and the folder that says so; that of the path where none does.

    Raises:
        BadConfigurationError: The file cannot be read, is no TOML, or holds a key that there is not.
    """
    start = Path.cwd() / (path if path.is_dir() else path.parent)
    for folder in (start, *start.parents):
        found = configuration_in(folder)
        if found is not None:
            return found, folder
        if any((folder / mark).exists() for mark in _MARKS):
            break
    return Configuration(), start


def configuration_in(folder: Path) -> Configuration | None:
    """Return what the file of this very folder says; None where there is none.

    Raises:
        BadConfigurationError: The file cannot be read, is no TOML, or holds a key that there is not.
    """
    for name in (OWN, SHARED):
        table = _table(folder / name)
        if table is not None:
            return _read(table, folder / name)
    return None


def _table(path: Path) -> Mapping[str, Any] | None:
    """Return our table of a file; None where the file or the table is not there."""
    if not path.is_file():
        return None
    if not path.resolve().is_relative_to(path.parent.resolve()):
        raise BadConfigurationError(f"{_shown(path)}: the link leads out of its folder; put the file itself there")
    import tomllib

    try:
        data = path.read_bytes()
        if path.name == SHARED and _TABLE.encode() not in data:
            return None
        found: Any = tomllib.loads(data.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadConfigurationError(f"{_shown(path)}: the file is not valid TOML: {error}") from None
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise BadConfigurationError(f"{_shown(path)}: the file cannot be read ({reason})") from None
    if path.name == SHARED:
        tools = found.get("tool", {})
        found = tools.get(_TABLE) if isinstance(tools, dict) else None
        if found is not None and not isinstance(found, dict):
            raise BadConfigurationError(f"{_shown(path)}: `tool.{_TABLE}` is no table")
    return found if isinstance(found, dict) else None


def _read(table: Mapping[str, Any], path: Path) -> Configuration:
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key not in KEYS:
            from difflib import get_close_matches

            near = get_close_matches(key, KEYS, n=1)
            hint = f"did you mean `{near[0]}`?" if near else f"the keys are: {', '.join(KEYS)}"
            raise BadConfigurationError(f"{_shown(path)}: there is no key `{key}`; {hint}")
        values[key.replace("-", "_")] = _value(key, value, path)
    return Configuration(**values)


def _programs(value: Any, path: Path) -> Mapping[str, Mapping[str, Column]]:
    """Return `[programs]` with lists as tuples, each table checked as a row of the table of programs."""
    if not isinstance(value, dict):
        raise BadConfigurationError(f"{_shown(path)}: `programs` must be a table")
    from kaniko_split.programs.user_rows import parse_row

    programs: dict[str, Mapping[str, Column]] = {}
    for name, table in value.items():
        if not name.strip():
            raise BadConfigurationError(f"{_shown(path)}: `programs` must name each program")
        if not isinstance(table, dict):
            raise BadConfigurationError(f"{_shown(path)}: `programs.{name}` must be a table")
        words = " ".join(name.split())
        try:
            parse_row(words, table)
        except ValueError as error:
            raise BadConfigurationError(f"{_shown(path)}: {error}") from None
        programs[words] = {key: tuple(item) if isinstance(item, list) else item for key, item in table.items()}
    return programs


def _value(key: str, value: Any, path: Path) -> Any:
    if key == "programs":
        return _programs(value, path)
    if key in _LISTS:
        if isinstance(value, list) and all(isinstance(one, str) and one.strip() for one in value):
            return tuple(value)
        wanted = "a list of texts"
    elif key in _SWITCHES:
        if isinstance(value, bool):
            return value
        wanted = "true or false"
    else:
        if isinstance(value, str) and value:
            return value
        wanted = "a text"
    raise BadConfigurationError(f"{_shown(path)}: `{key}` is to be {wanted}")


def _shown(path: Path) -> str:
    here = Path.cwd()
    return path.relative_to(here).as_posix() if path.is_relative_to(here) else str(path)
