"""Days, weeks and months added up; every figure with its numerator, its denominator and the list behind it."""
