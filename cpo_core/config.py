"""The public name of `cpo_core.spec.config`: how a run is described."""

from cpo_core.spec.config import TrainConfig, from_plain, make_config

__all__ = ["TrainConfig", "from_plain", "make_config"]
