"""Tests of converting exports to what DynamoDB imports."""
