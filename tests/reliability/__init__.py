"""Tests of the pipeline's promises under faults, with schedules and mutations."""
