"""The policy file (deploy/limits.conf says what its lines mean): which one a stack has, and what nginx makes of it.
The functions read the same file and are the ones that check it."""

import math
import re
from pathlib import Path

SHIPPED = Path(__file__).resolve().parents[1] / "limits.conf"
WINDOWS = {"s": 1, "m": 60}  # nginx knows no other
PLENTY = "1000000/s"

# For tests and benchmarks, which come from one address: nothing is ever refused. nginx's bursts stay.
HIGH = {r"connections .*": "connections 65535",
        r"limit (\w+) +\S+/\S+ +(\d+) .*": rf"limit \1 {PLENTY} \2 {PLENTY} 1000000", r"failures .*": f"failures {PLENTY} 1000000",
        r"delay login .*": "delay login 1000000 1s 1s", r"quota (\w+) .*": r"quota \1 1000000/h"}


class LimitsError(Exception):
    """What went wrong and what to do, for people."""


def text(choice):
    """The file's text. `choice` is `default` (as shipped), `high`, or a dict of lines that take the place of the shipped
    ones, by how they begin: {"limit login": "5/m 10 5/m 10", "dry_run": ""}; "base": "high" begins with the high ones."""
    if isinstance(choice, dict):
        lines = text(choice.get("base", "default")).splitlines()
        for begin, rest in choice.items():
            if begin != "base":
                lines = [line for line in lines if not re.match(rf"{begin}(\s|$)", line)] + [f"{begin} {rest}"]
        return "\n".join(lines) + "\n"
    shipped = SHIPPED.read_text()
    if choice == "high":
        for pattern, line in HIGH.items():
            shipped = re.sub(f"(?m)^{pattern}$", line, shipped)
    elif choice != "default":
        raise LimitsError(f"there are no limits \"{choice}\": default or high")
    return shipped


def edge(policy_text):
    """What nginx needs: {name: (number, window in seconds, burst, dry_run), or None where there is no limit of its own}."""
    found, lines = {}, _words(policy_text)
    for words in lines:
        if words[0] != "limit":
            continue
        if len(words) < 4:
            raise LimitsError(f"not a limit: {' '.join(words)}")
        _, name, rate, burst = words[:4]
        if rate == "-":
            found[name] = None
            continue
        number, _, unit = rate.partition("/")
        if unit not in WINDOWS or not number.isdigit() or not burst.isdigit():
            raise LimitsError(f"limit {name}: nginx counts N/s or N/m and a burst, not {rate} {burst}")
        found[name] = (int(number), WINDOWS[unit], int(burst), words[-1] == "dry_run" or ["dry_run"] in lines)
    return found


def connections(policy_text):
    """Requests under way at a time from one address, and whether that is a dry run; None where there is no limit."""
    lines = _words(policy_text)
    for words in lines:
        if words[0] == "connections":
            if len(words) < 2 or not words[1].isdigit():
                raise LimitsError(f"not a number of connections: {' '.join(words)}")
            return int(words[1]), words[-1] == "dry_run" or ["dry_run"] in lines
    return None


def _words(policy_text):
    """The lines that say something, as lists of words."""
    lines = [line.split("#")[0].split() for line in policy_text.splitlines()]
    return [words for words in lines if words]


def render(policy_text, target):
    """Writes into `target`: zones.conf (for http), default.conf and connections.conf (for the server) and NAME.conf for
    the locations."""
    policies = edge(policy_text)
    target.mkdir(parents=True, exist_ok=True)
    for stale in target.iterdir():
        stale.unlink()
    held = connections(policy_text)
    (target / "connections.conf").write_text(
        f"limit_conn connections {held[0]};\nlimit_conn_dry_run {'on' if held[1] else 'off'};\n" if held else "")
    zones, policy_headers, waits = [], [], []
    for name, policy in policies.items():
        names = ["default"] if policy is None else [*dict.fromkeys((name, "default"))]
        number, window, _, dry = policies[names[0]]
        (target / f"{name}.conf").write_text("\n".join([
            f"set $rate_policy {names[0]};", *(f"limit_req zone={one} burst={policies[one][2]} nodelay;" for one in names),
            f"limit_req_dry_run {'on' if dry else 'off'};"]) + "\n")
        if policy is None:
            continue
        zones.append(f"limit_req_zone $limited_address zone={name}:10m rate={number}r/{'s' if window == 1 else 'm'};")
        policy_headers.append(f"    {name} '\"{name}\";q={number};w={window}';")
        waits.append(f"    {name} {math.ceil(window / number)};")
    (target / "zones.conf").write_text("\n".join([
        *zones, "map $rate_policy $rate_policy_header {", *policy_headers, "}", "map $rate_policy $rate_wait {", *waits, "}"]) + "\n")
