"""Do 300 repositories come to one merge request each, and is nothing else of them changed?"""

from __future__ import annotations

import shutil
from pathlib import Path

from bulk import world

NUMBER = 300


def test_every_repository_gets_one_commit_and_one_merge_request(tmp_path: Path) -> None:
    first = world.server(tmp_path / "servers" / "first.git")
    names = [f"server{number:03}.git" for number in range(NUMBER)]
    for name in names:
        shutil.copytree(first, tmp_path / "servers" / name)
    listed = tmp_path / "list"
    listed.write_text("".join(f"file://{tmp_path}/servers/{name}\n" for name in names))
    before = world.git("rev-parse", "main", cwd=first)

    ran = world.bulk(
        *("--list", listed, "--branch", "one-image", "--push", "--merge-request", "--label", "ci", "--label", "kaniko"),
        *("--draft", "--assign", "somebody", "--title", "One image per job", "--jobs", "4"),
        cwd=tmp_path,
    )

    assert ran.code == 0, ran.err
    for name in names:
        folder = tmp_path / "servers" / name
        [push] = world.pushes(folder)
        assert push.ref == "refs/heads/one-image"
        assert push.old == "0" * 40
        assert [option for option in push.options if "description" not in option] == [
            "merge_request.create",
            "merge_request.target=main",
            "merge_request.title=One image per job",
            "merge_request.draft",
            "merge_request.label=ci",
            "merge_request.label=kaniko",
            "merge_request.assign=somebody",
        ]
        packed = [line for line in (folder / "packed-refs").read_text().splitlines() if not line.startswith("#")]
        assert packed == [f"{before} refs/heads/main"]
        assert sorted(path.name for path in (folder / "refs" / "heads").iterdir()) == ["one-image"]
        assert (folder / "refs" / "heads" / "one-image").read_text().strip() == push.new
    for name in (names[0], names[-1]):
        folder = tmp_path / "servers" / name
        assert world.at(folder, "one-image") == world.wanted()
        assert world.git("rev-list", "--count", "main..one-image", cwd=folder) == "1"
        assert world.git("diff", "--name-only", "main", "one-image", cwd=folder) == ".gitlab-ci.yml"
    trees = {world.git("rev-parse", "one-image^{tree}", cwd=tmp_path / "servers" / name) for name in names[::10]}
    assert len(trees) == 1
    assert not (tmp_path / "kaniko-split-bulk" / "work").exists()
