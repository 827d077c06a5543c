"""What is asked of the pipelines under each path, by the command line and by the configuration of its repository?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from kaniko_split.commands.options import Options
from kaniko_split.configuration import BadConfigurationError, Configuration, configuration_of
from kaniko_split.plan.names import wrong_patterns
from kaniko_split.report.asked import Asked

if TYPE_CHECKING:
    from kaniko_split.commands.baseline import Baseline


class Group(Struct, frozen=True, eq=False):
    """Paths of which the same is asked.

    Attributes:
        paths: Files and folders.
        stdin: Whether standard input is one of them.
        asked: What is asked of their pipelines.
        baseline: The findings that are known, as the configuration says.
    """

    paths: tuple[Path, ...]
    stdin: bool
    asked: Asked
    baseline: Baseline | None = None


def groups_of(options: Options) -> tuple[Group, ...]:
    """Return the paths of a call, each with what is asked of it, in order; the command line wins.

    Raises:
        BadConfigurationError: A configuration file cannot be used, or a name is none.
        BadBaselineError: The baseline that one names cannot be read.
    """
    wrong = wrong_patterns(options.template_name, options.job_name)
    if wrong:
        raise BadConfigurationError(wrong)
    found: dict[Path, tuple[Configuration, list[Path]]] = {}
    for path in options.paths or (Path(),):
        configuration, folder = _configuration(options, path)
        found.setdefault(folder, (configuration, []))[1].append(path)
    return tuple(_group(options, configuration, folder, paths) for folder, (configuration, paths) in found.items())


def first_configuration(options: Options) -> Configuration:
    """Return what is configured for the first path: it says how the answer is given.

    Raises:
        BadConfigurationError: The file cannot be used.
    """
    return _configuration(options, options.paths[0] if options.paths else Path())[0]


def asked_of(options: Options, configuration: Configuration | None = None) -> Asked:
    """Return what the options ask, and, where they say nothing, the configuration."""
    asked = Asked(
        select=options.select,
        ignore=options.ignore,
        template_name=options.template_name,
        job_name=options.job_name,
        cached_only=options.cached_only,
        keep_order=options.keep_order,
        ci_file=options.ci_file,
    )
    return asked.or_as_configured(configuration or Configuration())


def _configuration(options: Options, path: Path) -> tuple[Configuration, Path]:
    if not options.configured:
        return Configuration(), Path()
    return configuration_of(Path() if str(path) == "-" else path)


def _group(options: Options, configuration: Configuration, folder: Path, paths: list[Path]) -> Group:
    asked = asked_of(options, configuration)
    wrong = wrong_patterns(asked.template_name, asked.job_name)
    if wrong:
        raise BadConfigurationError(f"{folder}: the configuration: {wrong.removeprefix('--')}")
    baseline = None
    if options.baseline is None and not options.no_baseline and configuration.baseline is not None:
        from kaniko_split.commands.baseline import read_baseline

        baseline = read_baseline(folder / configuration.baseline)
    files = tuple(path for path in paths if str(path) != "-")
    return Group(files, len(files) < len(paths), asked, baseline)
