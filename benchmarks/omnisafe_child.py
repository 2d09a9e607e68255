"""Trains with OmniSafe, an epoch whenever a line comes in; run by benchmarks/compare_omnisafe.py.

It runs in the other library's environment, so it imports nothing of ours. Before each epoch it
writes a line of JSON with the seconds of the rollout of the epoch before, and waits.
"""

from __future__ import annotations

import json
import os
import sys
import time


def main() -> None:
    """Arguments: epochs, steps per epoch, vector environments, threads, a folder for its logs."""
    epochs, steps, environments, threads = (int(text) for text in sys.argv[1:5])
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # the library prints tables
    import omnisafe

    settings = {
        "train_cfgs": {
            "total_steps": epochs * steps,
            "vector_env_nums": environments,
            "torch_threads": threads,
        },
        "algo_cfgs": {"steps_per_epoch": steps},
        "logger_cfgs": {"use_wandb": False, "use_tensorboard": False, "log_dir": sys.argv[5]},
    }
    agent = omnisafe.Agent("CPO", "SafetyAntVelocity-v1", custom_cfgs=settings)
    adapter = agent.agent._env
    rollout = adapter.rollout
    spent = 0.0

    def waiting_rollout(*arguments: object, **named: object) -> None:
        nonlocal spent
        print(json.dumps({"rollout_s": spent}), file=answers, flush=True)
        if not sys.stdin.readline():  # nobody wants another epoch
            adapter.close()
            os._exit(0)
        began = time.perf_counter()
        rollout(*arguments, **named)
        spent = time.perf_counter() - began

    adapter.rollout = waiting_rollout
    agent.learn()
    print(json.dumps({"rollout_s": spent}), file=answers, flush=True)


if __name__ == "__main__":
    main()
