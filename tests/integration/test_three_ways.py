"""One binary, three ways: FastCGI on fd 0 (every other test) or --listen, plain CGI, one-shot from cron."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import threading

import pytest
from fastcgi import ask


def run(stack, name, *arguments, **options):
    return subprocess.run([stack.program(name), *arguments], env=stack.environment(), capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, timeout=30, **options)


def test_listens_on_a_path_and_ends_on_sigterm(stack):
    path = stack.run_dir / "listen.sock"
    function = subprocess.Popen([stack.program("tenants"), "--listen", path], env=stack.environment(), stderr=subprocess.PIPE, text=True)
    try:
        answer = ask(path, "POST", "/v1/tenants", {"name": "By path"}, {"CONTENT_TYPE": "application/json"})
        assert answer.startswith("Status: 201"), answer
    finally:
        function.send_signal(signal.SIGTERM)
        assert function.wait(10) == 0
    events = [json.loads(line)["event"] for line in function.stderr]
    assert events[0] == "serving" and "stopping" in events


def test_a_path_where_somebody_listens_is_refused(stack):
    path = stack.run_dir / "taken.sock"
    with socket.socket(socket.AF_UNIX) as taken:
        taken.bind(str(path))
        taken.listen()
        done = run(stack, "tenants", "--listen", path)
    assert done.returncode == 1 and "another process is listening there" in done.stderr


def cgi(stack, name, method, uri, body="", **variables):
    """What a web server does for a CGI program (RFC 3875), by hand."""
    environment = {**stack.environment(), "GATEWAY_INTERFACE": "CGI/1.1", "REQUEST_METHOD": method, "REQUEST_URI": uri,
                   "CONTENT_LENGTH": str(len(body)), "CONTENT_TYPE": "application/json", "REMOTE_ADDR": "127.0.0.1", **variables}
    done = subprocess.run([stack.program(name)], env=environment, input=body.encode(), capture_output=True, timeout=30)
    assert done.returncode == 0, done.stderr
    head, _, content = done.stdout.decode().partition("\r\n\r\n")
    return head, json.loads(content)


def test_plain_cgi_answers_one_request(stack):
    head, tenant = cgi(stack, "tenants", "POST", "/v1/tenants", '{"name": "By CGI"}')
    assert head.startswith("Status: 201 Created\r\n")
    head, card = cgi(stack, "tenants", "GET", f"/v1/tenants/{tenant['id']}")
    assert head.startswith("Status: 200 OK\r\n") and card["name"] == "By CGI"
    head, problem = cgi(stack, "tenants", "POST", "/v1/tenants", "{}")
    assert head.startswith("Status: 400 ") and problem["code"] == "name_required"


def test_plain_cgi_takes_the_callers_trace_or_begins_one(stack):
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    head, problem = cgi(stack, "tenants", "POST", "/v1/tenants", "{}", HTTP_TRACEPARENT=f"00-{trace}-00f067aa0ba902b7-01")
    assert problem["trace_id"] == trace and f"X-Trace-Id: {trace}\r\n" in head
    made = [cgi(stack, "tenants", "POST", "/v1/tenants", "{}")[1]["trace_id"] for _ in range(2)]
    assert all(re.fullmatch("[0-9a-f]{32}", one) for one in made) and made[0] != made[1]


def test_query_of_a_cgi_request_is_no_command_line(stack):
    """A web server passes `?cleanup-tokens` as an argument (RFC 3875 §4.4)."""
    environment = {**stack.environment(), "GATEWAY_INTERFACE": "CGI/1.1", "REQUEST_METHOD": "GET", "REQUEST_URI": "/x?cleanup-tokens"}
    done = subprocess.run([stack.program("services"), "cleanup-tokens"], env=environment, capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, timeout=30)
    assert done.stdout.startswith("Status: 404 "), done.stdout


def test_plain_cgi_journals_the_token_that_it_issues(stack):
    admin = stack.admin()
    body = json.dumps({key: admin[key] for key in ("client_id", "client_secret")})
    head, token = cgi(stack, "tokens", "POST", "/v1/internal/services/authenticate", body,
                      GATEHOUSE_TRACE_ID="c91" + "0" * 29)
    assert head.startswith("Status: 200 OK\r\n") and token["token_type"] == "Bearer"
    journal = "SELECT count(*) FROM gatehouse.token_issuance WHERE trace_id = 'c91" + "0" * 29 + "'"
    assert stack.cluster.psql("gatehouse", journal).strip() == "1"


def test_plain_cgi_behind_fcgiwrap(stack):
    """A CGI runner of Debian's: it starts the binary for each request that nginx would send it."""
    runner = shutil.which("fcgiwrap", path="/usr/sbin:/usr/bin")
    assert runner, "fcgiwrap is in deploy/packages"
    path = stack.run_dir / "fcgiwrap.sock"
    wrap = subprocess.Popen([runner, "-c", "2", "-s", f"unix:{path}"], env=stack.environment(), start_new_session=True)
    try:
        answer = ask(path, "POST", "/v1/tenants", {"name": "Wrapped"},
                     {"SCRIPT_FILENAME": str(stack.program("tenants")), "GATEWAY_INTERFACE": "CGI/1.1",
                      "CONTENT_TYPE": "application/json", "GATEHOUSE_CONFIG": str(stack.config)})
        assert "Status: 201" in answer and '"name":"Wrapped"' in answer, answer
    finally:
        os.killpg(wrap.pid, signal.SIGKILL)  # its children as well
        wrap.wait(10)


def test_cleanup_tokens_from_cron_twice_at_once(stack):
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(run(stack, "services", "cleanup-tokens"))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for done in answers:
        assert done.returncode == 0, done.stderr
        assert "sessions" in json.loads(done.stdout)


@pytest.mark.parametrize("arguments, code, said", [
    (["--help"], 0, "usage: gatehouse-tokens"), (["--version"], 0, "0."), (["--routes"], 0, '"/oauth/token"'),
    (["--nonsense"], 2, "unknown argument: --nonsense"), (["--listen"], 2, "--listen needs a value"), ([], 2, "no listening socket")])
def test_command_line(stack, arguments, code, said):
    done = run(stack, "tokens", *arguments)
    assert done.returncode == code and said in done.stdout + done.stderr


def test_bad_settings_are_named_and_nothing_starts(stack, tmp_path):
    bad = tmp_path / "gatehouse.conf"
    bad.write_text(f"databse = {stack.cluster.conninfo}\n")
    done = run(stack, "tokens", "--config", str(bad), "--listen", str(tmp_path / "socket"))
    assert done.returncode == 2 and "databse" in done.stderr and not (tmp_path / "socket").exists()
