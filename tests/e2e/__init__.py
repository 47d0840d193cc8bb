"""Tests of both stacks, deployed with the real Pulumi engine to the local AWS."""
