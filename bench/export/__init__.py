"""A generator of journal exports of any size, independent of the code that is measured with them.

Hashes come from qldb_simulator, Ion from amazon.ion; nothing here imports `journal`. Documented
are the names and contents of manifests, the blocks and the rules of the hashes; inferred are the
folders by hour below the prefix, the table of symbols at the start of each object in Ion binary,
and the hash of a delete (qldb_simulator.hash_chain).
"""
