"""The public name of `cpo_core.training.loop`: how a run is trained."""

from cpo_core.training.loop import Listener, Training, TrainingError, TrainResult, train

__all__ = ["Listener", "TrainResult", "Training", "TrainingError", "train"]
