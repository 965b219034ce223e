"""What trading is: values that every other part speaks in. No I/O, no framework."""
