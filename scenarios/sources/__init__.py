"""The sources' own cases beside ours: their formulas solved exactly, their figures, and the page that compares them."""
