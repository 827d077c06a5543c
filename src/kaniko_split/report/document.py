"""What does a run leave behind as data: for reports, for the review page, and to be applied later?

A `Document` is the plan: what was found, what becomes of it, why, and the edits. It holds nothing of the machine
that it was made on. Everything that is shown to people or written for machines can be drawn from it.

Paths lead from the repository's root, with forward slashes, and never out of it. Lines and columns count from 1,
offsets from 0; both count characters of the decoded text, which has no byte order mark and ends each line with a
line feed. The docstrings below are also the descriptions in `docs/plan.schema.json`.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from kaniko_split.report.asked import Asked
from kaniko_split.source.text import Place

# Raised when a reader of an older version would misunderstand what is written.
FORMAT: Literal[1] = 1

Verdict = Literal["split", "refused", "failed", "ignored"]
Sureness = Literal["proved", "assumed", "asks you"]
Difference = Literal["none", "changed", "split", "new"]


class TextEdit(Struct, frozen=True):
    """Put `text` in the place of the characters from `start` up to, and without, `end`.

    Attributes:
        start: The first character that goes; with `end` equal to it, nothing goes and `text` is inserted.
        end: The first character that stays.
        text: What stands there afterwards, with line feeds.
        jobs: The jobs whose splits ask for it; several where they share a script.
        odd_breaks: Offsets in `text` of the line feeds that stand for the line ending that the file has less often.
    """

    start: int
    end: int
    text: str
    jobs: tuple[str, ...] = ()
    odd_breaks: tuple[int, ...] = ()


class File(Struct, frozen=True):
    """A file that was read for a pipeline.

    Attributes:
        repository: The folder of its repository's root: `.` where the run had one repository only, else its path from
            the folder that the run began in.
        path: Its path from the repository's root.
        sha256_before: The SHA-256 of its bytes as they were read.
        sha256_after: The SHA-256 of its bytes with the edits made; null where it does not change.
        edits: What changes, by place; they never overlap.
        text: Its decoded text as it was read; null where it does not change and nothing is said of it.
        newline: The line ending that most of its lines have; new lines get it.
        odd_breaks: Offsets in `text` of the line feeds that stand for the other line ending.
        bom: Whether the bytes begin with a UTF-8 byte order mark.
        final_newline: Whether the last line is ended in the file itself. In `text` it always is.
    """

    repository: str
    path: str
    sha256_before: str
    sha256_after: str | None = None
    edits: tuple[TextEdit, ...] = ()
    text: str | None = None
    newline: Literal["lf", "crlf"] = "lf"
    odd_breaks: tuple[int, ...] = ()
    bom: bool = False
    final_newline: bool = True


class GraphJob(Struct, frozen=True):
    """A job in the picture of a pipeline; hidden jobs are not in it.

    Attributes:
        name: Its name.
        stage: Its stage.
        needs: The jobs of this pipeline that it waits for; null where it waits for the stages before its own.
        difference: `split` and `new` for the jobs that a split takes away and writes, `changed` for one whose
            text changes otherwise.
        place: Where its name is written, in the text of this side: before or after.
    """

    name: str
    stage: str
    needs: tuple[str, ...] | None
    difference: Difference
    place: Place


class Graph(Struct, frozen=True):
    """The jobs of a pipeline by stage.

    Attributes:
        stages: The stages that hold a job, in the order in which they run.
        jobs: The jobs in the order in which they are written.
    """

    stages: tuple[str, ...]
    jobs: tuple[GraphJob, ...]


class ImageBuild(Struct, frozen=True):
    """One run of the executor, as far as its words are known.

    Attributes:
        place: Where the statement begins; null where it is part of a loop, a condition or a function.
        destinations: What is pushed, in order.
        context: The build context; null where it is not given.
        dockerfile: The Dockerfile; null where it is not given.
        target: The stage that is asked for; null where it is not given.
        cached: Whether layers are cached; null where that is not known.
        no_push: Whether nothing is pushed; null where that is not known.
    """

    place: Place | None
    destinations: tuple[str, ...]
    context: str | None
    dockerfile: str | None
    target: str | None
    cached: bool | None
    no_push: bool | None


class PlannedJob(Struct, frozen=True):
    """A job that the split writes.

    Attributes:
        name: Its name.
        build: The index of its build among the outcome's `builds`; null for the finishing job.
        statements: Its own statements, each as the script has it, in order; the shared ones run before them.
        needs: The jobs that it waits for by a `needs` of its own; null where it has what the old job had.
        place: Where its name is written in the new text.
    """

    name: str
    build: int | None
    statements: tuple[str, ...]
    needs: tuple[str, ...] | None
    place: Place | None


class WhatChanges(Struct, frozen=True):
    """One thing that is different after a split.

    Attributes:
        sureness: Whether it was proved, rests on something assumed, or asks the reader.
        text: What is different, in one line of Markdown.
        place: What it rests on, in the old text; null where it concerns the whole job.
    """

    sureness: Sureness
    text: str
    place: Place | None = None


class Refused(Struct, frozen=True):
    """Why a job is left as it is.

    Attributes:
        code: The reason's name, as `kaniko-split explain` knows it.
        place: The place to look at.
        summary: The reason in one sentence.
        what_to_do: What a person can do.
        detail: What is particular to this case; may be empty.
    """

    code: str
    place: Place
    summary: str
    what_to_do: str
    detail: str = ""


class JobOutcome(Struct, frozen=True):
    """What was found in a job, and what becomes of it.

    Attributes:
        job: The job's name.
        verdict: `split`: it is split, and that was proved. `refused`: it stays as it is, for a reason. `failed`: it
            stays as it is, because the proof broke, which is a bug of the tool. `ignored`: a comment leaves it out.
        fingerprint: Names this finding; it stays the same when lines move or the verdict becomes another one.
        place: Where the second build stands.
        job_place: Where the job's name is written.
        build_count: The most builds that one run of the job makes; null where nothing bounds it.
        cached: Whether one of them uses the cache; null where that is not known.
        builds: The builds that are known one by one.
        template: The name of the hidden job that the new jobs extend; null without one.
        shared: The statements that every new job runs first, in order.
        jobs: The new jobs, in order.
        together: The other jobs that share its script: they are split with it or not at all.
        changes: What is different afterwards, most important first.
        refused: Why it stays as it is; null where that is not refused.
        differences: Where the proof broke.
    """

    job: str
    verdict: Verdict
    fingerprint: str
    place: Place
    job_place: Place
    build_count: int | None
    cached: bool | None
    builds: tuple[ImageBuild, ...] = ()
    template: str | None = None
    shared: tuple[str, ...] = ()
    jobs: tuple[PlannedJob, ...] = ()
    together: tuple[str, ...] = ()
    changes: tuple[WhatChanges, ...] = ()
    refused: Refused | None = None
    differences: tuple[str, ...] = ()


class UnreadInclude(Struct, frozen=True):
    """An include that leads out of reach.

    Attributes:
        kind: The kind of include, as GitLab names it.
        what: What it names.
        place: Where it is written.
    """

    kind: str
    what: str
    place: Place


class PipelineOutcome(Struct, frozen=True):
    """What becomes of one pipeline. Its files change together or not at all.

    Attributes:
        repository: As that of its files.
        root: The path of the file that includes the others.
        files: The paths of all its files, the root last.
        meant: The files whose jobs the user meant; null for all.
        changed: The files that change.
        outcomes: One for each job that was found, by file and line.
        before: Its jobs as they are; null where nothing changes or it cannot be resolved.
        after: Its jobs with the change made; null likewise.
        proof: What was proved of the change, a line each.
        unread: The includes that were not read.
        unused_ignores: Comments that leave out a job in which nothing was found.
    """

    repository: str
    root: str
    files: tuple[str, ...]
    meant: tuple[str, ...] | None
    changed: tuple[str, ...]
    outcomes: tuple[JobOutcome, ...]
    before: Graph | None = None
    after: Graph | None = None
    proof: tuple[str, ...] = ()
    unread: tuple[UnreadInclude, ...] = ()
    unused_ignores: tuple[Place, ...] = ()


class Document(Struct, frozen=True, kw_only=True):
    """What one run found, and what it would change.

    Attributes:
        kind: Always `plan`.
        format: The version of this format.
        version: The version of kaniko-split that made it.
        asked: What the user asked for.
        files: Every file that was read for one of the pipelines, once.
        pipelines: The pipelines, in the order in which they were found.
        problems: What could not be read, a sentence each.
    """

    kind: Literal["plan"] = "plan"
    format: Literal[1] = FORMAT
    version: str
    asked: Asked
    files: tuple[File, ...]
    pipelines: tuple[PipelineOutcome, ...]
    problems: tuple[str, ...] = ()

    def file(self, repository: str, path: str) -> File:
        """Return the file of that path.

        Raises:
            KeyError: There is none.
        """
        for one in self.files:
            if (one.repository, one.path) == (repository, path):
                return one
        raise KeyError(path)
