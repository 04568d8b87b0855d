"""Metadata of machine images in StratusLab's format: documents, signatures, certificates and trust.

Data in, data out: nothing here opens a connection or asks anybody. Both sides of the border import it.
"""
