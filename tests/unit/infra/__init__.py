"""The program and its components under Pulumi's mocks; settings and code archive."""
