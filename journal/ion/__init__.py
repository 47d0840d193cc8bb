"""A reader for binary Ion that decodes values lazily and in place.

Source of the format: Ion specification, "Amazon Ion Binary Encoding" and "Amazon Ion Symbols".

Why not amazon.ion 0.15.0: its C extension never returns from some malformed input, and nothing in
Python can interrupt it (amazon-ion/ion-python issue 398 and others); its Python reader has such
input too. It silently misreads some ints of eight bytes, and timestamps with more than nine
fractional digits. It rejects decimals with large exponents and symbols without text. It builds
every value of a record, most of which are never used. The tests compare this reader with both of
its readers.
"""
