"""What becomes of each job of the files that a user names?

The whole way through the house: read, detect, plan, rewrite, prove. Nothing is written here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from kaniko_split.detect.findings import Finding, findings, may_build
from kaniko_split.detect.ignore_comments import is_ignored, unused_ignores
from kaniko_split.detect.vocabulary import NO_WORDS, Vocabulary
from kaniko_split.gitlab.pipeline import Pipeline
from kaniko_split.plan.outcome import Refusal, Split
from kaniko_split.plan.refusing import too_deep
from kaniko_split.plan.request import Request
from kaniko_split.plan.splitting import plan
from kaniko_split.prove.proof import BrokenProofError, Proof, prove
from kaniko_split.rewrite.rewriting import Rewritten, rewrite
from kaniko_split.rewrite.script_items import CannotLayOutError
from kaniko_split.source.edits import OverlappingEditsError
from kaniko_split.source.text import Place
from kaniko_split.tree.compose import BrokenYamlError, TabInYamlError, compose_again


class Failed(Struct, frozen=True, eq=False):
    """A split that was planned and not proved: a fault of ours, and the job stays as it is."""

    split: Split
    differences: tuple[str, ...]


class Ignored(Struct, frozen=True, eq=False):
    """A job that a comment of the user's leaves out."""

    finding: Finding


Outcome = Split | Refusal | Failed | Ignored


class Result(Struct, frozen=True, eq=False):
    """What became of one pipeline.

    Attributes:
        pipeline: Its files.
        outcomes: One for each job that was found, in order.
        rewritten: The files that change.
        proof: What was proved of the change; None where nothing changes.
        problems: What is wrong with the input, a sentence each; jobs with such a problem have no outcome.
        unused_ignores: Where a comment would leave out a job in which nothing was found.
    """

    pipeline: Pipeline
    outcomes: tuple[Outcome, ...]
    rewritten: tuple[Rewritten, ...] = ()
    proof: Proof | None = None
    problems: tuple[str, ...] = ()
    unused_ignores: tuple[Place, ...] = ()

    @property
    def splits(self) -> tuple[Split, ...]:
        """The jobs that are split, with a proof."""
        return tuple(one for one in self.outcomes if isinstance(one, Split))


def split_pipeline(pipeline: Pipeline, request: Request, words: Vocabulary = NO_WORDS) -> Result:
    """Find, plan, rewrite and prove all splits of one pipeline.

    Args:
        pipeline: Its files.
        request: What the user asks for.
        words: The user's own words for the executor, and for what runs it.

    Raises:
        MissingParserError: shfmt is not installed.
    """
    if not may_build(pipeline, words):
        return Result(pipeline, (), unused_ignores=unused_ignores(pipeline, ()))
    found = findings(pipeline, words)
    ignored = tuple(Ignored(finding) for finding in found if is_ignored(finding) and request.means(finding))
    problems = tuple(sentence for one in found if request.means(one) for sentence in _doubled_keys(one))
    meant = [one for one in found if not is_ignored(one) and not any(_doubled_keys(one))]
    decisions = plan(meant, request)
    result = _carried_out(pipeline, decisions, words)
    outcomes = _in_order((*result.outcomes, *ignored))
    unused = unused_ignores(pipeline, found)
    return Result(pipeline, outcomes, result.rewritten, result.proof, problems, unused)


def together(result: Result, split: Split) -> tuple[Split, ...]:
    """Return the splits of `result` that are made with this one or not at all."""
    return tuple(next(unit for unit in _units(result.outcomes) if split in unit))


def only(result: Result, splits: Sequence[Split], words: Vocabulary = NO_WORDS) -> Result:
    """Return `result` with these of its splits alone, rewritten and proved anew."""
    return _carried_out(result.pipeline, tuple(splits), words)


def _doubled_keys(finding: Finding) -> Iterator[str]:
    """Say where a key stands twice in the job, or the job twice in its file: GitLab takes the last one."""
    file = finding.job.file
    mappings = [finding.job.mapping, *([file.root] if file.root is not None else [])]
    for mapping in mappings:
        seen: set[str] = set()
        for entry in mapping.entries:
            name = entry.name
            if name in seen and name != "<<" and (mapping is finding.job.mapping or name == finding.job.name):
                place = file.place(entry.key.span.start)
                yield f"{place}: the key `{name}` stands twice, and GitLab takes the last one; remove one of them"
            seen.add(name)


def _carried_out(pipeline: Pipeline, decisions: Sequence[Split | Refusal], words: Vocabulary) -> Result:
    """Rewrite and prove the splits together; one that cannot be laid out is refused and the rest tried again."""
    outcomes: list[Outcome] = list(decisions)
    while True:
        splits = [one for one in outcomes if isinstance(one, Split)]
        if not splits:
            return Result(pipeline, tuple(outcomes))
        try:
            rewritten = rewrite(splits)
            proof = prove(pipeline, splits, rewritten, words)
        except CannotLayOutError as error:
            outcomes = _without_first_unwritable(outcomes, error)
        except RecursionError:
            # One of them is nested too deeply; alone, the others may be proved.
            if len(_units(splits)) > 1:
                outcomes = _proved_alone(pipeline, outcomes, words)
            else:
                outcomes = _refused_together(outcomes, too_deep(splits[0].finding))
        except (BrokenProofError, OverlappingEditsError) as error:
            unread = _second_opinion(splits)
            if unread is not None:
                outcomes = _refused_together(outcomes, unread)
                continue
            differences = error.differences if isinstance(error, BrokenProofError) else (str(error),)
            if len(_units(splits)) == 1:
                outcomes = [Failed(one, differences) if isinstance(one, Split) else one for one in outcomes]
            else:
                outcomes = _proved_alone(pipeline, outcomes, words)
        else:
            return Result(pipeline, tuple(outcomes), rewritten, proof)


def _second_opinion(splits: Sequence[Split]) -> Refusal | None:
    """Refuse to rewrite a file that the second YAML parser does not accept as it is.

    The proof has both parsers read the new text, so the old one is only asked about where that went wrong.
    """
    texts = {file.name: (one, file) for one in reversed(splits) for file in one.files}
    for one, file in texts.values():
        try:
            compose_again(file.source.text)
        except TabInYamlError as error:
            return Refusal(one.finding, "tab-in-yaml", file, error.offset)
        except BrokenYamlError as error:
            return Refusal(one.finding, "parsers-disagree", file, error.offset, error.problem)
    return None


def _units(outcomes: Sequence[Outcome]) -> list[list[Split]]:
    """Return the splits, those that share a script together: they are made all or none."""
    units: dict[int, list[Split]] = {}
    for one in outcomes:
        if isinstance(one, Split):
            units.setdefault(id(one.shared or one), []).append(one)
    return list(units.values())


def _refused_together(outcomes: Sequence[Outcome], refusal: Refusal) -> list[Outcome]:
    """Put a refusal in the place of its split, and refuse those that share the script with it."""
    unit = next(unit for unit in _units(outcomes) if any(one.finding is refusal.finding for one in unit))
    result: list[Outcome] = []
    for one in outcomes:
        if isinstance(one, Split) and one in unit:
            own = one.finding is refusal.finding
            result.append(refusal if own else replace(refusal, finding=one.finding))
        else:
            result.append(one)
    return result


def _without_first_unwritable(outcomes: Sequence[Outcome], error: CannotLayOutError) -> list[Outcome]:
    """Turn the split whose text raised `error`, with those that share its script, into a refusal."""
    for unit in _units(outcomes):
        try:
            rewrite(unit)
        except CannotLayOutError as own:
            first = unit[0].finding
            return _refused_together(
                outcomes, Refusal(first, own.code, own.file or first.job.file, own.offset, own.detail)
            )
    raise error


def _proved_alone(pipeline: Pipeline, outcomes: Sequence[Outcome], words: Vocabulary) -> list[Outcome]:
    """Find out which of several splits breaks the proof; where none does alone, all of them fail."""
    units = _units(outcomes)
    alone = {
        id(outcome.split.finding if isinstance(outcome, Failed) else outcome.finding): outcome
        for unit in units
        for outcome in _carried_out(pipeline, unit, words).outcomes
    }
    result = [alone[id(one.finding)] if isinstance(one, Split) else one for one in outcomes]
    if all(isinstance(one, Split) for one in alone.values()):
        together = ("the splits of this pipeline are proved one by one, but not together",)
        return [Failed(one, together) if isinstance(one, Split) else one for one in result]
    return result


def _in_order(outcomes: Sequence[Outcome]) -> tuple[Outcome, ...]:
    def place(outcome: Outcome) -> tuple[str, int]:
        finding = outcome.split.finding if isinstance(outcome, Failed) else outcome.finding
        return finding.job.file.name, finding.job.entry.key.span.start

    return tuple(sorted(outcomes, key=place))
