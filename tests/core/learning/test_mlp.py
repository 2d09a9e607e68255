"""The hand-written derivatives against automatic differentiation, in float64 and float32."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from cpo_core.networks.mlp import Mlp, rescale_inputs, rescale_outputs


def _setup(sizes: tuple[int, ...] = (5, 7, 6, 3), rows: int = 20, dtype=torch.float64):
    generator = np.random.default_rng(3)
    mlp = Mlp(sizes)
    theta = torch.from_numpy(generator.normal(0, 0.4, mlp.parameters)).to(dtype)
    inputs = torch.from_numpy(generator.normal(size=(rows, sizes[0]))).to(dtype)
    return generator, mlp, theta, inputs


@pytest.mark.parametrize("sizes", [(5, 3), (5, 7, 3), (5, 7, 6, 1), (1, 4, 4, 4, 2)])
def test_jvp_of_a_block_equals_the_jacobian_times_each_vector(sizes: tuple[int, ...]) -> None:
    generator, mlp, theta, inputs = _setup(sizes)
    tangents = torch.from_numpy(generator.normal(size=(3, mlp.parameters)))
    product = mlp.jvp(theta, mlp.forward(theta, inputs), tangents)
    for k, tangent in enumerate(tangents):
        _, expected = torch.autograd.functional.jvp(lambda t: mlp.output(t, inputs), theta, tangent)
        torch.testing.assert_close(product[:, k], expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("sizes", [(5, 3), (5, 7, 3), (5, 7, 6, 1), (1, 4, 4, 4, 2)])
def test_vjp_of_a_block_equals_backpropagation_of_each_row(sizes: tuple[int, ...]) -> None:
    generator, mlp, theta, inputs = _setup(sizes)
    upstream = torch.from_numpy(generator.normal(size=(20, 3, sizes[-1])))
    product = mlp.vjp(theta, mlp.forward(theta, inputs), upstream)
    for k in range(3):
        leaf = theta.clone().requires_grad_()
        (mlp.output(leaf, inputs) * upstream[:, k]).sum().backward()
        assert leaf.grad is not None
        torch.testing.assert_close(product[k], leaf.grad, rtol=1e-12, atol=1e-12)


def test_initial_weights_are_within_the_glorot_bound_and_biases_are_zero() -> None:
    mlp = Mlp((10, 8, 2))
    theta = mlp.initial(np.random.default_rng(0), last_scale=0.1)
    (first, first_bias), (last, last_bias) = mlp.unpack(theta)
    assert first.abs().max() <= np.sqrt(6 / 18)
    assert first.abs().max() > 0.9 * np.sqrt(6 / 18)
    assert last.abs().max() <= 0.1 * np.sqrt(6 / 10)
    assert not first_bias.any()
    assert not last_bias.any()


def test_rescaled_inputs_and_outputs_keep_the_function() -> None:
    generator, mlp, theta, inputs = _setup()
    scale, shift = generator.uniform(0.5, 2, 5), generator.normal(size=5)
    moved = (inputs - torch.from_numpy(shift)) / torch.from_numpy(scale)
    expected = (mlp.output(theta, inputs) - 0.3) / 2.5
    rewritten = rescale_outputs(mlp, rescale_inputs(mlp, theta, scale, shift), 2.5, 0.3)
    torch.testing.assert_close(mlp.output(rewritten, moved), expected, rtol=1e-12, atol=1e-12)
