"""Static disks: CD-ROM images of folders, made alike by the client and by the cloud."""
