"""What a stack needs before it can serve, each made only if it is not there: the database and its schema, the
keyring, the first signing key, the first credentials, nginx's configuration."""

import os
import shutil

import limits
import nginx
from supervisor import say

OPENAPI = nginx.REPOSITORY / "build" / "openapi.json"


class PrepareError(Exception):
    """What went wrong and what to do, for people."""


def check(stack):
    """What can be known beforehand: that everything is built and the ports are free."""
    programs = [stack.operator_program, *map(stack.program, stack.functions())]
    missing = [str(program) for program in programs if not os.access(program, os.X_OK)]
    missing += [] if OPENAPI.exists() else [str(OPENAPI)]
    if missing:
        raise PrepareError(f"not built: {', '.join(missing)}; `make build` builds all")
    nginx.check_free(stack.options.listen, stack.port, "PORT")
    nginx.check_free(stack.options.listen, stack.tls_port, "TLS_PORT")


def database(stack):
    """A running PostgreSQL with the schema, and what must be in it."""
    cluster, keyring = stack.cluster, stack.run_dir / "keyring"
    if not cluster.exists():
        say(f"making a PostgreSQL cluster in {cluster.directory}")
        stack.admin_file.unlink(missing_ok=True)  # of a database that is gone
    elif not keyring.exists():
        raise PrepareError(f"{keyring} is gone, and without it nothing can be verified that {cluster.directory} holds: "
                           f"put it back, or remove {stack.run_dir} to begin anew")
    settings = {"database": cluster.conninfo, "keyring_file": keyring, "issuer": stack.url, "tenant_signup": "open",
                "limits_file": stack.run_dir / "limits.conf", "audit_seal_file": stack.run_dir / "audit-seals.jsonl",
                **stack.options.settings}
    (stack.run_dir / "limits.conf").write_text(limits.text(stack.options.limits))
    stack.config.write_text("".join(f"{name} = {value}\n" for name, value in settings.items()))

    cluster.create()
    cluster.start()
    sql = nginx.REPOSITORY / "sql"
    cluster.bootstrap(sql / "bootstrap.sql")
    if not keyring.exists():
        stack.operate("keyring", "create", keyring)
    stack.operate("migrate", "--sql-dir", sql)
    stack.operate("keys", "rotate", "--if-missing")
    if not stack.admin_file.exists():
        stack.operate("admin", "create", "--output", stack.admin_file)


def edge(stack):
    """nginx's configuration, checked; returns the command that runs it."""
    nginx.certificate(stack.run_dir / "nginx")
    shutil.copy(OPENAPI, stack.run_dir / "share")
    options = stack.options
    command = nginx.render(stack.run_dir, options.listen, stack.port, stack.tls_port, options.limits,
                           options.internal_networks, options.trusted_proxies, stack.functions(), options.client_ca)
    nginx.check(command)
    return command
