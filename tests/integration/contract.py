"""What the three say that name a route: the functions' route tables, nginx's location files and openapi.json."""

import importlib.machinery
import importlib.util
import json
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from conftest import BINARIES, REPOSITORY

SCHEMES = {"public_key": "publicKey", "secret_key": "secretKey", "user_token": "userToken", "service_token": "serviceToken"}
MEDIA_TYPES = {"json": "application/json", "json_optional": "application/json", "form": "application/x-www-form-urlencoded"}
GATE = "/gatehouse/decision"  # asked by nginx alone: test_gate_bypass.py
SAMPLE_ID = "svc_01jcvk9zq4e8r9v3m5x7t2b6ah"


def load_script(path):
    """A Python program without the ending .py, as a module."""
    loader = importlib.machinery.SourceFileLoader(path.name, str(path))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(path.name, loader))
    loader.exec_module(module)
    return module


openapi = load_script(REPOSITORY / "deploy" / "openapi")


def groups():
    return sorted(path.parent.name for path in (REPOSITORY / "functions").glob("*/main.cpp"))


@dataclass(frozen=True)
class Route:
    """A row of a function's table; `template` is its path as OpenAPI writes it."""

    group: str
    row: dict

    @property
    def key(self):
        return self.row["method"], self.template

    @property
    def template(self):
        return re.sub(r":(\w+)", r"{\1}", self.row["path"])

    @property
    def sample_path(self):
        return re.sub(r":\w+", SAMPLE_ID, self.row["path"])

    def __str__(self):
        return f"{self.row['method']} {self.row['path']}"


def route_table():
    routes = []
    for group in groups():
        printed = subprocess.run([Path(BINARIES) / f"gatehouse-{group}", "--routes"], capture_output=True, text=True, check=True)
        table = json.loads(printed.stdout)
        assert table["function"] == group
        routes += [Route(group, row) for row in table["routes"] if row["access"] != ["policy"]]
    return routes


@dataclass(frozen=True)
class Location:
    file: str
    modifier: str  # =, ^~ or ""
    path: str
    target: str
    includes: tuple = ()


def parse_locations(name, text):
    """The locations of one file. Raises ValueError for anything that this does not understand."""
    text = re.sub(r"#.*", "", text)
    found = list(re.finditer(r"\blocation\s+(?:(=|\^~|~\*?)\s+)?(/\S*)\s*\{([^{}]*)\}", text))
    if len(found) != len(re.findall(r"\blocation\b", text)):
        raise ValueError(f"{name}: a location that is nested or has no plain path")
    locations = []
    for modifier, path, body in (match.groups() for match in found):
        passes = re.findall(r"\bfastcgi_pass\s+(\w+)\s*;", body)
        if modifier in ("~", "~*") or len(passes) != 1:
            raise ValueError(f"{name}: location {path} has to be =, ^~ or a prefix, and pass to one function")
        if "client_max_body_size" in body:
            raise ValueError(f"{name}: location {path}: the body limit is the route's own; see the route table")
        locations.append(Location(name, modifier or "", path, passes[0], tuple(re.findall(r"\binclude\s+([^\s;]+)\s*;", body))))
    return locations


def locations():
    found = []
    for file in sorted((REPOSITORY / "nginx" / "functions").glob("*.conf")):
        found += parse_locations(file.stem, file.read_text())
    return found


def location_of(path, among):
    """The location nginx chooses where there are no regular expressions: the exact one, else the longest prefix."""
    exact = [location for location in among if location.modifier == "=" and location.path == path]
    prefixes = [location for location in among if location.modifier != "=" and path.startswith(location.path)]
    return (exact or sorted(prefixes, key=lambda location: len(location.path), reverse=True) or [None])[0]


def edge_body_limit(location):
    """Bytes that nginx takes there: what the server says, or a snippet that the location includes."""
    limits = [re.search(r"^client_max_body_size (\d+)k;", (REPOSITORY / "nginx" / name).read_text(), re.MULTILINE)
              for name in ("snippets/limits.conf", *location.includes) if name.startswith("snippets/")]
    return [int(found[1]) * 1024 for found in limits if found][-1]


def operations(document):
    """{(METHOD, path): operation}, with what its path item says for all of them."""
    found = {}
    for path, method, operation in openapi.operations(document):
        shared = document["paths"][path].get("parameters", [])
        parameters = [resolve(document, one) for one in shared + operation.get("parameters", [])]
        found[method.upper(), path] = {**operation, "parameters": parameters}
    return found


def resolve(document, value):
    while "$ref" in value:
        node = document
        for part in value["$ref"][2:].split("/"):
            node = node[part.replace("~1", "/").replace("~0", "~")]
        value = node
    return value


def expected_security(row):
    """The alternatives of an operation's `security`, each a set of schemes. A client's id and secret are in the
    Authorization header only where RFC 6749 says so: at the endpoints that take forms."""
    access = row["access"]
    if access == ["client_secret"]:
        return {frozenset({"clientBasic"}), frozenset()} if row["body"] == "form" else {frozenset()}
    return {frozenset({SCHEMES[name]}) for name in access} or {frozenset()}
