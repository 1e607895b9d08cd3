"""A follower in a process of its own: prints a line when it has loaded, and one for each size of its bank from then on."""

import sys
import time

from embeddings.bank import Bank
from embeddings.follower import BankFollower
from embeddings.store import ExemplarStore
from tests.integration.embeddings.tools import VIEWS, settings


def main() -> None:
    """Follow the Redis at the first argument until stdin ends."""
    bank = Bank()
    with ExemplarStore(settings(sys.argv[1])) as store, BankFollower(store, VIEWS, bank):
        size = -1
        while True:
            if bank.size != size:
                size = bank.size
                sys.stdout.write(f"{size} {time.time()}\n")
                sys.stdout.flush()
            time.sleep(0.005)


if __name__ == "__main__":
    main()
