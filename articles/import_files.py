"""Reading a folder or an archive of texts without trusting it.

Nothing is unpacked to disk, so a name can not lead anywhere; links and devices are not followed; sizes are
held to limits while reading, not believed from headers.
"""

import gzip
import io
import os
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MEGABYTE = 1024 * 1024
MOST_BYTES_A_FILE = MEGABYTE
MOST_BYTES = 256 * MEGABYTE
MOST_FILES = 20_000
LONGEST_NAME = 500
SUFFIXES = frozenset({".md", ".markdown"})
PAIRS = "pairs.tsv"
# What an archive says about itself is not a text of it.
ABOUT_THE_ARCHIVE = frozenset(
    {"license", "licence", "readme", "changelog", "contributing", "code_of_conduct", "copying"}
)
DAMAGES = (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError)


class NothingToRead(Exception):
    """The path as a whole is of no use: missing, not an archive, or over the limits from the start."""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file: its name within the folder or archive, and its bytes or the reason why it was not read."""

    name: str
    data: bytes = b""
    refused: str = ""

    @property
    def stem(self) -> str:
        """The name without folder and suffix; a page bundle's ``index.md`` is named by its folder."""
        path = Path(self.name)
        return (
            path.parent.name if path.stem.lower() in {"index", "_index"} and path.parent.name else path.stem
        )


def read_files(path: Path) -> list[SourceFile]:
    """Every file of a folder, a tar (plain or compressed), a zip, or one Markdown file, by name.

    Raises ``NothingToRead``. What is read before an archive turns out to be damaged is returned, with a
    refusal in the archive's own name. Holds all texts in memory: at most ``MOST_BYTES``.
    """
    try:
        if path.is_dir():
            found = _folder(path)
        elif not path.is_file():
            raise NothingToRead(f"{path}: there is no such folder or archive.")
        elif zipfile.is_zipfile(path):
            found = _zip(path)
        elif path.suffix.lower() in SUFFIXES:
            found = iter([_from_disk(path, path.name)])
        else:
            found = _tar(path)
        files = _guarded(found, path.name)
    except OSError as error:
        raise NothingToRead(f"{path}: {error.strerror or error}.") from error
    if not files:
        raise NothingToRead(f"{path}: the folder or archive holds no file.")
    return sorted(files, key=lambda file: file.name)


def _guarded(found: Iterator[SourceFile], archive: str) -> list[SourceFile]:
    files: dict[str, SourceFile] = {}
    total = 0
    try:
        for file in found:
            total += len(file.data)
            if len(files) >= MOST_FILES or total > MOST_BYTES:
                raise _TooMuch
            if file.name in files:
                file = SourceFile(
                    f"{file.name} (again)", refused="The archive holds another file of the same name."
                )
            files[file.name] = file
    except _TooMuch:
        reason = (
            f"More than {MOST_FILES:,} files or {MOST_BYTES // MEGABYTE} MB unpacked; the rest was not read."
        )
        files[archive] = SourceFile(archive, refused=reason)
    except (*DAMAGES, OSError) as error:
        if not files:
            raise NothingToRead(f"{archive}: not a folder, a tar or a zip ({error}).") from error
        files[archive] = SourceFile(archive, refused=f"Damaged; what follows was not read ({error}).")
    return list(files.values())


class _TooMuch(Exception):
    """The limits of the whole are passed."""


class _Limited(io.RawIOBase):
    """A stream that ends with ``_TooMuch`` where a bomb would go on."""

    def __init__(self, stream: io.BufferedIOBase) -> None:
        self._stream = stream
        self._left = MOST_BYTES

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(min(size, self._left + 1) if size >= 0 else self._left + 1)
        self._left -= len(data)
        if self._left < 0:
            raise _TooMuch
        return data


def _refusal(name: str) -> str:
    """Why a file of this name is not read at all, or nothing."""
    path = Path(name)
    if (
        name.startswith("/")
        or "\\" in name
        or ".." in path.parts
        or any(ord(c) < 32 or ord(c) == 127 for c in name)
    ):
        return "Its name leads out of the archive."
    if len(name) > LONGEST_NAME:
        return f"Its name is longer than {LONGEST_NAME} characters."
    if path.name == PAIRS:
        return ""
    if any(part.startswith(".") for part in path.parts) or "__MACOSX" in path.parts:
        return "A hidden file."
    if path.suffix.lower() not in SUFFIXES:
        return "Not Markdown (.md or .markdown)."
    if path.stem.lower() in ABOUT_THE_ARCHIVE:
        return "It is about the archive, not a text of it."
    return ""


TOO_LARGE = f"Larger than {MOST_BYTES_A_FILE // MEGABYTE} MB."
A_LINK = "A link or a device, not a file; links are not followed."


def _folder(folder: Path) -> Iterator[SourceFile]:
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in [*names, *(f for f in folders if Path(root, f).is_symlink())]:
            path = Path(root, name)
            yield _from_disk(path, path.relative_to(folder).as_posix())


def _from_disk(path: Path, name: str) -> SourceFile:
    try:
        name.encode()
    except UnicodeEncodeError:
        return SourceFile(name.encode(errors="replace").decode(), refused="Its name is not UTF-8.")
    refused = _refusal(name)
    status = path.lstat()
    if not stat.S_ISREG(status.st_mode):
        refused = A_LINK
    elif not refused and status.st_size > MOST_BYTES_A_FILE:
        refused = TOO_LARGE
    if refused:
        return SourceFile(name, refused=refused)
    try:
        return SourceFile(name, path.read_bytes())
    except OSError as error:
        return SourceFile(name, refused=f"Could not be read: {error.strerror}.")


def _tar(path: Path) -> Iterator[SourceFile]:
    with path.open("rb") as raw:
        compressed = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        stream = _Limited(gzip.GzipFile(fileobj=raw) if compressed else raw)  # type: ignore[arg-type]
        with tarfile.open(fileobj=stream, mode="r|") as archive:
            for member in archive:
                if member.isdir():
                    continue
                name = member.name.removeprefix("./").encode(errors="replace").decode()
                refused = _refusal(name)
                if not member.isfile():
                    refused = A_LINK
                elif not refused and member.size > MOST_BYTES_A_FILE:
                    refused = TOO_LARGE
                content = None if refused else archive.extractfile(member)
                yield SourceFile(name, content.read() if content else b"", refused)


def _zip(path: Path) -> Iterator[SourceFile]:
    with zipfile.ZipFile(path) as archive:
        for entry in archive.infolist():
            if entry.is_dir():
                continue
            refused = _refusal(entry.filename)
            kind = stat.S_IFMT(entry.external_attr >> 16)
            if kind not in {0, stat.S_IFREG}:
                refused = A_LINK
            elif entry.flag_bits & 0x1:
                refused = "Encrypted."
            elif not refused and entry.file_size > MOST_BYTES_A_FILE:
                refused = TOO_LARGE
            data = b""
            if not refused:
                try:
                    with archive.open(entry) as stream:
                        data = stream.read(MOST_BYTES_A_FILE + 1)
                except DAMAGES as error:
                    refused = f"Damaged ({error})."
                if len(data) > MOST_BYTES_A_FILE:
                    refused, data = TOO_LARGE, b""
            yield SourceFile(entry.filename, data, refused)
