"""What did the user ask for?"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, field

from kaniko_split.configuration import Configuration
from kaniko_split.detect.vocabulary import Vocabulary


class Asked(Struct, frozen=True):
    """What the user asked for, so that the same is asked when the plan is carried out.

    Attributes:
        select: Names or patterns of the jobs that are meant; all with none.
        ignore: Names or patterns of the jobs that are not meant.
        template_name: How the template is to be called; null where that is left to the tool.
        job_name: The pattern for the new jobs' names; null where that is left to the tool.
        cached_only: Whether only jobs that use Kaniko's cache are meant.
        keep_order: Whether each new job is to wait for the one before it.
        ci_file: The file that GitLab starts from, from a repository's root; null for `.gitlab-ci.yml`.
        executors: Further command words that count as the executor.
        wrappers: Further commands that run the command behind them, with words for those that they take first.
        programs: What further programs do, by their first words: the keys of `[programs]` and their values.
    """

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    template_name: str | None = None
    job_name: str | None = None
    cached_only: bool = False
    keep_order: bool = False
    ci_file: str | None = None
    executors: tuple[str, ...] = ()
    wrappers: tuple[str, ...] = ()
    programs: Mapping[str, Mapping[str, str | bool | tuple[str, ...]]] = field(default_factory=dict)

    def __hash__(self) -> int:
        """Return a hash of what can be hashed: all but the rows of programs."""
        return hash((self.select, self.ignore, self.template_name, self.job_name, self.ci_file, self.words))

    @property
    def words(self) -> Vocabulary:
        """The user's own words for the executor, and for what runs it."""
        return Vocabulary(self.executors, self.wrappers, self.programs)

    def or_as_configured(self, configuration: Configuration) -> Asked:
        """Return it with what the repository's configuration asks where nothing else is asked here."""
        return Asked(
            select=self.select or configuration.select,
            ignore=self.ignore or configuration.ignore,
            template_name=self.template_name or configuration.template_name,
            job_name=self.job_name or configuration.job_name,
            cached_only=self.cached_only or configuration.cached_only,
            keep_order=self.keep_order or configuration.keep_order,
            ci_file=self.ci_file or configuration.ci_file,
            executors=self.executors or configuration.executors,
            wrappers=self.wrappers or configuration.wrappers,
            programs=self.programs or configuration.programs,
        )
