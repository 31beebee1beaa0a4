"""npm's packages at the versions of a package-lock.json: under build/npm/, never in the tree or the system."""

import hashlib
import shutil
import subprocess
from pathlib import Path

PLACE = Path(__file__).resolve().parents[2] / "build" / "npm"


def modules(project):
    """node_modules as package-lock.json in the directory `project` says, installed if nobody has done it yet."""
    lock = (project / "package-lock.json").read_bytes()
    place = PLACE / f"{project.name}-{hashlib.sha256(lock).hexdigest()[:16]}"
    if not place.exists():
        begun = place.with_suffix(".begun")
        shutil.rmtree(begun, ignore_errors=True)
        begun.mkdir(parents=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(project / name, begun)
        # Their installation scripts are not run: nobody here needs them.
        done = subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", "--cache", PLACE / "cache"],
                              cwd=begun, capture_output=True, text=True, timeout=600)
        assert done.returncode == 0, f"npm could not install what {project}/package.json names: {done.stderr or done.stdout}"
        begun.rename(place)
    return place / "node_modules"
