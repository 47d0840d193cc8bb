"""The examples that `--help` and `up` show."""

EXAMPLES = """\
python -m local up
python -m local put Person '{"firstName": "Ann", "email": "ann@example.com"}'
python -m local put Person '{"firstName": "Anne"}' --id DOCUMENT_ID
python -m local delete Person DOCUMENT_ID
python -m local redact Person DOCUMENT_ID 0
python -m local show
eval "$(python -m local env)"; pulumi preview; aws kinesis list-streams
python -m local down
"""
