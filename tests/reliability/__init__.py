"""Faults, schedules and mutations: what the pipeline promises when things go wrong."""
