"""The kill switch, pulled through the command line while two workers run."""

from http.client import HTTPConnection

import redis

from embeddings import keys
from tests.integration.consumer.stream import wait_until
from tests.integration.jikimi.cli import Cli
from tests.integration.jikimi.test_main_path import TEXT, publish, running_worker

EFFECTIVE_SECONDS = 20  # the promise is one second; a loaded machine may take longer


def series(url: str) -> list[str]:
    """The metrics that a worker's endpoint shows now."""
    connection = HTTPConnection(url.removeprefix("http://"), timeout=5)
    connection.request("GET", "/metrics")
    lines = connection.getresponse().read().decode().splitlines()
    connection.close()
    return lines


def strongest(url: str) -> set[str]:
    """The actions that a worker's metric names as the strongest: one."""
    return {
        action for action in ("allow", "review", "hide") if f'jikimi_max_action{{action="{action}"}} 1.0' in series(url)
    }


def decided(cli: Cli, prefix: str, count: int) -> set[str]:
    """The actions decided for the `count` posts whose ids begin with `prefix`, once they all are."""
    while True:
        found = cli.json_lines("decisions", "tail", "--from-beginning", "--until-caught-up", "--json")
        actions = [str(each["action"]) for each in found if each["post_id"].startswith(prefix)]
        if len(actions) == count:
            return set(actions)


def test_the_kill_switch_reaches_every_worker_and_is_in_the_audit(cli: Cli, redis_url: str) -> None:
    """Hidden before; in review while it is on, whichever worker decides; hidden after. Each worker's metric shows it."""
    cli.run("exemplars", "add", "--id", "ex-alba", "--label", "job", TEXT)
    with running_worker(cli) as one, running_worker(cli) as two:
        urls = (one, two)

        def shown_by_both(action: str) -> bool:
            return all(strongest(url) == {action} for url in urls)

        for step, action in enumerate(("hide", "review", "hide")):
            if step:
                cli.run("policy", "set", "max_action", action, "--author", "kim")
            wait_until(lambda action=action: shown_by_both(action), EFFECTIVE_SECONDS)  # type: ignore[misc]
            publish(cli, **{f"step{step}-{number}": TEXT for number in range(8)})
            assert decided(cli, f"step{step}-", 8) == {action}
        assert all('jikimi_ready{check="kafka"} 1.0' in series(url) for url in urls)
    with redis.Redis.from_url(redis_url) as client:
        audit = [entry for _, entry in client.xrange(keys.AUDIT)]
    pulled = [(each[b"author"], each[b"value"]) for each in audit if each[b"kind"] == b"policy"]
    assert pulled == [(b"kim", b'{"max_action":"review"}'), (b"kim", b'{"max_action":"hide"}')]
