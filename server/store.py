"""The artifact store: files of runs by their name, the path relative to the data directory.

Without COSTLINE_STORE_URL the data directory is the store. With it the store is a place that every
machine reaches (`s3://bucket/folder`, `file:///mnt/shared`, whatever fsspec knows), and the data
directory is this machine's cache of it: what is written goes to both, what is missing is fetched.
A file never changes under its name, so a cached one is never stale.
"""

from __future__ import annotations

import functools
import logging
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from server.errors import Unavailable
from server.settings import Settings

log = logging.getLogger("costline.store")


class StoreError(OSError):
    """The store does not answer as it should; the message says where. It may pass by itself."""


class Store:
    """The data directory alone."""

    shared = False

    def __init__(self, data_path: Path) -> None:
        self._data_path = data_path

    def __str__(self) -> str:
        return f"the data directory {self._data_path}"

    def path(self, name: str) -> Path:
        """Where the file is, or will be, on this machine."""
        return self._data_path / name

    def name(self, path: Path) -> str:
        """The inverse of `path`."""
        return path.relative_to(self._data_path).as_posix()

    def get(self, name: str, *, anew: bool = False) -> Path:
        """The file on this machine, fetched if need be (`anew`: even if it is here).

        Raises FileNotFoundError, or another OSError when it cannot be told.
        """
        self.path(name).stat()
        return self.path(name)

    def put(self, *paths: Path) -> None:
        """Keep files that were written on this machine; raises StoreError."""

    def link(self, source: str, target: str) -> None:
        """Give a file a second name that outlives the first; raises OSError."""
        file, link = self.get(source), self.path(target)
        link.parent.mkdir(parents=True, exist_ok=True)
        link.unlink(missing_ok=True)
        link_or_copy(file, link)
        self.put(link)

    def names(self, folder: str) -> set[str]:
        """Names of all files under a folder."""
        return {self.name(f) for f in self.path(folder).rglob("*") if f.is_file()}

    def remove(self, paths: Iterable[Path]) -> None:
        """Delete files and folders, here and in the store; what is gone already is fine."""
        for path in paths:
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)

    def read(self, name: str) -> str | None:
        """A small text; None when there is none. Raises StoreError."""
        try:
            return self.path(name).read_text()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StoreError(f"{self.path(name)}: {error.strerror or error}") from error

    def write(self, name: str, text: str) -> None:
        """Replace a small text. Raises OSError."""
        file = self.path(name)
        file.parent.mkdir(parents=True, exist_ok=True)
        part = file.with_name(f"{file.name}.{os.getpid()}")
        part.write_text(text)
        part.replace(file)


class SharedStore(Store):
    """A place that fsspec reaches, cached in the data directory."""

    shared = True

    def __init__(self, data_path: Path, url: str) -> None:
        super().__init__(data_path)
        self._url = url
        self._fs, self._root = _open(url)

    def __str__(self) -> str:
        return f"the store {self._url}"

    def get(self, name: str, *, anew: bool = False) -> Path:
        """See Store: from this machine's cache, or else fetched into it."""
        file = self.path(name)
        if not anew and file.is_file():
            return file
        file.parent.mkdir(parents=True, exist_ok=True)
        # Beside the folders of runs: whoever tidies those up takes half a file for a stray.
        handle, part = tempfile.mkstemp(prefix=".fetch-", dir=self._data_path)
        os.close(handle)
        try:
            with self._told():
                self._fs.get_file(self._there(name), part)
            Path(part).replace(file)
        finally:
            Path(part).unlink(missing_ok=True)
        return file

    def put(self, *paths: Path) -> None:
        """See Store."""
        for path in paths:
            target = self._there(self.name(path))
            with self._told():
                if self._fs.protocol != _LOCAL:
                    self._fs.put_file(str(path), target)
                    continue
                part = f"{target}.{os.getpid()}.part"  # here only a rename is all or nothing
                self._fs.put_file(str(path), part)
                self._fs.mv(part, target)

    def names(self, folder: str) -> set[str]:
        """See Store: both places together."""
        with self._told():
            try:
                found = self._fs.find(self._there(folder))
            except FileNotFoundError:
                found = []
        return super().names(folder) | {f[len(self._root) + 1 :] for f in found}

    def remove(self, paths: Iterable[Path]) -> None:
        """See Store. A store that does not answer keeps them: they only take room."""
        paths = list(paths)
        super().remove(paths)
        for path in paths:
            try:
                with self._told():
                    self._fs.rm(self._there(self.name(path)), recursive=True)
            except FileNotFoundError:
                continue
            except StoreError as error:
                log.warning("action=remove failed=true error=%s", error)

    def read(self, name: str) -> str | None:
        """See Store: what the shared place says."""
        with self._told():
            try:
                return self._fs.cat_file(self._there(name)).decode()
            except FileNotFoundError:
                return None

    def write(self, name: str, text: str) -> None:
        """See Store: in the shared place."""
        with self._told():
            self._fs.pipe_file(self._there(name), text.encode())

    def _there(self, name: str) -> str:
        return f"{self._root}/{name}"

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Clients of object stores have errors of their own: all but a missing file are one."""
        try:
            yield
        except FileNotFoundError:
            raise
        except Exception as error:
            raise StoreError(f"{self}: {type(error).__name__}: {error}") from error


_LOCAL = ("file", "local")


def of(settings: Settings) -> Store:
    """The store that the settings name; raises Unavailable when its client is not installed."""
    return _made(settings.data_path, settings.store_url)


@functools.cache
def _made(data_path: Path, url: str) -> Store:
    return SharedStore(data_path, url) if url else Store(data_path)


def _open(url: str) -> tuple[Any, str]:
    try:
        from fsspec.core import url_to_fs

        kind = url.split("://", 1)[0]
        options = {"auto_mkdir": True} if kind in _LOCAL else {}
        # What another machine has written since must be seen.
        fs, root = url_to_fs(url, use_listings_cache=False, **options)
    except ImportError as error:
        raise Unavailable(
            f"COSTLINE_STORE_URL is {url}: run `pip install 'costline[s3]'` ({error})."
        ) from error
    except ValueError as error:
        raise Unavailable(f"COSTLINE_STORE_URL is {url}: {error}") from error
    return fs, root.rstrip("/")


def link_or_copy(source: Path, target: Path) -> None:
    """A second name for a file, or a copy where the file system has no hard links."""
    try:
        os.link(source, target)
    except FileNotFoundError:
        raise
    except OSError:
        shutil.copyfile(source, target)
