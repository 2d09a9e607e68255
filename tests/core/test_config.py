"""From a person's choices to a checked configuration."""

from __future__ import annotations

import pytest

from cpo_core.spec.config import TrainConfig, from_plain, make_config
from cpo_core.spec.parameters import ConfigError, json_schema, to_plain


def fields_of(error: pytest.ExceptionInfo[ConfigError]) -> set[str]:
    return {problem.field for problem in error.value.problems}


def test_a_task_and_an_algorithm_are_enough():
    config = make_config("point-circle", "trpo")
    assert (config.task, config.algorithm, config.seed) == ("point-circle", "trpo", 0)
    assert config.limits == {"outside": 5.0}


def test_one_limit_of_several_can_be_changed():
    config = make_config("point-circle-two-costs", limits={"speed": 3})
    assert config.limits["speed"] == 3
    assert config.limits["outside"] == 5


def test_every_bad_field_is_named_at_once():
    with pytest.raises(ConfigError) as error:
        make_config(
            "point-circle",
            seed=1.5,
            gamma=float("nan"),
            limits={"outside": -1},
            colour="red",
            delta="much",
        )
    assert fields_of(error) == {"seed", "gamma", "limits.outside", "colour", "delta"}


@pytest.mark.parametrize(
    ("choices", "field"),
    [
        ({"task": "nowhere"}, "task"),
        ({"task": "point-circle", "algorithm": "magic"}, "algorithm"),
        ({"task": "point-circle", "preset": "best"}, "preset"),
        ({"task": "point-circle", "limits": {"bombs": 1}}, "limits.bombs"),
        ({"task": "point-circle", "limits": 5}, "limits"),
        ({"task": "point-circle", "hidden": [64, 0]}, "hidden"),
        ({"task": "point-circle", "seed": True}, "seed"),
        ({"task": "point-circle", "options": {"speed": 1}}, "options.speed"),
        ({"task": "point-circle", "algorithm": "fpo", "options": {"nu": [1, 2, 3]}}, "options.nu"),
    ],
)
def test_a_bad_choice_is_refused_by_the_name_of_its_field(choices: dict, field: str):
    with pytest.raises(ConfigError) as error:
        make_config(**choices)
    assert fields_of(error) == {field}


def test_a_plain_copy_builds_the_same_config():
    config = make_config("point-gather", "pdo", seed=3, options={"alpha": 0.02})
    assert from_plain(to_plain(config)) == config


def test_the_schema_describes_every_field_with_a_label_and_help():
    properties = json_schema(TrainConfig)["properties"]
    assert set(properties) == set(TrainConfig.__dataclass_fields__)
    assert all(entry["title"] and entry["description"] for entry in properties.values())
