"""The README says what the programs do."""

import json
import re
import subprocess

from conftest import BINARIES, REPOSITORY

README = (REPOSITORY / "README.md").read_text()
SETTINGS = README.partition("\n## Settings\n")[2].partition("\n## ")[0]


def test_settings_table_is_what_the_programs_read():
    listed = subprocess.run([f"{BINARIES}/gatehouse", "--json", "config", "list"], capture_output=True, text=True, check=True)
    real = {(row["name"], row["default"] or "", row["help"]) for row in json.loads(listed.stdout)["settings"]}
    documented = set(re.findall(r"^\| `(\w+)` \| `?([^`|]*?)`? \| (.*) \|$", SETTINGS, re.MULTILINE))
    assert documented == real


def test_every_function_is_named():
    for main in (REPOSITORY / "functions").glob("*/main.cpp"):
        assert f"| `{main.parent.name}` |" in README


def test_every_file_that_is_named_exists():
    for name in re.findall(r"`((?:functions|shared|nginx|sql|tests|deploy)/[\w./-]*)`", README.replace("NNNN_name", "0001_tenants_and_users")):
        assert (REPOSITORY / name).exists(), name


def test_every_make_verb_that_is_named_exists():
    verbs = set(re.findall(r"^([a-z]+):.*## ", (REPOSITORY / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"`make ([a-z]+)`", README)) <= verbs
