"""Each of the forty security requirements has a test with its number in its name, and a row in test_security_requirements.py."""

import re
from pathlib import Path

import test_security_requirements

TESTS = Path(__file__).resolve().parents[1]
REQUIREMENTS = range(1, 41)
# What there is nothing of yet.
NOT_YET = {15: "refresh tokens", 33: "TOTP"}
NAMED = re.compile(r"^(?:BOOST_\w+_CASE\(\w*?|def (?:test_)?)r(\d\d)_(\w+)", re.M)


def by_number():
    found = {}
    for path in (*TESTS.rglob("*.py"), *TESTS.rglob("*.cpp")):
        for number, name in NAMED.findall(path.read_text()):
            found.setdefault(int(number), []).append(f"{path.relative_to(TESTS)}: {name}")
    return found


def test_each_requirement_has_a_test_or_nothing_to_test_yet():
    found = by_number()
    assert [number for number in REQUIREMENTS if (number in found) == (number in NOT_YET)] == []
    assert set(found) <= set(REQUIREMENTS)


def test_each_requirement_is_in_the_table():
    rows = {int(number) for number in re.findall(r"^ {4}(\d+) ", test_security_requirements.__doc__, re.M)}
    assert rows == set(REQUIREMENTS) - set(NOT_YET)
