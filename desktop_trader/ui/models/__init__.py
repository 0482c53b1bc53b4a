"""What the views look at: the balance model, and the Qt item models over its parts."""
