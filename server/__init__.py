"""Costline's server: API, queue and workers around cpo_core."""

VERSION = "0.1.0"
