"""The name of this project."""

PROJECT = "qldb-kinesis-lambda-dynamodb"
"""As in Pulumi.yaml. Prefix of the components' types, and so a part of every URN; and the folder of
this project in those of the user, such as ``~/.cache``. So it never changes."""
