"""Opening actions: how to enter, with what levels, what size, in which legs."""
