"""The public name of `cpo_core.spec.parameters`: what user code catches and declares."""

from cpo_core.spec.parameters import ConfigError, Problem, json_schema, param, parse, to_plain

__all__ = ["ConfigError", "Problem", "json_schema", "param", "parse", "to_plain"]
