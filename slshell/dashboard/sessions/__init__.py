"""Sessions on the screen: terminals in panes, tabs and splits."""
