"""Sessions in machines, whatever carries them and whatever draws them."""
