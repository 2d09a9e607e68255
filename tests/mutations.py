"""Puts the known pitfalls of CPO code in on purpose and checks that the tests notice each.

`python -m tests.mutations [words of a name]` copies the package to a temporary folder, makes one
change at a time there, and runs the tests named beside it; they must fail. P1..P16 are the
pitfalls found in public implementations.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
SOLVERS, ALGORITHMS = "cpo_core/solvers", "cpo_core/learners"
OPTIMUM = "tests/core/solvers/test_trust_region.py"
BALL = "tests/core/solvers/test_unit_ball.py"
SPAN = "tests/core/solvers/test_in_span.py"
SEARCH = "tests/core/solvers/test_line_search.py"
FOLDS = "tests/core/solvers/test_cross_fit.py"
TRACKING = "tests/core/solvers/test_limit_tracking.py"
UPDATES = "tests/core/algorithms"
THEORY = "tests/paper"
LEARNING = "tests/core/learning"
SURROGATE, GAE = f"{LEARNING}/test_surrogate.py", f"{LEARNING}/test_gae.py"
ESTIMATES, TRAIN = f"{LEARNING}/test_estimates.py", f"{LEARNING}/test_train.py"


@dataclass(frozen=True)
class Mutation:
    """Replace `old`, which occurs once in `path`, by `new`; `tests` must then fail."""

    name: str
    path: str
    old: str
    new: str
    tests: str


MUTATIONS = (
    Mutation(
        "P1 sign of r: along the constraint the step follows b instead of leaving it",
        f"{SOLVERS}/unit_ball.py",
        "along = along - right.T @ (right @ along)",
        "along = along + 2 * right.T @ (right @ a)",
        OPTIMUM,
    ),
    Mutation(
        "P1 sign of r in the linear terms",
        f"{SOLVERS}/in_span.py",
        "rows, slope = costs @ whiten, reward @ whiten",
        "rows, slope = costs @ whiten, -reward @ whiten",
        OPTIMUM,
    ),
    Mutation(
        "P2 a multiplier outside its interval is taken as it comes",
        f"{SOLVERS}/unit_ball.py",
        "if stationary and np.all(multipliers >= -_DUAL):",
        "if stationary:",
        OPTIMUM,
    ),
    Mutation(
        "eq. 12's misprint: δ where the closed form needs 2δ",
        f"{SOLVERS}/in_span.py",
        "_whitening(gram) * math.sqrt(2 * delta)",
        "_whitening(gram) * math.sqrt(delta)",
        OPTIMUM,
    ),
    Mutation(
        "P3 c is not in the units of b",
        f"{SOLVERS}/in_span.py",
        "rows[kept] / reach[kept, None], c[kept] / reach[kept]",
        "rows[kept] / reach[kept, None], 50.0 * c[kept] / reach[kept]",
        OPTIMUM,
    ),
    Mutation(
        "P6 c = 0 counts as violated",
        f"{SOLVERS}/in_span.py",
        "optimum = None if hopeless.any() else",
        "optimum = None if hopeless.any() or np.any(c == 0) else",
        OPTIMUM,
    ),
    Mutation(
        "P7 a violated cost without gradient leaves the plain reward step",
        f"{SOLVERS}/in_span.py",
        "hopeless = (c > 0) & (",
        "hopeless = (c > np.inf) & (",
        OPTIMUM,
    ),
    Mutation(
        "P7 an absolute threshold for b about 0",
        f"{SOLVERS}/in_span.py",
        "powerless = reach <= _POWERLESS * np.abs(c)",
        "powerless = reach <= 1e-6",
        OPTIMUM,
    ),
    Mutation(
        "P8 an absolute 1e-8 in the denominator",
        f"{SOLVERS}/in_span.py",
        "reach = np.linalg.norm(rows, axis=1)",
        "reach = np.linalg.norm(rows, axis=1) + 1e-8",
        OPTIMUM,
    ),
    Mutation(
        "P9 g parallel to b is not a case of its own",
        f"{SOLVERS}/unit_ball.py",
        "if slope <= _STATIONARY:",
        "if slope < 0:",
        OPTIMUM,
    ),
    Mutation(
        "P15 products of unconverged directions taken for those of the gradients",
        f"{SOLVERS}/trust_region.py",
        "reward, costs = self.on_basis[0], self.on_basis[1:]",
        "reward, costs = self.on_basis[0], span.factor[1:] @ span.gram",
        OPTIMUM,
    ),
    Mutation(
        "P15 a constraint's true value is not what the small problem sees",
        f"{SOLVERS}/span.py",
        "return to_matrix(gradients @ self.basis.T,",
        "return to_matrix(self.directions[:1] * 0 + 0.9 * gradients @ self.basis.T,",
        OPTIMUM,
    ),
    Mutation(
        "P16 damping shrinks the trust region",
        f"{SOLVERS}/span.py",
        "stacked @ product(stacked).T",
        "stacked @ (product(stacked) + 0.1 * stacked).T",
        OPTIMUM,
    ),
    Mutation(
        "recovery lets satisfied costs break their limits",
        f"{SOLVERS}/unit_ball.py",
        "bounds = np.minimum(offsets, 0.0)",
        "bounds = np.full_like(offsets, -2.0)",
        SPAN,
    ),
    Mutation(
        "recovery looks at one violated cost only",
        f"{SOLVERS}/unit_ball.py",
        "unit(-normals[U].sum(axis=0))",
        "unit(-normals[U[0]])",
        SPAN,
    ),
    Mutation(
        "a touching plane is taken for a certified optimum",
        f"{SOLVERS}/unit_ball.py",
        "return nearest, 0.0, np.zeros(len(normals)), False",
        "return nearest, 0.0, np.zeros(len(normals)), True",
        BALL,
    ),
    Mutation(
        "P13 the last try is kept when all fail",
        f"{SOLVERS}/line_search.py",
        "return unchanged(candidate, len(margins), tries=steps)",
        "return Search(candidate, fraction, steps, found)",
        f"{SEARCH} {UPDATES}",
    ),
    Mutation(
        "P13 a KL that is not finite skips the decay",
        f"{SOLVERS}/line_search.py",
        "fraction, rejected = fraction * shorter,",
        "fraction, rejected = fraction * (shorter if math.isfinite(found.kl) else 1),",
        SEARCH,
    ),
    Mutation(
        "P13 only a KL and reward that are both not finite reject",
        f"{SOLVERS}/line_search.py",
        "if not all(map(math.isfinite,",
        "if not any(map(math.isfinite,",
        SEARCH,
    ),
    Mutation(
        "P13 recovery asks for reward",
        f"{ALGORITHMS}/base.py",
        "reward_must_improve=not constrained or all(excess <= 0 for excess in c),",
        "reward_must_improve=True,",
        UPDATES,
    ),
    Mutation(
        "the line search lets a violated cost rise by its excess",
        f"{SOLVERS}/line_search.py",
        "tuple(max(-excess, 0.0) for excess in c)",
        "tuple(abs(excess) for excess in c)",
        SEARCH,
    ),
    Mutation(
        "the line search ignores the KL",
        f"{SOLVERS}/line_search.py",
        "near = found.kl <= delta * _ROUNDING",
        "near = True",
        f"{SEARCH} {UPDATES}",
    ),
    Mutation(
        "the line search takes a step that does not move",
        f"{SOLVERS}/line_search.py",
        " and bool((candidate != 0).any())",
        "",
        f"{SEARCH} {UPDATES}",
    ),
    Mutation(
        "a step fitted to δ overshoots it",
        f"{SOLVERS}/line_search.py",
        "_CLOSE * math.sqrt(delta / found.kl)",
        "_CLOSE * delta / found.kl * found.kl",
        SEARCH,
    ),
    Mutation(
        "recovery goes further than to the limit",
        f"{SOLVERS}/in_span.py",
        "    return z * min(1.0,",
        "    return z * max(1.0,",
        SPAN,
    ),
    Mutation(
        "smaller regions forget the curvature that they saw",
        f"{SOLVERS}/smaller_regions.py",
        "_SAFETY = 1.1",
        "_SAFETY = 0.0",
        f"{UPDATES} {THEORY}",
    ),
    Mutation(
        "cross-fitting keeps the products of a fold with itself",
        f"{SOLVERS}/cross_fit.py",
        "* (1 - np.eye(K))",
        "* np.ones((K, K))",
        FOLDS,
    ),
    Mutation(
        "a cross-fitted step may break the limit in the sample that is searched",
        f"{SOLVERS}/trust_region.py",
        "np.concatenate([c, c]),",
        "np.concatenate([c, c - 1e9]),",
        FOLDS,
    ),
    Mutation(
        "a cost whose own product is negative is divided by it",
        f"{SOLVERS}/trust_region.py",
        "unknown = np.diagonal(fold_terms[:, 1:]) <= 0",
        "unknown = np.diagonal(fold_terms[:, 1:]) < -np.inf",
        FOLDS,
    ),
    Mutation(
        "the correction may fall below zero",
        f"{SOLVERS}/limit_tracking.py",
        ", 0.0), limit)",
        ", -1e9), limit)",
        TRACKING,
    ),
    Mutation(
        "the correction has the wrong sign",
        f"{SOLVERS}/limit_tracking.py",
        "old + gain *",
        "old - gain *",
        TRACKING,
    ),
    Mutation(
        "PDO's penalty may fall below zero",
        f"{ALGORITHMS}/pdo.py",
        "max(old + self.options.alpha * float(excess), 0.0)",
        "old + self.options.alpha * float(excess)",
        UPDATES,
    ),
    Mutation(
        "PDO rewards violations",
        f"{ALGORITHMS}/pdo.py",
        "old + self.options.alpha *",
        "old - self.options.alpha *",
        f"{UPDATES} {THEORY}",
    ),
    Mutation(
        "CPO's step is searched like TRPO's",
        f"{ALGORITHMS}/base.py",
        "margins=cost_margins(c) if constrained else (math.inf,) * len(c),",
        "margins=(math.inf,) * len(c),",
        f"{UPDATES} {THEORY}",
    ),
    Mutation(
        "P3 b is per step while c is per episode",
        "cpo_core/training/surrogate.py",
        "costs / batch.episodes]",
        "costs / batch.steps]",
        SURROGATE,
    ),
    Mutation(
        "P4 cost advantages are standardised",
        "cpo_core/training/gae.py",
        "    return values - values.mean()",
        "    return (values - values.mean()) / values.std()",
        GAE,
    ),
    Mutation(
        "P5 KL is averaged over action dimensions",
        "cpo_core/training/surrogate.py",
        "shared + float(total[0]) / self._steps",
        "shared + float(total[0]) / self._steps / distribution.action_size",
        SURROGATE,
    ),
    Mutation(
        "P5 the Fisher product is averaged over action dimensions",
        "cpo_core/networks/distributions/gaussian.py",
        "at.extras.exp() ** -2 / steps",
        "at.extras.exp() ** -2 / steps / self.action_size",
        SURROGATE,
    ),
    Mutation(
        "P11 the cost's advantage is discounted like the reward's",
        "cpo_core/training/estimates.py",
        "gamma = config.cost_gamma if row else config.gamma",
        "gamma = config.gamma",
        ESTIMATES,
    ),
    Mutation(
        "P10 a batch without a finished episode counts as one (T6)",
        "cpo_core/training/loop.py",
        "            if batch.episodes:",
        "            if True:",
        TRAIN,
    ),
    Mutation(
        "P10 J_C is not the newest batch's mean per episode",
        "cpo_core/training/estimates.py",
        "batch.episode_sums(costs).mean(axis=1)",
        "(0.5 * batch.episode_sums(costs).mean(axis=1))",
        ESTIMATES,
    ),
    Mutation(
        "P11 a discount creeps into undiscounted advantages (T10)",
        "cpo_core/training/gae.py",
        "gamma * lam)",
        "0.99 * gamma * lam)",
        f"{GAE}::test_undiscounted_advantages_with_lambda_one_are_return_to_go_minus_value",
    ),
    Mutation(
        "P12 an undiscounted cost is bootstrapped beyond its episode",
        "cpo_core/networks/value.py",
        "task.finite_horizon or (row > 0 and config.cost_gamma == 1.0)",
        "task.finite_horizon",
        f"{LEARNING}/test_values.py",
    ),
    Mutation(
        "T9 the reward's sign is lost in the small problem",
        f"{SOLVERS}/in_span.py",
        "rows, slope = costs @ whiten, reward @ whiten",
        "rows, slope = costs @ whiten, -reward @ whiten",
        THEORY,
    ),
    Mutation(
        "T9 cost surrogates are not searched",
        f"{ALGORITHMS}/base.py",
        "margins=cost_margins(c) if constrained else (math.inf,) * len(c),",
        "margins=(math.inf,) * len(c),",
        THEORY,
    ),
    Mutation(
        "feedback winds up while nothing can move",
        "cpo_core/training/loop.py",
        "saturated=saturated and self.state.saturated,",
        "saturated=False,",
        TRAIN,
    ),
    Mutation(
        "P12 a finite horizon is bootstrapped",
        "cpo_core/training/gae.py",
        "        return np.zeros(batch.episodes)",
        "        return values",
        GAE,
    ),
    Mutation(
        "P12 a terminated episode is bootstrapped",
        "cpo_core/training/gae.py",
        "return np.where(batch.terminated, 0.0, values)",
        "return values",
        GAE,
    ),
    Mutation(
        "P13 a rejected update changes the policy",
        "cpo_core/training/loop.py",
        "        if update.accepted:",
        "        if True:",
        TRAIN,
    ),
    Mutation(
        "the reward is standardised and the cost advantage takes the reward's mean (P14)",
        "cpo_core/training/estimates.py",
        "gae.centred(a) for a in advantages[1:]",
        "a - advantages[0].mean() for a in advantages[1:]",
        ESTIMATES,
    ),
    Mutation(
        "values are fitted before the advantages: they have seen the batch they judge",
        "cpo_core/training/estimates.py",
        "predicted = value.predict(inputs, workers)",
        "predicted = gae.returns(batch, per_step, np.zeros(batch.episodes), gamma)",
        ESTIMATES,
    ),
    Mutation(
        "a resumed run forgets the sampler's generator",
        "cpo_core/training/loop.py",
        "            self.sampler.load_state(self.state.sampler)",
        "            pass",
        TRAIN,
    ),
    Mutation(
        "an exported policy does not cut its actions",
        "cpo_core/rollouts/exporters/onnx.py",
        'node("Min", [flow, constant("action_high", policy.high)], "action")',
        'node("Identity", [flow], "action")',
        "tests/core/learning/test_export.py",
    ),
)


def main(words: list[str]) -> int:
    """Run the mutations whose names hold all `words`; 0 when every one was noticed."""
    chosen = [m for m in MUTATIONS if all(w.lower() in m.name.lower() for w in words)]
    survivors = [m for m in chosen if not noticed(m)]
    sys.stdout.write(f"{len(chosen) - len(survivors)} of {len(chosen)} noticed\n")
    return 1 if survivors or not chosen else 0


def noticed(mutation: Mutation) -> bool:
    """The mutation makes its tests fail (and neither break in collection nor pass)."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        ignore = shutil.ignore_patterns("__pycache__")
        for part in ("cpo_core", "tests"):
            shutil.copytree(ROOT / part, root / part, ignore=ignore)
        shutil.copy(ROOT / "pyproject.toml", root)
        path = root / mutation.path
        path.write_text(mutated(mutation, path.read_text()))
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-m", "not slow", "-p"]
        found = subprocess.run(
            [*command, "no:cacheprovider", *mutation.tests.split()],
            cwd=root, env=os.environ | {"PYTHONPATH": str(root)}, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
    lines = found.stdout.strip().splitlines()
    failed = next((line for line in lines if line.startswith("FAILED")), lines[-1] if lines else "")
    verdict = "noticed " if found.returncode == 1 else "SURVIVED"
    sys.stdout.write(f"{verdict}  {mutation.name}\n          {failed}\n")
    sys.stdout.flush()
    return found.returncode == 1


def mutated(mutation: Mutation, source: str) -> str:
    """`source` with the change made; ValueError when its place is gone or not unique."""
    if source.count(mutation.old) != 1:
        raise ValueError(f"{mutation.path}: {mutation.old!r} occurs {source.count(mutation.old)}x")
    return source.replace(mutation.old, mutation.new)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
