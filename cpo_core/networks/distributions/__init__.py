"""How network outputs become actions, and what learning must know of that."""
