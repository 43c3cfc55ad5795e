"""From outcomes to a verdict: limits, comparisons with the approved version, slices."""
