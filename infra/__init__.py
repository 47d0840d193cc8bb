"""One component per box of docs/picture.svg, each with its section of the settings."""
