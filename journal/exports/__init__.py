"""Journal exports: manifests, names of objects, and the blocks in the objects. Pure: no I/O."""
