"""A reader for binary Ion that decodes values lazily and in place.

Source of the format: Ion specification, "Amazon Ion Binary Encoding" and "Amazon Ion Symbols".

Everything that the specification allows is read, and everything else is refused where a value is
decoded. Not checked are: the content of a field that nobody asks for, the order of the fields in an
ordered struct, the names of fields that have no meaning in a symbol table, and all annotations of a
symbol table but the first.

Why not amazon.ion 0.15.0; tests/integration/journal/test_ion_library.py shows each defect:

- Its C extension never returns from some malformed input, and nothing in Python can interrupt it
  (amazon-ion/ion-python issue 398 and others). Its Python reader takes half a minute for some
  timestamps of a dozen bytes, in one call that cannot be interrupted either.
- The C extension silently reads fractions of a second with eleven digits or more as zeros, and some
  ints of eight bytes from 2^63 on, across a border of 8 KiB, as other ints.
- It refuses fractions of exactly ten digits, and decimals such as 1d-6177 and 1d6145.
- It refuses symbols without text as values where symbols are read as texts (``SYMBOL_AS_TEXT``).
  As names they all become None, so that one field hides another.

And it builds every value of a record, most of which are never used. The tests compare this reader
with both of its readers.
"""
