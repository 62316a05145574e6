"""What a kill cannot take away: checkpoints, and a training that goes on from them."""
