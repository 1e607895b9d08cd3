"""It ends with the worker, whatever it does just then, and not before: a SIGTERM to the process group must not reach it."""

import signal

from consumer.lineage import die_with_parent

die_with_parent()
signal.signal(signal.SIGTERM, signal.SIG_IGN)
