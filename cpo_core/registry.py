"""The public name of `cpo_core.spec.registry`: which tasks and algorithms there are."""

from cpo_core.spec.registry import algorithms, find_algorithm, find_task, tasks

__all__ = ["algorithms", "find_algorithm", "find_task", "tasks"]
