"""Tests of replays in AWS."""
