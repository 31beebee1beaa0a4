"""Stops a PostgreSQL cluster when whoever holds the other end of standard input is gone.

PostgreSQL is a daemon and, where root runs this, another user's: the kernel cannot be asked to end it together
with its starter. So that even `kill -9` of the supervisor leaves nothing behind, this waits for end of file.
"""

import signal
import sys

from cluster import Cluster


def main():
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    sys.stdin.buffer.read()
    Cluster(sys.argv[1]).stop()


if __name__ == "__main__":
    main()
