"""A reader for binary Ion that decodes values lazily, where they lie in the record.

Source of the format: Ion specification, "Amazon Ion Binary Encoding" and "Amazon Ion Symbols".

Why not amazon.ion 0.15.0: its C extension never returns from some malformed input, which nothing in
Python can interrupt (amazon-ion/ion-python issue 398 and relatives; its Python reader has such
input too). It reads some ints of eight bytes as other numbers and changes timestamps with more than
nine digits of a second, both without an error. It refuses decimals with large exponents and symbols
without text. It builds every value of a record, most of which are never used. The tests compare
this reader with both of its readers.
"""
