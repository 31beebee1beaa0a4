"""Every error that is declared anywhere, walked: its form, its text, and that /openapi.json lists it. What nginx answers
is provoked in test_errors_of_the_edge.py, what the functions answer in all other tests; test_zz_every_error_was_met.py
looks back at those."""

import re

import contract
import pytest

error_catalogue = contract.openapi.error_catalogue
DECLARED = error_catalogue.catalogue()
PUBLISHED = contract.openapi.merge()[contract.openapi.ERRORS]
CPP = {path: path.read_text() for path in error_catalogue.sources()}
# RFC 6749 §5.2, RFC 8707 §2 and RFC 9449 §5 have one code for several reasons; RFC 9110 one for each wrong media type.
SEVERAL_REASONS = {"invalid_scope", "invalid_target", "invalid_dpop_proof", "unsupported_media_type"}

IMPERATIVES = {"ask", "authenticate", "call", "check", "choose", "connect", "correct", "enable", "encode", "give", "grant", "leave", "list",
               "log", "make", "name", "obtain", "repeat", "report", "run", "send", "set", "shorten", "stop", "tell", "use", "wait"}
# Something to look for in the request or to type: a quoted text, a route, a header, a name with _ or :, a number, a prefix of ids.
CONCRETE = re.compile(r'"[^"]+"|`[^`]+`|/[a-z]\w*|\b[A-Z]\w+-[A-Z]\w+|\b(?:Authorization|Allow|Host|Range|UUID)\b|\b\w+[_:=]\w+|\b\w+_(?=\.\.\.)|\d|https:')


def every(errors):
    return pytest.mark.parametrize("error", errors, ids=lambda error: f"{error['from']}-{error['code']}-{error['message'][:30]}")


def words(text):
    return set(re.findall(r"[a-z_]{3,}", text.lower()))


@every(PUBLISHED)
def test_error_is_for_programs_and_for_people(error):
    assert re.fullmatch(r"(\{\w+\}_)?[a-z][a-z0-9_]*", error["code"])
    assert 400 <= error["status"] <= 505
    assert len(error["message"]) >= 8 and not error["message"].endswith(".") and "\n" not in error["message"]


@every(PUBLISHED)
def test_next_step_is_something_to_do(error):
    step, message = error["next_step"], error["message"]
    assert step.endswith((".", "...")) and len(step) >= 20
    assert re.match(r"\w+", step)[0].lower() in IMPERATIVES, "begins with what to do"
    assert CONCRETE.search(step), "names what to send, ask for, read or run"
    assert len(words(step) & words(message)) < 0.7 * len(words(step)), "says more than the message"


def test_code_has_one_status_and_one_meaning():
    meanings = {}
    for error in PUBLISHED:
        meanings.setdefault(error["code"], set()).add((error["status"], error["message"]))
    for code, found in meanings.items():
        assert len({status for status, _ in found}) == 1, code
        assert len(found) == 1 or code in SEVERAL_REASONS, (code, found)


def test_no_error_is_declared_twice_in_one_place():
    keys = [(error["from"], error["code"], error["message"]) for error in PUBLISHED]
    assert sorted(keys) == sorted(set(keys))


def test_all_that_is_declared_is_published_and_served(api):
    served = api.get("/openapi.json").json()[contract.openapi.ERRORS]
    assert served == PUBLISHED
    assert all(error.published() in served for error in DECLARED) and len(DECLARED) > 90


def test_every_declared_kind_is_raised_somewhere():
    texts = "\n".join(text for path, text in CPP.items() if not path.name.endswith("errors.h"))
    kinds = {name for text in CPP.values() for name in re.findall(r"constexpr ErrorKind (\w+)", text)}
    assert len(kinds) > 70
    assert [name for name in kinds if not re.search(rf"errors::{name}\b", texts)] == []


def test_codes_made_of_names_are_published():
    """What the sources raise without an ErrorKind: literal codes, endings of codes, and those of the JSON parser."""
    published, made = {error["code"] for error in PUBLISHED}, set()
    for path, text in CPP.items():
        if path.suffix != ".cpp":
            continue
        made |= set(re.findall(r'\bFailure\(\s*\d+,\s*"(\w+)"', text))
        if re.search(r"\bFailure\(\s*\d+,", text):
            made |= {"{member}" + ending for ending in re.findall(r'"(_[a-z_]+)"', text)}
        if "json" in path.parts:
            made |= set(re.findall(r'"(json_\w+)"', text))
    assert len(made) >= 14
    assert made <= published
