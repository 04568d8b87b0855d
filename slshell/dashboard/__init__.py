"""The dashboard: the live screen over a cloud. It draws and reads keys; the commands do the work."""
