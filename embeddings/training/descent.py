"""The loop that all stages of a transformer's training share."""

import itertools
from collections.abc import Callable, Iterable, Iterator

import torch

Report = Callable[[int, float], None]

_WARM_UP = 0.1  # of the steps
_LONGEST_GRADIENT = 1.0
_REPORTS = 5


def descend(
    parameters: Iterable[torch.nn.Parameter], losses: Iterator[torch.Tensor], steps: int, rate: float, report: Report
) -> None:
    """Take `steps` of AdamW, one on each loss, with the rate rising over a tenth of them, then falling to zero.

    `report` is told the step and the mean loss since the last time, five times in all.
    """
    learning = [each for each in parameters if each.requires_grad]
    optimizer = torch.optim.AdamW(learning, lr=rate)
    warm_up, every = max(1, round(_WARM_UP * steps)), max(1, steps // _REPORTS)
    seen: list[float] = []
    for step, loss in enumerate(itertools.islice(losses, steps), 1):
        optimizer.param_groups[0]["lr"] = rate * min(step / warm_up, (steps - step + 1) / max(1, steps - warm_up))
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(learning, _LONGEST_GRADIENT)
        optimizer.step()
        seen.append(loss.item())
        if step % every == 0 or step == steps:
            report(step, sum(seen) / len(seen))
            seen.clear()
