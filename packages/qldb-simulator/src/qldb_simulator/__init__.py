"""A simulated Amazon QLDB: its journal, its control-plane API and its stream to Kinesis."""
