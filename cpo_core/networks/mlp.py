"""A tanh network with one flat parameter vector, and its two derivatives written by hand.

Layout of the vector: for each layer its weights `(inputs, outputs)` row by row, then its biases.
Products with the Jacobian J of the outputs by the parameters come in blocks of k vectors, so that
k products cost one pass over the activations: `jvp` gives J v, `vjp` gives Jᵀ u. The Gauss-Newton
(Fisher) product of a Gaussian policy is `vjp(jvp(v) / σ²)`: no graph is built or kept.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch

Tensor = torch.Tensor
_ONE = torch.ones(())


@dataclass(frozen=True)
class Activations:
    """What the derivatives need of one forward pass over S rows.

    `layers[0]` is the input `(S, inputs)`, then each hidden layer's tanh; `slopes[l]` is the
    derivative of tanh at hidden layer l+1; `output` is `(S, outputs)`.
    """

    layers: tuple[Tensor, ...]
    slopes: tuple[Tensor, ...]
    output: Tensor


@dataclass(frozen=True)
class Mlp:
    """Shape of a network: `sizes` = (inputs, hidden..., outputs); linear output layer."""

    sizes: tuple[int, ...]

    @cached_property
    def parameters(self) -> int:
        """Length of the flat vector."""
        return sum((a + 1) * b for a, b in itertools.pairwise(self.sizes))

    def initial(self, generator: np.random.Generator, last_scale: float = 1.0) -> Tensor:
        """Glorot-uniform weights, zero biases; the output layer is scaled by `last_scale`."""
        parts = []
        for a, b in itertools.pairwise(self.sizes):
            bound = np.sqrt(6.0 / (a + b))
            parts += [generator.uniform(-bound, bound, a * b), np.zeros(b)]
        parts[-2] = parts[-2] * last_scale
        return to_tensor(np.concatenate(parts))

    def unpack(self, theta: Tensor) -> list[tuple[Tensor, Tensor]]:
        """Views (weights, biases) of each layer; `theta` is `(..., n)`, so blocks work too."""
        layers, start = [], 0
        for a, b in itertools.pairwise(self.sizes):
            weights = theta[..., start : start + a * b].unflatten(-1, (a, b))
            biases = theta[..., start + a * b : start + (a + 1) * b]
            layers.append((weights, biases))
            start += (a + 1) * b
        return layers

    def output(self, theta: Tensor, inputs: Tensor) -> Tensor:
        """Outputs `(S, outputs)` of `inputs` `(S, inputs)`."""
        hidden = inputs
        *inner, (weights, biases) = self.unpack(theta)
        for w, b in inner:
            hidden = tanh_(torch.addmm(b, hidden, w))
        return torch.addmm(biases, hidden, weights)

    def forward(self, theta: Tensor, inputs: Tensor) -> Activations:
        """As `output`, keeping what `jvp` and `vjp` need."""
        layers, slopes = [inputs], []
        *inner, (weights, biases) = self.unpack(theta)
        for w, b in inner:
            hidden = tanh_(torch.addmm(b, layers[-1], w))
            layers.append(hidden)
            slopes.append(torch.addcmul(_ONE, hidden, hidden, value=-1))
        output = torch.addmm(biases, layers[-1], weights)
        return Activations(tuple(layers), tuple(slopes), output)

    def jvp(self, theta: Tensor, at: Activations, tangents: Tensor) -> Tensor:
        """J v for each row v of `tangents` `(k, n)`: change of the outputs, `(S, k, outputs)`."""
        k = len(tangents)
        change: Tensor | None = None
        layers = zip(self.unpack(theta), self.unpack(tangents), at.layers, strict=True)
        for level, ((w, _), (dw, db), hidden) in enumerate(layers):
            width = w.shape[1]
            block = dw.permute(1, 0, 2).reshape(len(w), k * width)
            total = torch.addmm(db.reshape(-1), hidden, block).view(-1, k, width)
            if change is not None:
                total.view(-1, width).addmm_(change.view(-1, len(w)), w)
            change = total
            if level < len(at.slopes):
                change.mul_(at.slopes[level].unsqueeze(1))
        assert change is not None
        return change

    def vjp(self, theta: Tensor, at: Activations, upstream: Tensor) -> Tensor:
        """Jᵀ u for a block `upstream` `(S, k, outputs)`, summed over the S rows: `(k, n)`."""
        rows, k = upstream.shape[:2]
        parts: list[Tensor] = []
        delta = upstream
        for level, (w, _) in reversed(list(enumerate(self.unpack(theta)))):
            flat = delta.reshape(rows, -1)
            weights = (at.layers[level].T @ flat).view(len(w), k, -1).permute(1, 0, 2)
            parts += [delta.sum(0), weights.reshape(k, -1)]
            if level:
                delta = (delta.reshape(rows * k, -1) @ w.T).view(rows, k, -1)
                delta.mul_(at.slopes[level - 1].unsqueeze(1))
        return torch.cat(parts[::-1], dim=1)


def to_tensor(array: np.ndarray) -> Tensor:
    """A float32 copy in torch's own memory.

    Torch aligns what it allocates, NumPy does not, and the last bit of a matrix product may depend
    on the alignment of its operands: what goes into one is copied by this function.
    """
    return torch.from_numpy(np.ascontiguousarray(array, dtype=np.float32)).clone()


def tanh_(values: Tensor) -> Tensor:
    """tanh in place. NumPy's runs on the same memory eight times faster than torch's."""
    if values.requires_grad:
        return torch.tanh(values)
    array = values.numpy()
    np.tanh(array, out=array)
    return values


def rescale_inputs(mlp: Mlp, theta: Tensor, scale: np.ndarray, shift: np.ndarray) -> Tensor:
    """Parameters giving the same outputs when inputs x are replaced by (x - shift) / scale.

    `scale`, `shift`: (inputs,) float64. Used when running statistics move, so that a change of
    the standardisation does not change the function.
    """
    new = theta.to(torch.float64, copy=True)
    weights, biases = mlp.unpack(new)[0]
    biases += torch.from_numpy(shift) @ weights
    weights *= torch.from_numpy(scale)[:, None]
    return new.to(theta.dtype)


def rescale_outputs(mlp: Mlp, theta: Tensor, scale: float, shift: float) -> Tensor:
    """Parameters whose outputs y are replaced by (y - shift) / scale."""
    new = theta.to(torch.float64, copy=True)
    weights, biases = mlp.unpack(new)[-1]
    weights /= scale
    biases.sub_(shift).div_(scale)
    return new.to(theta.dtype)
