"""A stand-in for the AWS provider plugin that reaches nothing but the local AWS."""
