"""How a step is computed: gradients, optimisers, schedules, and the mode that is fastest here."""
