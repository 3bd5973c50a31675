"""Folders and archives are read without trusting them."""

import gzip
import io
import os
import stat
import tarfile
import zipfile

import pytest

from articles import import_files
from articles.import_files import NothingToRead, read_files


def tar(path, members, mode="w:gz"):
    """A tar of (TarInfo or name, bytes)."""
    with tarfile.open(path, mode) as archive:
        for name, data in members:
            info = name if isinstance(name, tarfile.TarInfo) else tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


def told(files):
    return {file.name: file.refused or file.data for file in files}


@pytest.mark.parametrize("kind", ["folder", "tar", "tar.gz", "zip"])
def test_a_folder_and_its_archives_give_the_same_files(tmp_path, kind):
    members = [
        ("b.md", b"# B"),
        ("posts/a.markdown", b"# A"),
        ("posts/data.js", b"1"),
        ("LICENSE.md", b"# Licence"),
    ]
    if kind == "folder":
        path = tmp_path / "folder"
        for name, data in members:
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            (path / name).write_bytes(data)
    elif kind == "zip":
        path = tmp_path / "a.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for name, data in members:
                archive.writestr(name, data)
    else:
        path = tar(tmp_path / f"a.{kind}", members, "w:gz" if kind == "tar.gz" else "w")
    assert told(read_files(path)) == {
        "LICENSE.md": "It is about the archive, not a text of it.",
        "b.md": b"# B",
        "posts/a.markdown": b"# A",
        "posts/data.js": "Not Markdown (.md or .markdown).",
    }


def test_one_markdown_file_is_enough(tmp_path):
    (tmp_path / "a.md").write_bytes(b"# A")
    assert told(read_files(tmp_path / "a.md")) == {"a.md": b"# A"}


@pytest.mark.parametrize(
    "name", ["../outside.md", "/etc/outside.md", "a/../../outside.md", "a\\..\\outside.md", "a\nb.md"]
)
def test_a_name_that_leads_out_is_refused(tmp_path, name):
    path = tar(tmp_path / "a.tar.gz", [(name, b"# Outside"), ("inside.md", b"# Inside")])
    assert told(read_files(path)) == {name: "Its name leads out of the archive.", "inside.md": b"# Inside"}


def test_links_and_devices_are_not_followed(tmp_path):
    (tmp_path / "secret.md").write_bytes(b"# Secret")
    link = tarfile.TarInfo("link.md")
    link.type, link.linkname = tarfile.SYMTYPE, str(tmp_path / "secret.md")
    hard = tarfile.TarInfo("hard.md")
    hard.type, hard.linkname = tarfile.LNKTYPE, "inside.md"
    pipe = tarfile.TarInfo("pipe.md")
    pipe.type = tarfile.FIFOTYPE
    path = tar(tmp_path / "a.tar", [("inside.md", b"# Inside"), (link, b""), (hard, b""), (pipe, b"")], "w")
    assert told(read_files(path)) == {
        "hard.md": import_files.A_LINK,
        "inside.md": b"# Inside",
        "link.md": import_files.A_LINK,
        "pipe.md": import_files.A_LINK,
    }


def test_links_in_a_folder_and_a_zip_are_not_followed(tmp_path):
    folder = tmp_path / "folder"
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "secret.md").write_bytes(b"# Secret")
    folder.mkdir()
    (folder / "link.md").symlink_to(tmp_path / "elsewhere" / "secret.md")
    (folder / "way").symlink_to(tmp_path / "elsewhere")
    os.mkfifo(folder / "pipe.md")
    assert told(read_files(folder)) == dict.fromkeys(["link.md", "pipe.md", "way"], import_files.A_LINK)
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        info = zipfile.ZipInfo("link.md")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
    assert told(read_files(tmp_path / "a.zip")) == {"link.md": import_files.A_LINK}


def test_a_large_file_is_refused_and_the_rest_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(import_files, "MOST_BYTES_A_FILE", 10)
    members = [("large.md", b"x" * 11), ("small.md", b"x" * 10)]
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    (tmp_path / "folder").mkdir()
    for name, data in members:
        (tmp_path / "folder" / name).write_bytes(data)
    for path in (tar(tmp_path / "a.tar.gz", members), tmp_path / "a.zip", tmp_path / "folder"):
        assert told(read_files(path)) == {"large.md": import_files.TOO_LARGE, "small.md": b"x" * 10}


def test_a_bomb_is_cut_off_while_it_unpacks(tmp_path, monkeypatch):
    monkeypatch.setattr(import_files, "MOST_BYTES", 100_000)
    path = tar(
        tmp_path / "bomb.tar.gz", [("a.md", b"# A"), ("bomb.bin", b"\0" * 5_000_000), ("b.md", b"# B")]
    )
    files = told(read_files(path))
    assert files["a.md"] == b"# A"
    assert files["bomb.tar.gz"].startswith("More than 20,000 files or 0 MB unpacked")
    assert "b.md" not in files


def test_too_many_files_end_the_reading(tmp_path, monkeypatch):
    monkeypatch.setattr(import_files, "MOST_FILES", 2)
    files = told(read_files(tar(tmp_path / "a.tar.gz", [(f"{n}.md", b"# A") for n in range(5)])))
    assert sorted(files) == ["0.md", "1.md", "a.tar.gz"]


def test_a_damaged_archive_gives_what_stands_before_the_damage(tmp_path):
    path = tar(tmp_path / "a.tar.gz", [("a.md", b"# A"), ("b.md", os.urandom(100_000)), ("c.md", b"# C")])
    path.write_bytes(path.read_bytes()[:50_000])
    files = told(read_files(path))
    assert files["a.md"] == b"# A"
    assert files["a.tar.gz"].startswith("Damaged; what follows was not read")


def test_a_damaged_member_of_a_zip_is_refused_alone(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("bad.md", "# Something long enough to damage")
        archive.writestr("good.md", "# Good")
    data = (tmp_path / "a.zip").read_bytes().replace(b"long enough", b"LONG ENOUGH", 1)
    (tmp_path / "a.zip").write_bytes(data)
    files = told(read_files(tmp_path / "a.zip"))
    assert files["bad.md"].startswith("Damaged")
    assert files["good.md"] == b"# Good"


def test_a_second_file_of_one_name_is_refused(tmp_path):
    files = told(read_files(tar(tmp_path / "a.tar.gz", [("a.md", b"# One"), ("a.md", b"# Two")])))
    assert files == {"a.md": b"# One", "a.md (again)": "The archive holds another file of the same name."}


def test_hidden_files_are_refused_and_hidden_folders_left_alone(tmp_path):
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "a.md").write_bytes(b"# No")
    (tmp_path / ".draft.md").write_bytes(b"# No")
    assert told(read_files(tmp_path)) == {".draft.md": "A hidden file."}


@pytest.mark.parametrize(
    "content", [b"", b"no archive at all", gzip.compress(b"a single file, no tar", mtime=0)]
)
def test_what_is_no_archive_is_said_so(tmp_path, content):
    (tmp_path / "a.tar.gz").write_bytes(content)
    with pytest.raises(NothingToRead):
        read_files(tmp_path / "a.tar.gz")


def test_a_missing_path_and_an_empty_folder_are_said_so(tmp_path):
    with pytest.raises(NothingToRead, match="there is no such folder"):
        read_files(tmp_path / "missing")
    with pytest.raises(NothingToRead, match="holds no file"):
        read_files(tmp_path)
