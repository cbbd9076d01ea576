"""Studies: many plans of one scenario with some of it changed, each solved anew."""
