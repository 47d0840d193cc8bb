"""Converts journal exports to what DynamoDB imports from S3."""
