"""The pages written by hand, and the package that writes the others from the code."""
