"""What the stage stores."""
