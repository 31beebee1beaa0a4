"""The README's example of the gate, as it is pasted, on a stack of the tests."""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from conftest import BINARIES, REPOSITORY


@dataclass
class Script:
    text: str
    url: str
    path: str
    environment: dict

    def run(self, directory):
        return subprocess.run(["bash", "-e", "-c", self.text], cwd=directory, env=self.environment, capture_output=True, text=True)


def example(world):
    section = (REPOSITORY / "README.md").read_text().partition("\n## Protect anything behind nginx\n")[2].partition("\n## ")[0]
    text = re.search(r"```sh\n(.*?)```", section, re.DOTALL)[1]
    assert len(text.splitlines()) <= 10
    path = re.search(r"location (\S+) \{", text)[1]
    text = text.replace(".run/", f"{world.stack.run_dir}/").replace("build/release/bin", str(Path(BINARIES)))
    text = re.sub(r"127\.0\.0\.1:\d+", f"127.0.0.1:{world.http.port}", text)
    return Script(text, world.stack.url + path, path, world.stack.environment())
