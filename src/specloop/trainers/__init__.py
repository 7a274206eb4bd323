"""Trainers, one file each. A trainer's fields are its settings, beside those that all have."""

from specloop.registry import Registry
from specloop.training import Trainer

trainers: Registry[Trainer] = Registry(Trainer, "specloop.trainers")

__all__ = ["Trainer", "trainers"]
